use super::Router;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// Tuples are dealt out evenly: for one sender, the counts of any two tasks differ by at most one.
///
/// A batch is cut into stretches, so that nothing is copied and neighbours stay together.
#[derive(Default)]
pub(crate) struct Shuffle {
    /// The task that gets the next odd tuple.
    next: usize,
}

impl<T: Tuple + ?Sized> Router<T> for Shuffle {
    fn route(&mut self, _load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        let tasks = routes.len();
        let count = selected.len() as usize;
        let (each, odd) = (count / tasks, count % tasks);
        let mut start = 0;
        for turn in 0..tasks {
            let end = start + each + usize::from(turn < odd);
            if let Some(route) = routes.get_mut((self.next + turn) % tasks) {
                *route = stretch(selected, start, end);
            }
            start = end;
        }
        self.next = (self.next + odd) % tasks;
    }
}

/// A part of a selection, from its tuple `start` to before `end`.
pub(super) fn stretch(of: &Selection, start: usize, end: usize) -> Selection {
    match of {
        Selection::Range(first, _) => {
            let index = |at: usize| first.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            Selection::Range(index(start), index(end))
        }
        Selection::List(list) => Selection::List(list.get(start..end).unwrap_or_default().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load_of, routes};
    use super::*;

    #[test]
    fn counts_of_two_tasks_differ_by_at_most_one_whatever_the_batch_sizes() {
        for tasks in 1..7 {
            let mut shuffle = Shuffle::default();
            let mut counts = vec![0usize; tasks];
            for size in [1usize, 5, 2, 7, 13, 1, 1, 0, 3, 64] {
                let load = load_of(vec![1; size]);
                let all = Selection::Range(0, u32::try_from(size).unwrap());
                let routes = routes(&mut shuffle, &load, &all, tasks);
                let mut seen: Vec<usize> = routes.concat();
                seen.sort_unstable();
                assert_eq!(seen, (0..size).collect::<Vec<_>>(), "each tuple goes to one task");
                for (count, route) in counts.iter_mut().zip(&routes) {
                    *count += route.len();
                }
                let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
                assert!(spread <= 1, "{tasks} tasks: {counts:?}");
            }
        }
    }

    #[test]
    fn a_list_is_dealt_out_too() {
        let load = load_of([0; 9]);
        let picked = Selection::List(vec![1, 4, 8]);
        assert_eq!(routes(&mut Shuffle::default(), &load, &picked, 2), [vec![1, 4], vec![8]]);
    }
}
