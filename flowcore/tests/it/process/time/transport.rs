//! Watermarks travel behind the tuples that they follow, to every task of every reader.

use std::time::Duration;

use flowcore::process::{
    Bolt, BoltBuilder, BoltDeclaration, BoltError, Directed, Emitter, Grouping, Routes, Stream, Targets, map,
};
use flowcore_testkit::{ScriptedSpout, Slow, simulate};

use super::super::{end_of, topology};
use super::{MAX, Saw, Tuple, Watch, WatchBolt, Watermark, by_value, drain};

#[test]
fn a_watermark_comes_behind_its_tuples_and_the_end_before_cleanup() {
    let watch = Watch::default();
    simulate(|clock| async {
        let wait = Duration::from_millis(5);
        let script = ScriptedSpout::new().emit([100, 90]).wait(wait).emit([200]).wait(wait);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    let expected =
        [Tuple(100), Tuple(90), Watermark(90), Tuple(200), Watermark(190), Watermark(MAX), Saw::End];
    assert_eq!(watch.task(0), expected);
}

/// Passes on everything, and when it hears of a watermark emits that.
struct Echo(WatchBolt);

impl Bolt<i64> for Echo {
    type Out = Emitter<i64>;

    async fn execute(&mut self, tuple: &i64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.execute(tuple, out).await
    }

    async fn on_watermark(
        &mut self,
        watermark: flowcore::base::Timestamp,
        out: &mut Self::Out,
    ) -> Result<(), BoltError> {
        out.emit(super::millis(watermark));
        Ok(())
    }
}

#[test]
fn what_a_bolt_emits_when_it_hears_of_a_watermark_arrives_before_the_watermark_does() {
    let (first, second) = (Watch::default(), Watch::default());
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100]).wait(Duration::from_secs(1)).emit([200]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let bolt = first.bolt();
        let echoes = topology.bolt("echo", move || Echo(bolt())).shuffle(&numbers);
        let seen = topology.bolt("watch", second.bolt()).shuffle(&echoes);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    let expected = [Tuple(100), Tuple(90), Watermark(90), Tuple(200), Tuple(190)];
    assert_eq!(second.task(0)[..5], expected);
    assert!(second.task(0).ends_with(&[Tuple(MAX), Watermark(MAX), Saw::End]), "{second:?}");
}

type Subscribe<T> = fn(BoltDeclaration<WatchBolt>, &Stream<T>) -> BoltBuilder<WatchBolt, Emitter<i64>>;

/// Names no task but the last.
struct Last;

impl Grouping<i64> for Last {
    fn route(&mut self, _: &i64, to: &mut Routes) {
        to.task(to.tasks() - 1);
    }
}

#[test]
fn every_task_hears_of_the_watermark_whatever_the_grouping_sends_it() {
    let groupings: [Subscribe<i64>; 7] = [
        BoltDeclaration::shuffle,
        BoltDeclaration::shuffle_by_load,
        BoltDeclaration::all,
        BoltDeclaration::global,
        |bolt, stream| bolt.fields_by(stream, |_| 7),
        |bolt, stream| bolt.partial_key_by(stream, |_| 7),
        |bolt, stream| bolt.group(stream, || Last),
    ];
    for (at, subscribe) in groupings.into_iter().enumerate() {
        let watch = Watch::default();
        simulate(|clock| async {
            let script = ScriptedSpout::new().emit([100]).wait(Duration::from_secs(1)).emit([200, 201]);
            let script = script.wait(Duration::from_secs(1));
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
            let seen = subscribe(topology.bolt("watch", watch.bolt()), &numbers).parallelism(4);
            drain(&mut topology, &seen);
            end_of(topology.build().unwrap()).await.unwrap();
        });
        for task in 0..4 {
            assert_eq!(watch.watermarks(task), [90, 191, MAX], "grouping {at}, task {task}");
        }
    }
}

/// Reads what is directed.
struct Desk(WatchBolt);

impl Bolt<Directed<i64>> for Desk {
    type Out = Emitter<i64>;

    async fn prepare(&mut self, context: &flowcore::process::TaskContext) -> Result<(), BoltError> {
        self.0.prepare(context).await
    }

    async fn execute(&mut self, tuple: &Directed<i64>, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.execute(tuple, out).await
    }

    async fn on_watermark(
        &mut self,
        watermark: flowcore::base::Timestamp,
        out: &mut Self::Out,
    ) -> Result<(), BoltError> {
        self.0.on_watermark(watermark, out).await
    }
}

#[test]
fn every_task_of_a_direct_stream_hears_of_the_watermark() {
    let watch = Watch::default();
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100, 101]).wait(Duration::from_secs(1));
        let desks = Targets::new(3);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let directed =
            numbers.bolt("direct", move || map(move |n: &i64| Directed::to(desks.get(1).unwrap(), *n)));
        let bolt = watch.bolt();
        let seen = topology.bolt("desk", move || Desk(bolt())).direct(&directed, desks);
        drain(&mut topology, &seen);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    assert_eq!(watch.task(1)[..3], [Tuple(100), Tuple(101), Watermark(91)]);
    for task in [0, 2] {
        assert_eq!(watch.task(task), [Watermark(91), Watermark(MAX)]);
    }
}

