//! Event time in whole topologies.

mod build;
mod end;
mod held_back;
mod idle;
mod merge;
mod random;
mod replays;
mod transport;

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::time::EventTime;
use flowcore::process::{Bolt, BoltError, Emitter, TaskContext, TopologyBuilder};
use flowcore_testkit::{Recorder, START};

/// What a bolt saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Saw {
    Tuple(i64),
    Watermark(i64),
    End,
}
use Saw::{Tuple, Watermark};

/// The watermark when the input has ended.
const MAX: i64 = i64::MAX;

/// Tuples are milliseconds since the start.
fn by_value() -> EventTime<i64> {
    let timestamp = |millis: &i64| {
        assert!(*millis >= 0, "negative ones have none");
        Timestamp::from_millis(START.as_millis() + *millis)
    };
    EventTime::of(timestamp).lag(Duration::from_millis(10))
}

/// The watermark that tuples tell, as they do.
fn millis(watermark: Timestamp) -> i64 {
    if watermark == Timestamp::MAX { MAX } else { watermark.as_millis() - START.as_millis() }
}

/// Everything that the tasks of one bolt saw, in order.
#[derive(Debug, Clone, Default)]
struct Watch(Recorder<(usize, Saw)>);

impl Watch {
    /// A bolt that hands on its tuples.
    fn bolt(&self) -> impl Fn() -> WatchBolt + Send + Sync + 'static {
        let watch = self.clone();
        move || WatchBolt { watch: watch.clone(), task: 0 }
    }

    /// What one task saw.
    fn task(&self, task: usize) -> Vec<Saw> {
        self.0.items().into_iter().filter(|(of, _)| *of == task).map(|(_, saw)| saw).collect()
    }

    fn watermarks(&self, task: usize) -> Vec<i64> {
        let of = |saw| if let Watermark(at) = saw { Some(at) } else { None };
        self.task(task).into_iter().filter_map(of).collect()
    }

    fn watermark(&self, task: usize) -> Option<i64> {
        self.watermarks(task).last().copied()
    }
}

#[derive(Debug)]
struct WatchBolt {
    watch: Watch,
    task: usize,
}

impl Bolt<i64> for WatchBolt {
    type Out = Emitter<i64>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.task = context.task;
        Ok(())
    }

    async fn execute(&mut self, tuple: &i64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.watch.0.push((self.task, Tuple(*tuple)));
        out.emit(*tuple);
        Ok(())
    }

    async fn on_watermark(&mut self, watermark: Timestamp, _: &mut Self::Out) -> Result<(), BoltError> {
        self.watch.0.push((self.task, Watermark(millis(watermark))));
        Ok(())
    }

    async fn cleanup(&mut self, _: &mut Self::Out) -> Result<(), BoltError> {
        self.watch.0.push((self.task, Saw::End));
        Ok(())
    }
}

/// Adds a bolt that does nothing with what it gets.
fn drain(topology: &mut TopologyBuilder, of: &flowcore::process::Stream<i64>) {
    topology.bolt("drain", || flowcore::process::for_each(|_: &i64| {})).shuffle(of);
}
