//! The second stage of an aggregate.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::window::{Window, WindowCount, WindowSpec, WindowedCount};
use flowcore::process::{Combine, RetryPolicy, combine, for_each};
use flowcore_testkit::{Flaky, Plan, Random, Recorder, ScriptedSpout, simulate};

use crate::process::{end_of, topology, within_an_hour};

/// A partial count: a key, and how many.
type Part = (u64, u64);

fn add_up() -> Combine<Part, u64, impl Fn(&Part) -> u64, impl FnMut(&mut Part, &Part)> {
    combine(Duration::from_secs(1), |part: &Part| part.0, |sum, part| sum.1 += part.1)
}

/// When which result came, in milliseconds.
type Results = Recorder<(u64, Part)>;

/// Adds up the parts of a script, and looks at it after a while before it stops.
fn added_up(script: &ScriptedSpout<Part>, most: usize, look: impl Fn(u64, usize)) -> Vec<(u64, Part)> {
    let results = Results::new();
    simulate(|clock: Clock| {
        let (script, record, start) = (script.clone(), results.clone(), clock.now());
        async move {
            let mut topology = topology(clock.clone()).batch(2);
            let parts = topology.spout("parts", script.factory());
            let sums =
                topology.bolt("add up", move || add_up().max_keys(most)).fields(&parts, |part| &part.0);
            let watch = clock.clone();
            topology
                .bolt("record", move || {
                    let (record, watch) = (record.clone(), watch.clone());
                    let now = move || u64::try_from(watch.now().since(start).as_millis()).unwrap();
                    for_each(move |sum: &Part| record.push((now(), *sum)))
                })
                .global(&sums);
            let running = topology.build().unwrap().start();
            let handle = running.handle();
            for step in 1..=8 {
                clock.sleep(Duration::from_millis(500)).await;
                look(step * 500, script.acked().len());
            }
            handle.stop();
            assert_eq!(within_an_hour(running.wait()).await.unwrap().unsettled, []);
        }
    });
    results.items()
}

#[test]
fn parts_of_a_key_become_one_result_and_a_late_part_is_one_of_its_own() {
    let millis = Duration::from_millis;
    let script = ScriptedSpout::new()
        .emit([(1, 10), (2, 1)])
        .wait(millis(600))
        .emit([(1, 4)])
        .wait(millis(600))
        .emit([(1, 100)])
        .stay_open();
    let results = added_up(&script, 100, |at, acked| {
        let expected = match at {
            ..1_000 => 0,
            1_000..2_200 => 3,
            _ => 4,
        };
        assert!(acked == expected || at == 1_000, "at {at} ms {acked} are acknowledged");
    });
    assert_eq!(results, [(1_000, (1, 14)), (1_000, (2, 1)), (2_200, (1, 100))]);
    assert_eq!(script.acked().len(), 4);
}

#[test]
fn with_as_many_open_results_as_it_may_hold_it_takes_no_more_until_some_are_due() {
    // A batch leaves when its spout waits.
    let script = [[0, 1], [2, 3], [4, 5]].into_iter().fold(ScriptedSpout::new(), |script, keys| {
        script.emit(keys.map(|key| (key, 1))).wait(Duration::from_millis(1))
    });
    let script = script.stay_open();
    let results = added_up(&script, 2, |_, _| {});
    let expected = [(1_000, 0), (1_000, 1), (2_000, 2), (2_000, 3), (3_000, 4), (3_000, 5)];
    assert_eq!(results, expected.map(|(at, key)| (at, (key, 1))));
}

#[test]
fn when_the_input_ends_open_results_are_emitted_at_once() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([(1, 2), (1, 3), (2, 4)]);
        let results = Recorder::new();
        let record = results.clone();
        let start = clock.now();
        let mut topology = topology(clock.clone());
        let parts = topology.spout("parts", script.factory());
        let sums = topology.bolt("add up", add_up).fields(&parts, |part| &part.0);
        topology.bolt("record", move || record.bolt()).global(&sums);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!((results.items(), clock.now().since(start)), (vec![(1, 5), (2, 4)], Duration::ZERO));
        assert_eq!(script.acked().len(), 3);
    });
}

