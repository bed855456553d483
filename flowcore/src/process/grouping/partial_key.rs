use super::Router;
use super::fields::task_of;
use super::hash::second_hash;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// A key is on at most two tasks, whoever sends it. Each tuple goes to the one of the two that this sender
/// used less so far, to the first one on a tie.
pub(crate) struct PartialKey<H> {
    hash: H,
    /// How many tuples this sender gave to each task.
    used: Vec<u64>,
}

impl<H> PartialKey<H> {
    /// `hash` gives the hash of a tuple's key.
    pub(crate) fn new(hash: H) -> Self {
        Self { hash, used: Vec::new() }
    }
}

/// The two tasks of a hash: they differ if there is more than one task. The second one is found among the
/// others, so that each pair is as likely as any.
#[inline]
fn tasks_of(hash: u64, tasks: usize) -> (usize, usize) {
    let first = task_of(hash, tasks);
    if tasks < 2 {
        return (first, first);
    }
    let second = task_of(second_hash(hash), tasks - 1);
    (first, second + usize::from(second >= first))
}

/// The less used one of the two, and counts it.
#[inline]
fn choose(used: &mut [u64], (first, second): (usize, usize)) -> usize {
    let count = |task: usize| used.get(task).copied().unwrap_or(0);
    let task = if count(second) < count(first) { second } else { first };
    if let Some(used) = used.get_mut(task) {
        *used += 1;
    }
    task
}

impl<T: Tuple + ?Sized, H: Fn(&T) -> u64 + Send> Router<T> for PartialKey<H> {
    fn route(&mut self, load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        let tasks = routes.len();
        self.used.resize(tasks, 0);
        let room = selected.len() as usize / tasks + 16;
        let mut lists: Vec<Vec<u32>> = (0..tasks).map(|_| Vec::with_capacity(room)).collect();
        load.for_each(selected, |index, tuple| {
            let task = choose(&mut self.used, tasks_of((self.hash)(tuple), tasks));
            if let Some(list) = lists.get_mut(task) {
                list.push(index);
            }
        });
        for (route, list) in routes.iter_mut().zip(lists) {
            *route = Selection::List(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::stable_hash;
    use super::super::tests::{load_of, routes};
    use super::*;

    #[test]
    fn a_lone_key_alternates_between_its_two_tasks() {
        let mut partial = PartialKey::new(|key: &u64| stable_hash(key));
        let counts: Vec<usize> = routes(&mut partial, &load_of(vec![7; 9]), &Selection::Range(0, 9), 5)
            .iter()
            .map(Vec::len)
            .filter(|&count| count > 0)
            .collect();
        assert!(counts == [5, 4] || counts == [4, 5], "{counts:?}");
    }

    #[test]
    fn the_two_tasks_of_a_key_differ_and_every_pair_is_as_likely() {
        let mut pairs: HashMap<_, u32> = HashMap::new();
        for key in 0..42_000u64 {
            *pairs.entry(tasks_of(stable_hash(&key), 7)).or_default() += 1;
        }
        assert_eq!(pairs.len(), 42, "{pairs:?}");
        assert!(pairs.keys().all(|(first, second)| first != second));
        assert!(pairs.values().all(|&count| (800..1_200).contains(&count)), "{pairs:?}");
    }

    #[test]
    fn the_tasks_of_a_key_never_change() {
        // Computed by another program from the description of the hash. A change here moves keys to other
        // tasks: it is a break for users.
        assert_eq!(second_hash(0), 0x18af_319d_32f3_9dca);
        let tasks = ["latte", "mocha", "tea"].map(|drink| tasks_of(stable_hash(drink), 10));
        assert_eq!(tasks, [(1, 2), (3, 7), (3, 0)]);
    }
}
