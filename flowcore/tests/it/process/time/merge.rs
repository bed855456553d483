//! The smallest watermark over inputs and tasks counts.

use std::time::Duration;

use flowcore::process::{combine, map};
use flowcore_testkit::{ScriptedSpout, run_until_idle, simulate};

use super::super::topology;
use super::{Watch, by_value, drain};

#[test]
fn the_smallest_watermark_over_the_inputs_counts_and_those_without_event_time_do_not() {
    simulate(|clock| async move {
        let ahead = ScriptedSpout::new().emit([500]).stay_open();
        let behind = ScriptedSpout::new().emit([100]).wait(Duration::from_secs(1)).emit([300]).stay_open();
        let plain = ScriptedSpout::new().emit([7]).stay_open();
        let watch = Watch::default();
        let mut topology = topology(clock.clone());
        let ahead = topology.spout("ahead", ahead.factory()).event_time(by_value());
        let behind = topology.spout("behind", behind.factory()).event_time(by_value());
        let plain = topology.spout("plain", plain.factory());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&ahead).shuffle(&behind).shuffle(&plain);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!(watch.watermarks(0), [90]);
        clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(watch.watermarks(0), [90, 290]);
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn the_smallest_watermark_over_the_tasks_of_a_spout_counts() {
    simulate(|clock| async move {
        // The tasks take turns at the script: each emits one of the two.
        let hour = Duration::from_hours(1);
        let script = ScriptedSpout::new().emit([100]).emit([400]).wait(hour).wait(hour).stay_open();
        let watch = Watch::default();
        let mut topology = topology(clock);
        let spout = topology.spout("numbers", script.factory()).parallelism(3);
        let numbers = spout.event_time(by_value().idle_after(Duration::MAX));
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let held = running.handle().watermarks()[0].clone();
        assert_eq!((watch.watermark(0), held.watermark), (None, None), "one task is silent: {held:?}");
        running.handle().abort();
        running.wait().await.unwrap();
    });
}

#[test]
fn streams_pass_on_the_watermark_of_their_bolt_through_operators_and_all_tasks() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..1_000).stay_open();
        let watch = Watch::default();
        let mut topology = topology(clock).batch(16);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let (even, odd) = numbers.branch("parity", |n| n % 2 == 0).parallelism(3).both();
        let merged = even.map("same", |n: &i64| *n).parallelism(2).merge("both", &[&odd]).parallelism(2);
        let seen = topology.bolt("watch", watch.bolt()).global(&merged).parallelism(2);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!([watch.watermark(0), watch.watermark(1)], [Some(989), Some(989)]);
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_bolts_stream_can_have_an_event_time_of_its_own() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(["100".to_owned(), "150".into()]);
        let watch = Watch::default();
        let mut topology = topology(clock);
        let lines = topology.spout("lines", script.factory());
        let parsed = lines.map("parse", |line: &String| line.parse::<i64>().unwrap()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&parsed);
        drain(&mut topology, &seen);
        topology.build().unwrap().run().await.unwrap();
        assert_eq!(watch.watermarks(0), [140, super::MAX]);
    });
}

#[test]
fn each_output_of_a_bolt_may_have_its_own() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([100, 205]).stay_open();
        let (first, second) = (Watch::default(), Watch::default());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let (even, odd) = numbers.branch("parity", |n| n % 2 == 0).both();
        even.event_time(by_value().lag(Duration::ZERO));
        let even = topology.bolt("even", first.bolt()).shuffle(&even);
        let odd = topology.bolt("odd", second.bolt()).shuffle(&odd);
        drain(&mut topology, &even.merge("both", &[&odd]));
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!((first.watermark(0), second.watermark(0)), (Some(100), Some(195)));
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn partitions_of_one_task_are_told_apart() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([100, 201, 110]).wait(Duration::from_secs(40)).emit([301]);
        let script = script.wait(Duration::from_secs(40)).stay_open();
        let watch = Watch::default();
        let mut topology = topology(clock.clone());
        let time = by_value().partition_by(|n| n % 2);
        let numbers = topology.spout("numbers", script.factory()).event_time(time);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(50)).await;
        assert_eq!(watch.watermarks(0), [100], "even numbers are behind");
        clock.sleep(Duration::from_secs(20)).await;
        assert_eq!(watch.watermarks(0), [100, 291], "they are idle after a minute");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_bolt_that_emits_by_the_clock_does_not_stop_the_watermark() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([100]).wait(Duration::from_secs(5));
        let watch = Watch::default();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let combined = topology
            .bolt("combine", || combine(Duration::from_secs(1), |n: &i64| *n, |_, _| {}))
            .shuffle(&numbers);
        let mapped = combined.bolt("map", || map(|n: &i64| *n));
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&mapped);
        drain(&mut topology, &seen);
        topology.build().unwrap().run().await.unwrap();
        assert_eq!(watch.watermarks(0), [90, super::MAX]);
    });
}
