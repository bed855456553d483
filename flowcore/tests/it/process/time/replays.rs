//! The watermark of a spout's stream waits for what is under way and what will be tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowcore::process::{Delivery, for_each};
use flowcore_testkit::{Flaky, Plan, ScriptedSpout, Slow, simulate};

use super::super::{end_of, topology};
use super::{MAX, Saw, Tuple, Watch, Watermark, by_value, drain};

#[test]
fn no_watermark_passes_a_tuple_before_its_last_attempt_has_been_through() {
    let watch = Watch::default();
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100]).emit([200]).wait(Duration::from_secs(1));
        let mut topology = topology(clock).batch(1);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        // The first tuple fails twice: it comes after 100 and after 200 ms more.
        let plan = Plan::fail_first(2);
        let flaky =
            numbers.bolt("flaky", move || Flaky::new(flowcore::process::map(|n: &i64| *n), plan.clone()));
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&flaky);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    let saw = watch.task(0);
    let at = |wanted: Saw| saw.iter().position(|saw| *saw == wanted);
    assert_eq!(saw[..2], [Watermark(100), Tuple(100)], "it was late, and the watermark waited");
    assert!(at(Watermark(190)) > at(Tuple(100)) && at(Watermark(190)) > at(Tuple(200)), "{saw:?}");
}

#[test]
fn a_watermark_comes_by_itself_when_what_it_waited_for_is_done() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script = ScriptedSpout::new().emit([100, 300]).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        topology.bolt("slow", || Slow::new(for_each(|_: &i64| {}), Duration::from_secs(1))).shuffle(&numbers);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(1_900)).await;
        assert_eq!(watch.watermarks(0), [100]);
        clock.sleep(Duration::from_millis(200)).await;
        assert_eq!(watch.watermarks(0), [100, 290]);
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_tuple_that_is_given_up_holds_back_no_longer() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script = ScriptedSpout::new().emit([100, 300]).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let plan = Plan::fail_first(1_000);
        let bolt = move || {
            let counted = Arc::clone(&counted);
            let count = for_each(move |_: &i64| {
                counted.fetch_add(1, Ordering::Relaxed);
            });
            Flaky::new(count, plan.clone())
        };
        topology.bolt("refuses", bolt).shuffle(&numbers);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(250)).await;
        assert_eq!(watch.watermark(0), Some(100), "it waits for the third attempt");
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!((watch.watermark(0), tries.load(Ordering::Relaxed)), (Some(290), 0));
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn where_nothing_is_tracked_nothing_is_waited_for() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script = ScriptedSpout::new().emit([100, 300]);
        let mut topology = topology(clock).delivery(Delivery::BestEffort);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(watch.task(0), [Tuple(100), Tuple(300), Watermark(290), Watermark(MAX), Saw::End]);
    });
}
