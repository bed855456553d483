//! The log of what happens.

use std::time::Duration;

use flowcore::base::Clock;
use flowcore::process::observe::{Happening, TopologyEvent, TopologyEvents};
use flowcore::process::time::EventTime;
use flowcore::process::{BoltError, TopologyBuilder, for_each};
use flowcore_testkit::{ScriptedSpout, run_until_idle, simulate};
use futures_util::{FutureExt, StreamExt};

use crate::process::{act, topology, within_an_hour};

/// Numbers for a bolt that does what `with` says.
fn numbers(clock: Clock, count: u64, with: fn(u64) -> Result<(), BoltError>) -> TopologyBuilder {
    let script = (0..count).fold(ScriptedSpout::new(), |script, number| script.emit([number])).stay_open();
    let mut topology = topology(clock);
    let numbers = topology.spout("numbers", script.factory());
    topology.bolt("bolt", move || act(move |number, _| with(number))).shuffle(&numbers).ignore();
    topology
}

fn read(events: &mut TopologyEvents) -> Vec<Happening> {
    std::iter::from_fn(|| events.next().now_or_never().flatten()).map(|event| event.what).collect()
}

#[test]
fn a_restart_is_told_with_its_causes_and_its_delay_and_what_is_given_up_with_its_attempts() {
    simulate(|clock| async move {
        let broken = |_| Err(BoltError::restart("broken"));
        let running = numbers(clock.clone(), 1, broken).build().unwrap().start();
        let handle = running.handle();
        let mut events = handle.events();
        clock.sleep(Duration::from_secs(5)).await;
        let (component, spout) = ("bolt".into(), "numbers".into());
        let error = vec!["broken".to_owned()];
        let seen = read(&mut events);
        let delay = Duration::from_millis(10);
        assert_eq!(seen[0], Happening::Restarted { component, task: 0, error, delay });
        let error = vec!["delivery failed in bolt".to_owned()];
        assert!(seen.contains(&Happening::TupleGivenUp { spout, task: 0, attempts: 3, error }), "{seen:?}");
        assert_eq!(handle.recent_events().into_iter().map(|event| event.what).collect::<Vec<_>>(), seen);
        assert_eq!(handle.last_troubles("bolt").len(), 3);
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn what_a_topology_is_told_and_how_it_ends_is_in_the_log() {
    simulate(|clock| async move {
        let running = numbers(clock.clone(), 1, |_| Ok(())).build().unwrap().start();
        let handle = running.handle();
        let mut events = handle.events();
        let waits = events.next().now_or_never();
        assert!(waits.is_none(), "nothing has happened");
        handle.pause("numbers").unwrap();
        handle.resume("numbers").unwrap();
        handle.set_max_pending("numbers", 0).unwrap();
        handle.pause("nobody").unwrap_err();
        handle.stop();
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
        handle.pause("numbers").unwrap();
        let spout = || "numbers".into();
        let expected = [
            Happening::SpoutPaused { spout: spout() },
            Happening::SpoutResumed { spout: spout() },
            Happening::MaxPendingChanged { spout: spout(), tuples: 1 },
            Happening::Stopping,
            Happening::Ended,
        ];
        let seen: Vec<_> = events.map(|event| event.what).collect().await;
        assert_eq!(seen, expected);
    });
}

#[test]
fn a_task_that_fails_for_good_is_told_before_the_end() {
    simulate(|clock| async move {
        let fatal = |_| Err(BoltError::fatal("the disk is gone"));
        let running = numbers(clock, 1, fatal).build().unwrap().start();
        let events = running.handle().events();
        within_an_hour(running.wait()).await.unwrap_err();
        let seen: Vec<_> = events.map(|event| event.to_string()).collect().await;
        assert!(seen[0].ends_with("bolt, task 0, failed for good: the disk is gone"), "{seen:?}");
        assert!(seen.last().unwrap().ends_with("the topology has ended"));
    });
}

#[test]
fn a_slow_reader_loses_the_oldest_events_and_is_told_how_many() {
    simulate(|clock| async move {
        let running = numbers(clock, 0, |_| Ok(())).event_log(3).build().unwrap().start();
        let handle = running.handle();
        let mut events = handle.events();
        (0..10).for_each(|_| handle.pause("numbers").unwrap());
        let seen = read(&mut events);
        assert_eq!((seen.len(), &seen[0]), (4, &Happening::Missed { events: 7 }));
        assert_eq!(handle.recent_events().len(), 3);
        drop(running);
        assert_eq!(read(&mut events), [Happening::Ended]);
    });
}

#[test]
fn of_many_dead_letters_five_are_listed_and_the_others_counted() {
    simulate(|clock| async move {
        let reject = |_| Err(BoltError::reject("bad"));
        let running = numbers(clock.clone(), 50, reject).build().unwrap().start();
        let handle = running.handle();
        run_until_idle().await;
        assert_eq!(handle.snapshot().component("numbers").dead, 50);
        let given_up = |event: &&TopologyEvent| matches!(event.what, Happening::TupleGivenUp { .. });
        assert_eq!(handle.recent_events().iter().filter(given_up).count(), 5);
        clock.sleep(Duration::from_secs(10)).await;
        let last = handle.recent_events().pop().unwrap().what;
        assert_eq!(last, Happening::Suppressed { component: "numbers".into(), events: 45 });
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn a_reader_that_waits_is_woken_and_events_come_through_json() {
    simulate(|clock| async move {
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().stay_open().factory());
        topology.bolt("end", || for_each(|_: &u64| {})).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        let mut events = handle.events();
        let later = async {
            clock.sleep(Duration::from_secs(1)).await;
            handle.pause("numbers").unwrap();
        };
        let (event, ()) = tokio::join!(events.next(), later);
        let json = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Option<TopologyEvent>>(&json).unwrap(), event);
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn timestamps_too_far_in_the_future_are_told() {
    simulate(|clock| async move {
        let mut topology = topology(clock.clone());
        let script = ScriptedSpout::new().emit([1_u64, 36_000, 2]).stay_open();
        let start = clock.now();
        let time = EventTime::of(move |seconds: &u64| start + Duration::from_secs(*seconds));
        let seconds = topology.spout("seconds", script.factory()).event_time(time);
        topology.bolt("end", || for_each(|_: &u64| {})).shuffle(&seconds);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        run_until_idle().await;
        let events: Vec<_> = handle.recent_events().into_iter().map(|event| event.what).collect();
        let component = "seconds".into();
        assert_eq!(events, [Happening::WatermarkRefused { component, task: 0, tuples: 1 }]);
        assert_eq!(handle.snapshot().component("seconds").troubles, 1);
        let text = handle.snapshot().prometheus();
        let watermark = (start + Duration::from_secs(2)).as_millis() / 1000;
        let line =
            format!(r#"flowcore_watermark_seconds{{topology="test",component="end",task="0"}} {watermark}"#);
        assert!(text.lines().any(|seen| seen == line), "{line} is missing in\n{text}");
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}
