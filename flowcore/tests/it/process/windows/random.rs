//! Random topologies with windows, against all tuples that went in.

use std::collections::{BTreeMap, BTreeSet};

use flowcore::process::window::{EventWindows, Firing, SessionSpec, WindowSpec};
use flowcore::process::{RetryPolicy, time::EventTime};
use flowcore_testkit::{Flaky, Plan, Random, Recorder, ScriptedSpout, simulate};

use super::{Order, at, end_of, ms, order, topology};

/// A script of orders that come up to `disorder` out of order, and all of them.
fn script(random: &mut Random, disorder: i64) -> (ScriptedSpout<Order>, Vec<Order>) {
    let (mut script, mut all) = (ScriptedSpout::new(), Vec::new());
    let mut front = 0;
    for _ in 0..=random.below(30) {
        let mut batch = Vec::new();
        for _ in 0..random.below(12) {
            front += i64::try_from(random.below(4)).unwrap();
            let behind = i64::try_from(random.below(disorder.unsigned_abs() + 1)).unwrap();
            let id = all.len() as u64;
            let made = order(id, u8::try_from(random.below(3)).unwrap(), (front - behind).max(0));
            all.push(made.clone());
            batch.push(made);
        }
        script = script.emit(batch);
        if random.percent(30) {
            script = script.wait(ms(random.below(40)));
        }
    }
    (script, all)
}

/// Everything on time: each result is what the tuples say, whatever failed on the way.
fn round(seed: u64) {
    let random = &mut Random::new(seed);
    let size = 1 + random.below(30);
    let slide = 1 + random.below(size);
    let disorder = i64::try_from(random.below(20)).unwrap();
    // Now and then too small.
    let lag = if random.percent(50) { disorder.unsigned_abs() } else { random.below(20) };
    let windows = EventWindows::of(WindowSpec::sliding(ms(size), ms(slide)).unwrap());
    let (tasks, errors) = (1 + random.index(3), if random.percent(50) { 10 } else { 0 });
    let (script, all) = script(random, disorder);
    let (results, late) = (Recorder::new(), Recorder::new());
    let acked = script.clone();
    simulate(|clock| {
        let (results, late) = (results.clone(), late.clone());
        async move {
            let retry = RetryPolicy { max_attempts: 1_000, ..RetryPolicy::default() };
            let mut topology = topology(clock).retry(retry);
            let time = EventTime::of(|order: &Order| at(order.at)).lag(ms(lag));
            let orders = topology.spout("orders", script.factory()).event_time(time);
            // What fails before the windows is tried again: the watermark waits for it.
            let plan = Plan::percent(seed, errors, 0);
            let flaky = orders
                .bolt("flaky", move || Flaky::new(flowcore::process::inspect(|_: &Order| {}), plan.clone()))
                .timestamped_by(|order: &Order| at(order.at));
            let bolt =
                flaky.key_by(|order| order.key).window("windows", windows).collect().parallelism(tasks);
            bolt.results().bolt("results", move || results.bolt());
            bolt.late().bolt("late", move || late.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    assert_eq!(acked.acked().len(), all.len(), "all are acknowledged");
    let (size, slide) = (i64::try_from(size).unwrap(), i64::try_from(slide).unwrap());
    let put_aside: BTreeSet<u64> = late.items().iter().map(|late| late.tuple.id).collect();
    if lag >= disorder.unsigned_abs() {
        assert_eq!(put_aside, BTreeSet::new(), "the lag covers the disorder");
    }
    let mut expected: BTreeMap<(i64, u8), BTreeSet<u64>> = BTreeMap::new();
    for order in all.iter().filter(|order| !put_aside.contains(&order.id)) {
        let last = at(order.at).as_millis().div_euclid(slide) * slide;
        let starts =
            (0..).map(|n| last - n * slide).take_while(|start| at(order.at).as_millis() < start + size);
        for start in starts {
            expected.entry((start, order.key)).or_default().insert(order.id);
        }
    }
    let mut given = BTreeMap::new();
    for result in results.items() {
        assert_eq!((result.firing, result.window.cut_short), (Firing::OnTime, false));
        let ids: BTreeSet<u64> = result.contents.iter().map(|order| order.id).collect();
        assert_eq!(ids.len(), result.contents.len(), "none is in it twice");
        let before = given.insert((result.window.start.as_millis(), result.key), ids);
        assert_eq!(before, None, "a window gives one result");
    }
    if put_aside.is_empty() {
        assert_eq!(given, expected);
        return;
    }
    // A tuple that was late for some of its windows is in the others.
    for (window, ids) in &given {
        assert!(ids.is_subset(&expected[window]), "{window:?}");
    }
    let shown: BTreeSet<u64> = given.values().flatten().copied().collect();
    assert!(shown.is_disjoint(&put_aside));
    assert_eq!(shown.len() + put_aside.len(), all.len(), "each tuple is in a window or aside");
}

/// Runs `round` for many seeds, and names the one that fails.
fn rounds(first: u64, round: fn(u64)) {
    println!("seeds from {first}");
    for seed in first..first + 150 {
        assert!(std::panic::catch_unwind(|| round(seed)).is_ok(), "seed {seed}");
    }
}

#[test]
fn every_tuple_is_in_all_its_windows_once_or_aside_whatever_fails_on_the_way() {
    rounds(0x7769_6E64, round);
}

/// Sessions over several tasks, all in time.
fn round_of_sessions(seed: u64) {
    let random = &mut Random::new(seed);
    let gap = 1 + random.below(15);
    let (script, all) = script(random, 10);
    let (results, tasks) = (Recorder::new(), 1 + random.index(3));
    simulate(|clock| {
        let results = results.clone();
        async move {
            let mut topology = topology(clock);
            let time = EventTime::of(|order: &Order| at(order.at)).lag(ms(10));
            let orders = topology.spout("orders", script.factory()).event_time(time);
            let sessions = SessionSpec::with_gap(ms(gap)).unwrap();
            let bolt =
                orders.key_by(|order| order.key).window("sessions", sessions).collect().parallelism(tasks);
            bolt.results().bolt("results", move || results.bolt());
            bolt.late().for_each("late", |late| panic!("{late:?}"));
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let mut by_key: BTreeMap<u8, Vec<Order>> = BTreeMap::new();
    for order in all {
        by_key.entry(order.key).or_default().push(order);
    }
    let mut expected = BTreeSet::new();
    for (key, mut orders) in by_key {
        orders.sort_by_key(|order| (order.at, order.id));
        for session in orders.chunk_by(|a, b| (b.at - a.at).unsigned_abs() < gap) {
            expected.insert((key, session.iter().map(|order| order.id).collect::<Vec<_>>()));
        }
    }
    let given = results.items();
    let given = given.into_iter().map(|result| (result.key, result.contents.iter().map(|o| o.id).collect()));
    assert_eq!(given.collect::<BTreeSet<(u8, Vec<u64>)>>(), expected);
}

#[test]
fn sessions_of_all_keys_are_those_that_all_tuples_at_once_would_make() {
    rounds(0x7365_7373, round_of_sessions);
}
