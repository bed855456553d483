//! The end of an input, a stop, and a bolt that is made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::{Bolt, BoltError, Emitter};
use flowcore_testkit::{ScriptedSpout, run_until_idle, simulate};

use super::super::{end_of, topology};
use super::{MAX, Saw, Tuple, Watch, WatchBolt, Watermark, by_value, drain};

#[test]
fn a_stop_is_not_the_end_of_the_input() {
    let (first, second) = (Watch::default(), Watch::default());
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100]).stay_open();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let seen = topology.bolt("first", first.bolt()).shuffle(&numbers);
        let seen = topology.bolt("second", second.bolt()).shuffle(&seen);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        running.handle().stop();
        running.wait().await.unwrap();
    });
    for watch in [first, second] {
        assert_eq!(watch.task(0), [Tuple(100), Watermark(90), Saw::End]);
    }
}

#[test]
fn a_stop_while_one_of_two_inputs_has_ended_is_not_the_end_either() {
    let watch = Watch::default();
    simulate(|clock| async {
        let mut topology = topology(clock);
        let ended = ScriptedSpout::new().emit([100]);
        let ended = topology.spout("ended", ended.factory()).event_time(by_value());
        let open = ScriptedSpout::new().emit([50]).stay_open();
        let open = topology.spout("open", open.factory()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&ended).shuffle(&open);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        running.handle().stop();
        running.wait().await.unwrap();
    });
    assert_eq!(watch.watermark(0), Some(40));
}

#[test]
fn when_all_inputs_have_ended_every_bolt_hears_of_the_end_before_cleanup() {
    let watches: Vec<Watch> = (0..3).map(|_| Watch::default()).collect();
    simulate(|clock| async {
        let mut topology = topology(clock);
        let early = ScriptedSpout::new().emit([100]);
        let early = topology.spout("early", early.factory()).event_time(by_value());
        let late = ScriptedSpout::new().emit([50]).wait(Duration::from_secs(2));
        let late = topology.spout("late", late.factory()).event_time(by_value());
        let first = topology.bolt("first", watches[0].bolt()).shuffle(&early).shuffle(&late);
        let first = first.event_time(by_value());
        let second = topology.bolt("second", watches[1].bolt()).shuffle(&first);
        let third = topology.bolt("third", watches[2].bolt()).shuffle(&second).parallelism(2);
        drain(&mut topology, &third);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    for watch in watches {
        assert!(watch.task(0).ends_with(&[Watermark(MAX), Saw::End]), "{watch:?}");
    }
}

/// Fails for good with its third tuple, once.
struct Breaks(WatchBolt, Arc<AtomicUsize>);

impl Bolt<i64> for Breaks {
    type Out = Emitter<i64>;

    async fn execute(&mut self, tuple: &i64, out: &mut Self::Out) -> Result<(), BoltError> {
        if self.1.fetch_add(1, Ordering::Relaxed) == 2 {
            return Err(BoltError::restart("broken"));
        }
        self.0.execute(tuple, out).await
    }

    async fn on_watermark(&mut self, at: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.on_watermark(at, out).await
    }
}

#[test]
fn a_bolt_that_is_made_anew_is_told_where_the_watermark_stands() {
    let watch = Watch::default();
    simulate(|clock| async {
        let pause = Duration::from_millis(5);
        let script = ScriptedSpout::new().emit([100]).wait(pause).emit([200]).wait(pause).emit([300]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let (bolt, calls) = (watch.bolt(), Arc::new(AtomicUsize::new(0)));
        let seen = topology.bolt("breaks", move || Breaks(bolt(), Arc::clone(&calls))).shuffle(&numbers);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    // The third tuple waits to be tried again.
    let third = [Watermark(290), Tuple(300), Watermark(MAX)];
    let first = [Tuple(100), Watermark(90), Tuple(200), Watermark(190), Watermark(190)];
    assert_eq!(watch.task(0), [&first[..], &third].concat());
}

/// Panics when it hears of 90 for the first time.
struct Shy(WatchBolt, Arc<AtomicUsize>);

impl Bolt<i64> for Shy {
    type Out = Emitter<i64>;

    async fn execute(&mut self, tuple: &i64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.execute(tuple, out).await
    }

    async fn on_watermark(&mut self, at: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        assert!(self.1.fetch_add(1, Ordering::Relaxed) > 0, "it is shy");
        self.0.on_watermark(at, out).await
    }
}

#[test]
fn a_watermark_at_which_a_bolt_panicked_is_told_to_the_next_and_passed_on_after_that() {
    let (first, second) = (Watch::default(), Watch::default());
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100]).wait(Duration::from_secs(1));
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let (bolt, calls) = (first.bolt(), Arc::new(AtomicUsize::new(0)));
        let seen = topology.bolt("shy", move || Shy(bolt(), Arc::clone(&calls))).shuffle(&numbers);
        let seen = topology.bolt("second", second.bolt()).shuffle(&seen);
        drain(&mut topology, &seen);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("shy").restarts, 1);
    });
    assert_eq!(first.watermarks(0), [90, MAX]);
    assert_eq!(second.watermarks(0), [90, MAX]);
}
