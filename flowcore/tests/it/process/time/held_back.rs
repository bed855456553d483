//! Who holds back a watermark is named, however far up.

use std::time::Duration;

use flowcore::process::TopologyHandle;
use flowcore::process::observe::{HeldBack, HeldBackReason};
use flowcore::process::{for_each, map};
use flowcore_testkit::{START, ScriptedSpout, Slow, simulate};

use super::super::topology;
use super::{Watch, by_value, drain};

const SECOND: Duration = Duration::from_secs(1);

fn held_back(handle: &TopologyHandle) -> HeldBack {
    let watermarks = handle.watermarks();
    let watch = watermarks.into_iter().find(|told| &*told.component == "watch");
    watch.and_then(|told| told.held_back).unwrap()
}

#[test]
fn the_spout_that_is_behind_is_named_with_since_when_and_when_it_will_be_idle() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let ahead = ScriptedSpout::new().emit([100]).wait(SECOND).emit([500]).stay_open();
        let silent = ScriptedSpout::<i64>::new().stay_open();
        let mut topology = topology(clock.clone());
        let ahead = topology.spout("ahead", ahead.factory()).event_time(by_value());
        let silent =
            topology.spout("silent", silent.factory()).event_time(by_value().idle_after(SECOND * 10));
        let mapped = silent.bolt("map", || map(|n: &i64| *n)).parallelism(2);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&ahead).shuffle(&mapped);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 2).await;
        let held = held_back(&running.handle());
        assert_eq!((&*held.component, held.task, held.reason), ("silent", 0, HeldBackReason::NothingYet));
        assert_eq!((held.watermark, held.since), (None, START));
        assert_eq!(held.idle_at, Some(START + SECOND * 10));
        clock.sleep(SECOND * 9).await;
        assert_eq!(watch.watermark(0), Some(490));
        let held = held_back(&running.handle());
        assert_eq!((&*held.component, held.reason), ("ahead", HeldBackReason::Behind));
        assert_eq!((held.since, held.idle_at), (START + SECOND, Some(START + SECOND * 61)));
        clock.sleep(SECOND * 60).await;
        assert_eq!(held_back(&running.handle()).reason, HeldBackReason::AllIdle);
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn the_partition_that_is_behind_is_named() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([100, 201, 302]).stay_open();
        let mut topology = topology(clock.clone());
        let time = by_value().partition_by(|n| format!("p{}", n % 3));
        let numbers = topology.spout("numbers", script.factory()).event_time(time);
        let seen = topology.bolt("watch", Watch::default().bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND).await;
        let held = held_back(&running.handle());
        assert_eq!(held.partition.as_deref(), Some("p1"));
        assert!(held.to_string().contains("numbers, task 0, partition p1"), "{held}");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn tuples_that_are_under_way_are_named_as_the_reason() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([100, 300]).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        topology.bolt("slow", || Slow::new(for_each(|_: &i64| {}), SECOND * 100)).shuffle(&numbers);
        let seen = topology.bolt("watch", Watch::default().bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 90).await;
        let held = held_back(&running.handle());
        assert_eq!((&*held.component, held.reason), ("numbers", HeldBackReason::UnderWay));
        assert_eq!(held.idle_at, None);
        running.handle().abort();
        running.wait().await.unwrap();
    });
}
