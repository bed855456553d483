//! Looking at the tuples of a stream while they pass.

use std::time::Duration;

use flowcore::process::observe::TapOptions;
use flowcore::process::{Emitter, Next, Spout, SpoutError, for_each};
use flowcore_testkit::{Recorder, ScriptedSpout, run_until_idle, simulate};
use futures_util::{FutureExt, StreamExt};

use crate::process::{end_of, topology, within_an_hour};

#[test]
fn a_tap_sees_each_tuple_once_however_many_readers_there_are_and_ends_with_the_topology() {
    simulate(|clock| async move {
        let mut topology = topology(clock).batch(7);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit(0..50_u64).factory());
        let doubled = numbers.map("double", |n: &u64| n * 2);
        doubled.bolt("one", || for_each(|_: &u64| {})).parallelism(3);
        doubled.for_each("other", |_| {});
        let (all, some) = (doubled.tap(TapOptions::default()), doubled.tap(TapOptions::default().one_in(20)));
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(all.collect::<Vec<_>>().await, (0..50).map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(some.collect::<Vec<_>>().await, [0, 40, 80]);
        let late = doubled.tap(TapOptions::default());
        assert_eq!(late.collect::<Vec<_>>().await, Vec::<u64>::new(), "it has ended");
    });
}

#[test]
fn a_reader_that_does_not_read_holds_up_nobody_and_learns_how_much_was_dropped() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit(0..5000_u64).factory());
        numbers.for_each("end", |_| {});
        let tap = numbers.tap(TapOptions::default().capacity(10));
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("end").executed, 5000);
        assert_eq!(tap.dropped(), 4990);
        assert_eq!(tap.collect::<Vec<_>>().await, (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn a_tap_can_be_set_while_the_topology_runs_and_taken_off_again() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_secs(1)).emit([2]);
        let script = script.wait(Duration::from_secs(1)).emit([3]).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        numbers.for_each("end", |_| {});
        let stream = numbers.clone();
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let mut tap = stream.tap(TapOptions::default());
        clock.sleep(Duration::from_millis(1500)).await;
        assert_eq!(tap.next().now_or_never(), Some(Some(2)));
        drop(tap);
        clock.sleep(Duration::from_secs(5)).await;
        running.handle().abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn a_tap_takes_no_more_in_a_second_than_it_was_told() {
    simulate(|clock| async move {
        let script = (0..100_u64).fold(ScriptedSpout::new(), |script, number| {
            script.emit([number]).wait(Duration::from_millis(100))
        });
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.for_each("end", |_| {});
        let tap = numbers.tap(TapOptions::default().per_second(2));
        end_of(topology.build().unwrap()).await.unwrap();
        let seen = tap.collect::<Vec<_>>().await;
        assert!((20..=22).contains(&seen.len()), "in ten seconds: {seen:?}");
    });
}

/// Emits two lines.
struct Lines(Vec<&'static str>);

impl Spout for Lines {
    type Out = Emitter<str>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        self.0.drain(..).for_each(|line| out.emit(line));
        Ok(Next::End)
    }
}

#[test]
fn text_is_tapped_as_strings() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let lines = topology.spout("lines", || Lines(vec!["to be", "or not"]));
        topology.bolt("end", || for_each(|_: &str| {})).shuffle(&lines);
        let tap = lines.tap(TapOptions::default());
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tap.collect::<Vec<String>>().await, ["to be", "or not"]);
    });
}

/// Cannot be copied.
struct Single(u64);

impl Clone for Single {
    fn clone(&self) -> Self {
        panic!("there is only one of me")
    }
}

#[test]
fn a_tuple_that_panics_when_it_is_copied_takes_the_tap_off_and_travels_on() {
    simulate(|clock| async move {
        let seen = Recorder::new();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit([1_u64, 2]).factory());
        let singles = numbers.map("single", |n: &u64| Single(*n));
        let record = seen.clone();
        singles.for_each("end", move |single| record.push(single.0));
        let tap = singles.tap(TapOptions::default());
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("single").restarts, 0);
        assert_eq!(seen.items(), [1, 2]);
        assert_eq!(tap.count().await, 0);
    });
}