#[test]
fn under_back_pressure_watermarks_stay_behind_their_tuples_and_nothing_hangs() {
    let watch = Watch::default();
    simulate(|clock| async {
        // In order: what is behind a watermark and earlier than it was not sent before it.
        let script = ScriptedSpout::new().emit(0..2_000);
        let mut topology = topology(clock).batch(4).mailbox(1).max_pending(64);
        let numbers = topology
            .spout("numbers", script.factory())
            .event_time(by_value().lag(Duration::ZERO).idle_after(Duration::from_millis(50)));
        let bolt = watch.bolt();
        let slow = topology
            .bolt("slow", move || Slow::new(bolt(), Duration::from_millis(7)))
            .shuffle(&numbers)
            .parallelism(3);
        let second =
            topology.bolt("second", Watch::default().bolt()).fields_by(&slow, |n| n % 5).parallelism(2);
        drain(&mut topology, &second);
        end_of(topology.build().unwrap()).await.unwrap();
    });
    for task in 0..3 {
        let mut last = -1;
        for saw in watch.task(task) {
            match saw {
                Tuple(n) => assert!(n >= last, "{n} came behind a watermark of {last}"),
                Watermark(at) => {
                    assert!(at > last);
                    last = at;
                }
                Saw::End => {}
            }
        }
        assert!(watch.watermarks(task).len() > 10, "{:?}", watch.watermarks(task));
        assert_eq!(last, MAX);
    }
}

#[test]
fn a_stream_without_event_time_carries_no_watermarks() {
    let watch = Watch::default();
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([1, 2]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let running = topology.build().unwrap().start();
        assert_eq!(running.handle().watermarks(), []);
        running.wait().await.unwrap();
    });
    assert_eq!(watch.task(0), [Tuple(1), Tuple(2), Saw::End]);
}

#[test]
fn tuples_too_far_ahead_travel_on_are_counted_and_do_not_move_the_watermark() {
    let watch = Watch::default();
    simulate(|clock| async {
        let day = 86_400_000;
        let script = ScriptedSpout::new().emit([100, day]).wait(Duration::from_secs(1)).emit([120]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("numbers").ahead, 1);
        assert_eq!(watch.task(0)[..3], [Tuple(100), Tuple(day), Watermark(90)]);
    });
    assert_eq!(watch.watermarks(0), [90, 110, MAX]);
}

#[test]
fn a_timestamp_function_that_panics_spoils_its_tuple_alone() {
    let watch = Watch::default();
    simulate(|clock| async {
        let script = ScriptedSpout::new().emit([100, -1, 200]).wait(Duration::from_secs(1));
        let mut topology = topology(clock);
        // Negative values have no timestamp there.
        let numbers = topology.spout("numbers", script.factory()).event_time(by_value());
        let seen = topology.bolt("watch", watch.bolt()).shuffle(&numbers);
        drain(&mut topology, &seen);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!((report.snapshot.component("numbers").restarts, script.acked().len()), (0, 3));
    });
    assert_eq!(watch.watermarks(0), [100, 190, MAX]);
    assert_eq!(watch.task(0)[..4], [Tuple(100), Tuple(-1), Tuple(200), Watermark(100)]);
}