/// Zipf-like keys: the one of rank `r` is about `1 / r` times as frequent as the first.
fn skewed(random: &mut Random, count: usize) -> Vec<u64> {
    (0..count).map(|_| 40 / (1 + random.below(40))).collect()
}

fn count(keys: &[u64]) -> BTreeMap<u64, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(*key).or_default() += 1;
    }
    counts
}

/// Counts skewed keys in two stages, of which each fails some calls. Returns the keys and the results.
fn two_stages(seed: u64, [first, second]: [u64; 2]) -> (Vec<u64>, Vec<WindowCount<u64>>) {
    println!("seed {seed}");
    let keys = skewed(&mut Random::new(seed), 400);
    let results = Recorder::new();
    simulate(|clock| {
        let (keys, record) = (keys.clone(), results.clone());
        async move {
            let script = keys.chunks(80).fold(ScriptedSpout::new(), |script, keys| {
                script.emit(keys.to_vec()).wait(Duration::from_secs(7))
            });
            // Replays may take a window or two.
            let script = script.wait(Duration::from_mins(10));
            let retry = RetryPolicy { max_attempts: 1_000, ..RetryPolicy::default() };
            let mut topology = topology(clock).batch(16).retry(retry);
            let keys = topology.spout("keys", script.factory());
            let windows = WindowSpec::tumbling(Duration::from_secs(10)).unwrap();
            let partial = topology
                .bolt("count", move || {
                    Flaky::new(WindowedCount::by(windows, |key: &u64| *key), Plan::percent(seed, first, 0))
                })
                .partial_key_by(&keys, |key| *key)
                .parallelism(4);
            let key = |part: &WindowCount<u64>| -> (Window<Timestamp>, u64) { (part.window, part.key) };
            let merge = |sum: &mut WindowCount<u64>, part: &WindowCount<u64>| sum.count += part.count;
            let sums = topology
                .bolt("add up", move || {
                    let bolt = combine(Duration::from_millis(100), key, merge);
                    Flaky::new(bolt, Plan::percent(seed, second, 0))
                })
                .fields_by(&partial, key)
                .parallelism(2);
            topology.bolt("record", move || record.bolt()).global(&sums);
            let report = end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!((report.unsettled, script.acked().len()), (vec![], 400));
        }
    });
    (keys, results.items())
}

fn totals(results: &[WindowCount<u64>]) -> BTreeMap<u64, u64> {
    let mut totals = BTreeMap::new();
    for sum in results {
        *totals.entry(sum.key).or_default() += sum.count;
    }
    totals
}

#[test]
fn windows_counted_in_two_stages_have_one_result_a_key_and_count_every_tuple_once() {
    for seed in 0..10 {
        let (keys, results) = two_stages(seed, [0, 0]);
        assert_eq!(totals(&results), count(&keys));
        let mut windows: Vec<_> = results.iter().map(|sum| (sum.window, sum.key)).collect();
        windows.sort_unstable();
        let all = windows.len();
        windows.dedup();
        assert_eq!(windows.len(), all, "one result for each window and key");
    }
}

#[test]
fn failures_of_the_first_stage_are_counted_when_they_are_replayed() {
    for seed in 0..10 {
        let (keys, results) = two_stages(seed, [20, 0]);
        assert_eq!(totals(&results), count(&keys));
    }
}

#[test]
fn failures_of_the_second_stage_lose_nothing() {
    for seed in 0..10 {
        let (keys, results) = two_stages(seed, [10, 10]);
        let totals = totals(&results);
        for (key, count) in count(&keys) {
            assert!(totals.get(&key).is_some_and(|total| *total >= count), "key {key}: {totals:?}");
        }
    }
}
