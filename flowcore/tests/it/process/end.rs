//! How a topology ends: stop, grace period, abort, being dropped.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, Token, TokenSet};
use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, Outputs, Topology, Unsettled, for_each};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::{act, end_of, topology, within_an_hour};

#[test]
fn a_stop_ends_spouts_first_and_works_off_what_is_under_way() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..50_u64).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("slow", || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(100)))
            .shuffle(&numbers);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(250)).await;
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!((script.acked().len(), report.unsettled), (50, vec![]));
        assert_eq!(script.lives(), (1, 1));
    });
}

#[test]
fn failures_are_replayed_while_a_topology_stops() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let plan = flowcore_testkit::Plan::fail_first(2);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("flaky", move || flowcore_testkit::Flaky::new(for_each(|_: &u64| {}), plan.clone()))
            .shuffle(&numbers);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!(script.acked(), [1]);
    });
}

/// Never comes back from `execute`.
struct Stuck;

impl Bolt<u64> for Stuck {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        std::future::pending().await
    }
}

#[test]
fn after_the_grace_period_a_task_that_hangs_is_dropped_and_the_report_says_what_was_left() {
    for (batch, mailbox) in [(2048, 16), (1, 1)] {
        simulate(|clock| async move {
            let script = ScriptedSpout::new().emit(0..10_u64).stay_open();
            let dead = Recorder::new();
            let write = dead.clone();
            let retry = flowcore::process::RetryPolicy { max_attempts: 1, ..Default::default() };
            let topology = topology(clock.clone()).batch(batch).mailbox(mailbox).retry(retry);
            let mut topology = topology.grace(Duration::from_secs(3));
            let numbers = topology.spout("numbers", script.factory());
            numbers.on_dead_letter(move |n: &u64, _| write.push(*n));
            topology.bolt("stuck", || Stuck).shuffle(&numbers);
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            let start = clock.now();
            running.handle().stop();
            let report = within_an_hour(running.wait()).await.unwrap();
            let took = clock.now().since(start);
            assert!((3_000..6_000).contains(&took.as_millis()), "{took:?}");
            let left: usize = report.unsettled.iter().map(|left| left.tuples).sum();
            assert_eq!(left as u64, report.snapshot.component("numbers").emitted);
            assert!(left > 0);
            assert_eq!((script.acked(), dead.items()), (vec![], vec![]));
            assert!(script.failed().len() >= left, "its sources are told");
        });
    }
}

#[test]
fn an_abort_does_not_wait_for_the_grace_period() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64).stay_open();
        let mut topology = topology(clock.clone()).batch(1);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("slow", || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(400)))
            .shuffle(&numbers)
            .parallelism(2);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(1)).await;
        running.handle().abort();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!(
            report.unsettled,
            [Unsettled { spout: Arc::from("numbers"), task: 0, tuples: 10 - script.acked().len() }]
        );
        assert_eq!(script.acked().len() + script.failed().len(), 10);
    });
}

#[test]
fn a_topology_that_is_dropped_leaves_no_task_behind() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64).stay_open();
        let alive = Arc::new(());
        let (witness, other) = (Arc::clone(&alive), Arc::clone(&alive));
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("slow", move || {
                let witness = Arc::clone(&witness);
                let look = for_each(move |_: &u64| drop(Arc::clone(&witness)));
                Slow::new(look, Duration::from_secs(9))
            })
            .shuffle(&numbers)
            .parallelism(3);
        topology.bolt("keep", move || Keep(TokenSet::default(), Arc::clone(&other))).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        drop(numbers);
        run_until_idle().await;
        assert!(Arc::strong_count(&alive) > 4);
        drop(running);
        run_until_idle().await;
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!((script.acked(), script.failed().len()), (vec![], 10));
    });
}

/// Keeps everything, and fails it when it is dropped.
struct Keep(TokenSet, #[expect(dead_code, reason = "it is counted")] Arc<()>);

impl Bolt<u64> for Keep {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
        out.keep_in(&mut self.0);
        Ok(())
    }
}

#[test]
fn what_a_bolt_still_keeps_when_its_inputs_end_is_unsettled_and_never_acknowledged() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let alive = Arc::new(());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("keep", move || Keep(TokenSet::default(), Arc::clone(&alive))).shuffle(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.unsettled.iter().map(|left| left.tuples).sum::<usize>(), 10);
        assert_eq!((script.acked(), script.failed().len()), (vec![], 10));
    });
}

#[test]
fn a_token_that_somebody_outside_keeps_for_ever_ends_with_the_grace_period() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let outside: Arc<Mutex<Option<Token>>> = Arc::default();
        let keep = Arc::clone(&outside);
        let start = clock.now();
        let mut topology = topology(clock.clone()).grace(Duration::from_secs(30));
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("give away", move || {
                let keep = Arc::clone(&keep);
                act(move |_, out| {
                    *keep.lock().unwrap() = Some(out.keep());
                    Ok(())
                })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(clock.now().since(start), Duration::from_secs(30));
        assert_eq!(report.unsettled.len(), 1);
        outside.lock().unwrap().take().unwrap().ack();
        assert_eq!((script.acked(), script.failed()), (vec![], vec![1]), "too late");
    });
}

/// Keeps everything, and emits it when its input has ended.
struct AtTheEnd(Vec<(u64, Token)>);

impl Bolt<u64> for AtTheEnd {
    type Out = Emitter<u64>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.push((*tuple, out.keep()));
        Ok(())
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        for (tuple, token) in self.0.drain(..) {
            out.send_anchored(tuple, token).await;
        }
        Ok(())
    }
}

/// A topology that takes a hundred seconds for what it emits at its end.
fn slow_at_the_end(clock: &Clock, script: &ScriptedSpout<u64>) -> Topology {
    let mut topology = topology(clock.clone()).grace(Duration::from_secs(3)).batch(7);
    let numbers = topology.spout("numbers", script.factory());
    let kept = topology.bolt("at the end", || AtTheEnd(Vec::new())).shuffle(&numbers);
    topology.bolt("slow", || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(1))).shuffle(&kept);
    topology.build().unwrap()
}

#[test]
fn an_end_without_a_stop_has_no_grace_period() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..100_u64);
        let report = end_of(slow_at_the_end(&clock, &script)).await.unwrap();
        assert_eq!((script.acked().len(), report.unsettled), (100, vec![]));
    });
}

#[test]
fn a_stop_at_the_end_still_has_its_grace_period() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..100_u64);
        let start = clock.now();
        let running = slow_at_the_end(&clock, &script).start();
        clock.sleep(Duration::from_secs(10)).await;
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert!(clock.now().since(start) <= Duration::from_secs(10 + 3 + 2));
        assert!(report.unsettled[0].tuples > 0);
        assert_eq!(script.acked().len() + report.unsettled[0].tuples, 100);
    });
}
