use super::Router;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// Tuples with the same key go to the same task.
pub(crate) struct Fields<H> {
    hash: H,
}

impl<H> Fields<H> {
    /// `hash` gives the hash of a tuple's key.
    pub(crate) fn new(hash: H) -> Self {
        Self { hash }
    }
}

/// The task of a hash: its place between 0 and the largest, in steps as many as there are tasks.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the product's high half is below `tasks`")]
pub(super) fn task_of(hash: u64, tasks: usize) -> usize {
    ((u128::from(hash) * tasks as u128) >> 64) as usize
}

impl<T: Tuple + ?Sized, H: Fn(&T) -> u64 + Send> Router<T> for Fields<H> {
    fn route(&mut self, load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        let tasks = routes.len();
        let room = selected.len() as usize / tasks + 16;
        let mut lists: Vec<Vec<u32>> = (0..tasks).map(|_| Vec::with_capacity(room)).collect();
        load.for_each(selected, |index, tuple| {
            if let Some(list) = lists.get_mut(task_of((self.hash)(tuple), tasks)) {
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
    use super::super::stable_hash;
    use super::super::tests::{load_of, routes};
    use super::*;

    #[test]
    fn a_key_goes_to_one_task_only() {
        let mut fields = Fields::new(|key: &u64| stable_hash(key));
        let keys: Vec<u64> = (0..100).map(|i| i % 10).collect();
        let routes = routes(&mut fields, &load_of(keys.clone()), &Selection::Range(0, 100), 4);
        assert_eq!(routes.concat().len(), 100);
        for key in 0..10 {
            let tasks = routes.iter().filter(|route| route.iter().any(|&i| keys[i] == key)).count();
            assert_eq!(tasks, 1, "key {key}");
        }
    }
}
