use super::Router;
use super::shuffle::stretch;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// Tuples are dealt out so that as much waits for each task afterwards, as far as a batch can do that. Under
/// even load it is a shuffle.
///
/// Like water that is poured over steps: the lowest are filled first. A full mailbox gets nothing while
/// another has room, because its sender would wait for it.
#[derive(Default)]
pub(crate) struct ShuffleByLoad {
    /// How much more waits for each task than for the one with the least.
    waiting: Vec<u64>,
    /// The task that gets the next odd tuple.
    next: usize,
}

impl ShuffleByLoad {
    /// How many of `count` tuples each task gets.
    fn shares(&mut self, count: u64, tasks: usize) -> Vec<u64> {
        self.waiting.resize(tasks, 0);
        let (level, mut odd) = pour(&self.waiting, count);
        let mut shares: Vec<u64> = self.waiting.iter().map(|&waits| level.saturating_sub(waits)).collect();
        let first = self.next;
        for task in (0..tasks).map(|turn| (first + turn) % tasks) {
            let has_turn = odd > 0 && self.waiting.get(task).is_some_and(|&waits| waits <= level);
            if let Some(share) = shares.get_mut(task).filter(|_| has_turn) {
                *share += 1;
                odd -= 1;
                self.next = (task + 1) % tasks;
            }
        }
        shares
    }
}

/// The level that `count` reaches when it is poured over `steps`, and what is left over then: less than one
/// for each step that lies at or below the level.
fn pour(steps: &[u64], count: u64) -> (u64, u64) {
    let mut sorted = steps.to_vec();
    sorted.sort_unstable();
    let (mut left, mut level, mut wide) = (count, sorted.first().copied().unwrap_or(0), 0);
    for step in sorted {
        let rise = (step - level).saturating_mul(wide);
        if rise > left {
            break;
        }
        left -= rise;
        level = step;
        wide += 1;
    }
    let wide = wide.max(1);
    (level + left / wide, left % wide)
}

impl<T: Tuple + ?Sized> Router<T> for ShuffleByLoad {
    fn observe(&mut self, waiting: &mut dyn Iterator<Item = u64>) {
        self.waiting.clear();
        self.waiting.extend(waiting);
        // All that counts is by how much they differ.
        let least = self.waiting.iter().min().copied().unwrap_or(0);
        self.waiting.iter_mut().for_each(|waits| *waits -= least);
    }

    fn route(&mut self, _load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        let shares = self.shares(selected.len().into(), routes.len());
        let mut start = 0;
        for (route, share) in routes.iter_mut().zip(shares) {
            let end = start + usize::try_from(share).unwrap_or(usize::MAX);
            *route = stretch(selected, start, end);
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load_of, routes};
    use super::*;

    fn dealt(by_load: &mut ShuffleByLoad, waiting: &[u64], count: usize) -> Vec<usize> {
        Router::<u64>::observe(by_load, &mut waiting.iter().copied());
        let all = Selection::Range(0, u32::try_from(count).unwrap());
        let routes = routes(by_load, &load_of(vec![1; count]), &all, waiting.len());
        let mut seen = routes.concat();
        seen.sort_unstable();
        assert_eq!(seen, (0..count).collect::<Vec<_>>(), "each tuple goes to one task");
        assert!(routes.iter().all(|route| route.is_sorted()));
        routes.iter().map(Vec::len).collect()
    }

    #[test]
    fn under_even_load_counts_of_two_tasks_differ_by_at_most_one() {
        for tasks in 1..7 {
            let mut by_load = ShuffleByLoad::default();
            let mut counts = vec![0usize; tasks];
            for (size, level) in [(1, 0), (5, 3), (2, 3), (7, 900), (13, 2), (1, 0), (0, 1), (64, u64::MAX)] {
                let shares = dealt(&mut by_load, &vec![level; tasks], size);
                counts.iter_mut().zip(shares).for_each(|(count, share)| *count += share);
                let spread = counts.iter().max().unwrap() - counts.iter().min().unwrap();
                assert!(spread <= 1, "{tasks} tasks: {counts:?}");
            }
        }
    }

    #[test]
    fn what_waits_for_the_tasks_is_evened_out() {
        let mut by_load = ShuffleByLoad::default();
        assert_eq!(dealt(&mut by_load, &[10, 0, 4], 16), [0, 10, 6]);
        assert_eq!(dealt(&mut by_load, &[100, 0, 100], 7), [0, 7, 0]);
        assert_eq!(dealt(&mut by_load, &[1, 0, 1], 30).iter().sum::<usize>(), 30);
        let mut shares = dealt(&mut by_load, &[5, 3, 5, 3], 3);
        shares.sort_unstable();
        assert_eq!(shares, [0, 0, 1, 2]);
    }

    #[test]
    fn a_full_mailbox_gets_nothing_while_another_has_room() {
        let mut by_load = ShuffleByLoad::default();
        assert_eq!(dealt(&mut by_load, &[u64::MAX, 1_000, u64::MAX], 500), [0, 500, 0]);
        assert_eq!(dealt(&mut by_load, &[u64::MAX, u64::MAX], 500), [250, 250]);
    }

    #[test]
    fn tasks_are_as_level_afterwards_as_the_batch_allows() {
        let mut state = 7_u64;
        let mut below = |bound: u64| {
            state = crate::process::stable_hash(&state);
            state % bound
        };
        for round in 0..2_000 {
            let waiting: Vec<u64> = (0..=below(8)).map(|_| below(200)).collect();
            let count = below(500);
            let shares = dealt(&mut ShuffleByLoad::default(), &waiting, usize::try_from(count).unwrap());
            let after: Vec<u64> = waiting.iter().zip(&shares).map(|(w, &s)| w + s as u64).collect();
            let filled =
                || after.iter().zip(&shares).filter(|(_, share)| **share > 0).map(|(after, _)| after);
            // Whoever got something does not stick out by more than one over anybody.
            let lowest = after.iter().min().unwrap();
            assert!(filled().all(|after| *after <= lowest + 1), "round {round}: {waiting:?} and {shares:?}");
        }
    }
}
