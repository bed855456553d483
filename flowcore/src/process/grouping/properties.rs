//! What groupings promise, over random batches, tasks and senders.

use std::collections::{HashMap, HashSet};

use flowcore_testkit::Random;

use super::tests::{load_of, routes};
use super::{Fields, PartialKey, Router, Shuffle, stable_hash};
use crate::process::batch::Selection;

/// The whole of a batch, a stretch of it, or a list as a replay has it.
fn selection(random: &mut Random, len: usize) -> Selection {
    let len = u32::try_from(len).unwrap();
    match random.below(3) {
        0 => Selection::Range(0, len),
        1 => Selection::Range(len / 3, len),
        _ => Selection::List((0..len).filter(|_| random.percent(25)).collect()),
    }
}

/// Where the tuples of one run went: for each key the tasks, and for each sender how many each task got.
#[derive(Debug, Default)]
struct Sent {
    tasks_of: HashMap<u64, HashSet<usize>>,
    counts: Vec<Vec<usize>>,
}

/// Several senders with a grouping each send random batches.
fn send(random: &mut Random, tasks: usize, make: impl Fn() -> Box<dyn Router<u64>>) -> Sent {
    let keys = 1 + random.below(60);
    let mut sent = Sent::default();
    for _ in 0..=random.below(4) {
        let mut grouping = make();
        let mut counts = vec![0; tasks];
        for _ in 0..random.below(12) {
            let batch: Vec<u64> = (0..random.below(90)).map(|_| random.below(keys)).collect();
            let selected = selection(random, batch.len());
            let routes = routes(&mut *grouping, &load_of(batch.clone()), &selected, tasks);
            assert_each_goes_to_one_task(&routes, &selected);
            for (task, route) in routes.iter().enumerate() {
                counts[task] += route.len();
                for &at in route {
                    sent.tasks_of.entry(batch[at]).or_default().insert(task);
                }
            }
        }
        sent.counts.push(counts);
    }
    sent
}

fn assert_each_goes_to_one_task(routes: &[Vec<usize>], selected: &Selection) {
    assert!(routes.iter().all(|route| route.is_sorted()), "order is kept: {routes:?}");
    let mut seen = routes.concat();
    seen.sort_unstable();
    assert_eq!(seen, (0..selected.len()).map(|at| selected.get(at).unwrap() as usize).collect::<Vec<_>>());
}

/// Runs `check` for many seeds and numbers of tasks.
fn for_many(check: impl Fn(&mut Random, usize)) {
    for seed in 0..400 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let tasks = 1 + random.index(12);
        check(&mut random, tasks);
    }
}

#[test]
fn shuffle_gives_one_senders_tasks_counts_that_differ_by_at_most_one() {
    for_many(|random, tasks| {
        for counts in send(random, tasks, || Box::new(Shuffle::default())).counts {
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        }
    });
}

#[test]
fn fields_puts_a_key_on_one_task_across_all_senders() {
    for_many(|random, tasks| {
        let sent = send(random, tasks, || Box::new(Fields::new(|key: &u64| stable_hash(key))));
        assert!(sent.tasks_of.values().all(|on| on.len() == 1), "{tasks} tasks: {:?}", sent.tasks_of);
    });
}

#[test]
fn partial_key_puts_a_key_on_at_most_two_tasks_across_all_senders() {
    for_many(|random, tasks| {
        let sent = send(random, tasks, || Box::new(PartialKey::new(|key: &u64| stable_hash(key))));
        assert!(sent.tasks_of.values().all(|on| on.len() <= 2), "{tasks} tasks: {:?}", sent.tasks_of);
    });
}

/// Keys as words are in a text: the one of rank `r` is `1 / r` times as frequent as the first.
fn zipf(random: &mut Random, count: usize) -> Vec<u64> {
    let mut ends = Vec::new();
    let mut end = 0;
    for rank in 1..=1_000 {
        end += 1_000_000 / rank;
        ends.push(end);
    }
    (0..count)
        .map(|_| {
            let at = random.below(end);
            ends.partition_point(|&end| end <= at) as u64
        })
        .collect()
}

/// What the busiest task gets, in hundredths of an even share.
fn busiest(grouping: &mut dyn Router<u64>, keys: &[u64], tasks: usize) -> usize {
    let mut counts = vec![0; tasks];
    for batch in keys.chunks(500) {
        let all = Selection::Range(0, u32::try_from(batch.len()).unwrap());
        let routes = routes(grouping, &load_of(batch.to_vec()), &all, tasks);
        counts.iter_mut().zip(routes).for_each(|(count, route)| *count += route.len());
    }
    counts.iter().max().unwrap() * 100 * tasks / keys.len()
}

#[test]
fn partial_key_is_balanced_better_than_fields_when_few_keys_are_frequent() {
    for seed in 0..20 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        // Other keys for each seed, so that they lie on other tasks.
        let keys: Vec<u64> = zipf(&mut random, 20_000).into_iter().map(|key| key + (seed << 32)).collect();
        for tasks in [2, 4, 8] {
            let fields = busiest(&mut Fields::new(|key: &u64| stable_hash(key)), &keys, tasks);
            let partial = busiest(&mut PartialKey::new(|key: &u64| stable_hash(key)), &keys, tasks);
            println!("{tasks} tasks: fields {fields} %, partial key {partial} %");
            assert!(partial <= fields, "{tasks} tasks: {partial} % against {fields} %");
            // The most frequent key alone is more than a task's even share from 8 tasks on.
            assert!(partial < 130, "{tasks} tasks: {partial} %");
        }
    }
}
