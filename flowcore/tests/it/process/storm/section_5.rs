//! Flow control.

use std::time::Duration;

use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Problem, Spout, SpoutError, for_each, map,
};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::super::{act, end_of, topology, within_an_hour};

/// Emits for ever, a hundred at a time.
struct Endless;

impl Spout for Endless {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        (0..100).for_each(|n| out.emit(n));
        Ok(Next::More)
    }
}

/// Never comes back.
struct Stuck;

impl Bolt<u64> for Stuck {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        std::future::pending().await
    }
}

#[test]
fn storm_5_max_pending_is_counted_in_roots_for_each_task_of_a_spout() {
    simulate(|clock| async move {
        let script =
            (0..100_u64).fold(ScriptedSpout::new(), |script, number| script.emit([number])).stay_open();
        let mut topology = topology(clock).max_pending(3).batch(1).mailbox(100);
        let numbers = topology.spout("numbers", script.factory()).parallelism(2);
        // Ten tuples of each root are one root still.
        let many = numbers.flat_map("many", |n| vec![*n; 10]);
        topology.bolt("stuck", || Stuck).shuffle(&many);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let snapshot = running.handle().snapshot();
        let emitted: Vec<u64> = snapshot.tasks.iter().take(2).map(|task| task.emitted).collect();
        assert_eq!(emitted, [3, 3]);
        assert_eq!(snapshot.component("many").emitted, 60);
        running.handle().abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_5_max_pending_is_finite_by_default() {
    simulate(|clock| async move {
        let mut topology = topology(clock).mailbox(1_000);
        let numbers = topology.spout("numbers", || Endless);
        topology.bolt("stuck", || Stuck).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let emitted = running.handle().snapshot().component("numbers").emitted;
        assert!((16_384..=16_384 + 2_048).contains(&emitted), "{emitted}");
        running.handle().abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_5_a_full_mailbox_counted_in_batches_makes_its_senders_wait_end_to_end() {
    simulate(|clock| async move {
        let mut topology = topology(clock).batch(10).mailbox(2);
        let numbers = topology.spout("numbers", || Endless);
        let same = numbers.map("same", |n| *n);
        topology.bolt("stuck", || Stuck).shuffle(&same);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let snapshot = running.handle().snapshot();
        // Two batches in the mailbox, and perhaps the one that its sender waits with.
        let waiting = snapshot.component("stuck").waiting;
        assert!((20..=30).contains(&waiting), "{waiting}");
        let [numbers, same] = ["numbers", "same"].map(|name| snapshot.component(name));
        assert!(same.emitted <= 10 * (2 + 1 + 1), "{same:?}");
        assert!(numbers.emitted <= 500, "of tuples without an end: {numbers:?}");
        running.handle().abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_5_nothing_is_lost_and_nothing_reordered_under_full_mailboxes() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..300_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(3).mailbox(1).max_pending(1_000);
        let numbers = topology.spout("numbers", script.factory());
        let same = topology.bolt("same", || map(|n: &u64| *n)).global(&numbers);
        topology.bolt("slow", move || Slow::new(record.bolt(), Duration::from_millis(3))).global(&same);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), (0..300).collect::<Vec<_>>());
        assert_eq!(script.acked().len(), 300);
    });
}

#[test]
fn storm_5_an_idle_bolt_is_parked_and_woken() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().wait(Duration::from_hours(1)).emit([1_u64]).stay_open();
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("record", move || record.bolt()).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        // Time jumps only when nobody is busy: one that spins would hold it up.
        clock.sleep(Duration::from_mins(59)).await;
        let record = running.handle().snapshot().component("record");
        assert_eq!((record.executed, record.busy), (0, Duration::ZERO));
        clock.sleep(Duration::from_mins(2)).await;
        assert_eq!(seen.items(), [1]);
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

/// When every so manieth tuple arrives behind a bolt that takes 1 ms for each of 400, in batches of 10.
fn arrivals(every: u64, linger: Duration) -> Vec<(u64, u128)> {
    let seen = Recorder::new();
    simulate(|clock| {
        let (record, time, start) = (seen.clone(), clock.clone(), clock.now());
        async move {
            let script = ScriptedSpout::new().emit(0..400_u64);
            let mut topology = topology(clock).batch(10).linger(linger);
            let numbers = topology.spout("numbers", script.factory());
            let picks = move || {
                let pick = act(move |n, out| {
                    if n % every == 0 {
                        out.emit(n);
                    }
                    Ok(())
                });
                Slow::new(pick, Duration::from_millis(1))
            };
            let picked = topology.bolt("pick", picks).shuffle(&numbers);
            let notes = move || {
                let (record, time) = (record.clone(), time.clone());
                for_each(move |n: &u64| record.push((*n, time.now().since(start).as_millis())))
            };
            topology.bolt("note", notes).shuffle(&picked);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    seen.items()
}

#[test]
fn storm_5_a_batch_leaves_when_it_is_full_when_its_task_would_wait_and_after_the_linger_time() {
    let forever = Duration::from_hours(9);
    let full = arrivals(1, forever);
    assert!(full.iter().all(|(n, at)| *at <= u128::from((n / 10 + 1) * 10 + 2)), "{full:?}");
    let kept = arrivals(20, forever);
    assert!(kept.iter().any(|(n, at)| *at > u128::from(n + 50)), "batches fill: {kept:?}");
    assert!(kept.iter().all(|(_, at)| *at <= 402), "nobody who would wait keeps one: {kept:?}");
    // Looked at between batches.
    let lingered = arrivals(20, Duration::from_millis(5));
    assert!(lingered.iter().all(|(n, at)| *at <= u128::from(n + 1 + 5 + 2 * 10)), "{lingered:?}");
    assert_eq!((full.len(), kept.len(), lingered.len()), (400, 20, 20));
}

#[test]
fn storm_5_a_circle_is_refused_with_its_path() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().factory());
        let first = topology.bolt("first", || map(|n: &u64| *n)).shuffle(&numbers);
        let second = first.map("second", |n| *n);
        let _ = first.shuffle(&second);
        let problems = topology.build().unwrap_err().problems;
        let [Problem::Cycle { path }] = &problems[..] else { panic!("{problems:?}") };
        assert!(path == &["first", "second", "first"] || path == &["second", "first", "second"], "{path:?}");
    });
}
