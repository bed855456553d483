//! Who has nothing to send holds back nobody for longer than was said.

use std::time::Duration;

use flowcore::base::Clock;
use flowcore::process::{Bolt, BoltError, Deadline, Emitter, TopologyBuilder, for_each};
use flowcore_testkit::{ScriptedSpout, Slow, simulate};

use super::super::topology;
use super::{Watch, by_value, drain};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// One input that goes on each second, and one that the script is for.
fn with_other(topology: &mut TopologyBuilder, script: &ScriptedSpout<i64>, watch: &Watch) {
    let steady = (1..=200).fold(ScriptedSpout::new(), |steady, n| steady.emit([n * 1_000]).wait(SECOND));
    let time = || by_value().idle_after(SECOND * 30);
    let steady = topology.spout("steady", steady.stay_open().factory()).event_time(time());
    let other = topology.spout("other", script.factory()).event_time(time());
    let seen = topology.bolt("watch", watch.bolt()).shuffle(&steady).shuffle(&other);
    drain(topology, &seen);
}

#[test]
fn an_input_that_falls_silent_holds_back_until_it_is_idle_and_takes_part_again_when_it_comes_back() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script =
            ScriptedSpout::new().emit([500]).wait(SECOND * 60 + SECOND / 4).emit([55_000]).stay_open();
        let mut topology = topology(clock.clone());
        with_other(&mut topology, &script, &watch);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 29).await;
        assert_eq!(watch.watermark(0), Some(490));
        clock.sleep(SECOND * 6 + SECOND / 2).await;
        assert_eq!(watch.watermark(0), Some(35_990), "it is idle");
        clock.sleep(SECOND * 35).await;
        assert_eq!(watch.watermark(0), Some(60_990), "its 55,000 came late, and hold back what is behind");
        clock.sleep(SECOND * 25).await;
        assert_eq!(watch.watermark(0), Some(95_990), "it is idle again");
        let watermarks = watch.watermarks(0);
        assert!(watermarks.is_sorted(), "{watermarks:?}");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn an_input_that_never_sends_anything_holds_back_until_it_is_idle() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let mut topology = topology(clock.clone());
        with_other(&mut topology, &ScriptedSpout::new().stay_open(), &watch);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 29).await;
        assert_eq!(watch.watermark(0), None);
        clock.sleep(SECOND * 2 + SECOND / 2).await;
        assert_eq!(watch.watermark(0), Some(31_990));
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn an_input_that_has_ended_holds_back_nobody() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let mut topology = topology(clock.clone());
        with_other(&mut topology, &ScriptedSpout::new().emit([10]), &watch);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 3 + SECOND / 2).await;
        assert_eq!(watch.watermark(0), Some(3_990));
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_spout_that_waits_for_what_is_under_way_is_not_idle() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let steady = (1..=200).fold(ScriptedSpout::new(), |steady, n| steady.emit([n * 1_000]).wait(SECOND));
        let stuck = ScriptedSpout::new().emit([100, 101]).emit([102]).stay_open();
        let mut topology = topology(clock.clone()).max_pending(2);
        let time = || by_value().idle_after(SECOND * 5);
        let steady = topology.spout("steady", steady.factory()).event_time(time());
        let stuck = topology.spout("stuck", stuck.factory()).event_time(time());
        topology.bolt("slow", || Slow::new(for_each(|_: &i64| {}), SECOND * 10)).shuffle(&stuck);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&steady).shuffle(&stuck);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 9).await;
        assert_eq!(watch.watermark(0), Some(91));
        clock.sleep(SECOND * 14).await;
        assert_eq!(watch.watermark(0), Some(92), "it was not asked for the third before");
        clock.sleep(SECOND * 30).await;
        assert!(watch.watermark(0) > Some(40_000), "now it is idle");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_paused_spout_is_idle_after_its_time() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let other = (1..=200).fold(ScriptedSpout::new(), |other, n| other.emit([n * 1_000]).wait(SECOND));
        let mut topology = topology(clock.clone());
        with_other(&mut topology, &other.stay_open(), &watch);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND / 2).await;
        running.handle().pause("other").unwrap();
        clock.sleep(SECOND * 20).await;
        assert!(watch.watermark(0) < Some(3_000));
        clock.sleep(SECOND * 20).await;
        assert_eq!(watch.watermark(0), Some(40_990));
        running.handle().resume("other").unwrap();
        clock.sleep(SECOND * 45).await;
        assert!(watch.watermarks(0).is_sorted());
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

/// Fails its first tuple, and takes ten seconds for 201.
struct Gate(bool);

impl Bolt<i64> for Gate {
    type Out = Emitter<i64>;

    async fn execute(&mut self, tuple: &i64, out: &mut Self::Out) -> Result<(), BoltError> {
        if !std::mem::replace(&mut self.0, true) {
            return Err(BoltError::retry("not yet"));
        }
        if *tuple == 201 {
            Clock::system().sleep(SECOND * 10).await;
        }
        out.emit(*tuple);
        Ok(())
    }
}

#[test]
fn a_spout_that_finds_no_room_for_what_it_sends_again_is_not_idle() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script =
            ScriptedSpout::new().emit([100]).wait(MILLI).emit([201]).wait(MILLI).emit([203]).stay_open();
        let mut topology = topology(clock.clone()).batch(1).mailbox(1);
        let time = by_value().idle_after(SECOND * 5).partition_by(|n| n % 2);
        let numbers = topology.spout("numbers", script.factory()).event_time(time);
        let gate = topology.bolt("gate", || Gate(false)).shuffle(&numbers);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&gate);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 12).await;
        assert_eq!(watch.watermark(0), Some(90), "even numbers are behind");
        clock.sleep(SECOND * 5).await;
        assert_eq!(watch.watermark(0), Some(193), "they are idle now");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}

#[test]
fn a_spout_that_gives_up_for_want_of_room_is_not_idle() {
    simulate(|clock| async move {
        let watch = Watch::default();
        let script = [201, 203, 205]
            .iter()
            .fold(ScriptedSpout::new().emit([100]), |script, odd| script.wait(MILLI).emit([*odd]));
        let mut topology =
            topology(clock.clone()).batch(1).mailbox(1).deadline(Deadline::done_within(SECOND * 8));
        let time = by_value().idle_after(SECOND * 5).partition_by(|n| n % 2);
        let numbers = topology.spout("numbers", script.stay_open().factory()).event_time(time);
        let gate = topology.bolt("gate", || Gate(true)).shuffle(&numbers);
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&gate);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 9).await;
        assert_eq!(watch.watermark(0), Some(90), "what it waited until it gave up is not silence");
        clock.sleep(SECOND * 5).await;
        assert_eq!(watch.watermark(0), Some(90), "even numbers are behind");
        clock.sleep(SECOND * 30).await;
        assert!(watch.watermark(0) > Some(190), "they are idle now");
        running.handle().stop();
        running.wait().await.unwrap();
    });
}
