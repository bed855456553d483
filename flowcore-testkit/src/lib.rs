//! What a test of a topology needs when there are no servers: time that jumps when nobody is busy, a spout
//! that follows a script, bolts and sinks that record, wrappers that fail and dawdle. And, for tests
//! of what speaks with real servers, sources in tasks of their own, waiting with a deadline, and a real Flume.
//!
//! ```
//! use flowcore::process::{TopologyBuilder, map};
//! use flowcore_testkit::{Recorder, ScriptedSpout, simulate};
//! use std::time::Duration;
//!
//! let seen = Recorder::new();
//! simulate(|clock| {
//!     let seen = seen.clone();
//!     async move {
//!         let mut topology = TopologyBuilder::new("double").clock(clock);
//!         let script = ScriptedSpout::new().emit([1, 2]).wait(Duration::from_secs(3600)).emit([3]);
//!         let numbers = topology.spout("numbers", script.factory());
//!         let doubled = topology.bolt("double", || map(|n: &i32| n * 2)).shuffle(&numbers);
//!         topology.bolt("record", move || seen.bolt()).global(&doubled);
//!         topology.build().unwrap().run().await.unwrap();
//!         assert_eq!(script.acked(), [1, 2, 3]);
//!     }
//! });
//! assert_eq!(seen.items(), [2, 4, 6]);
//! ```

mod bodies;
mod crash_disk;
mod driven;
mod flaky;
mod flume;
mod port;
mod random;
mod recorder;
mod running;
mod scripted;
mod slow;
mod time;
mod wait;

pub use bodies::{bodies_of, events, first_occurrences, numbers};
pub use crash_disk::{CrashDisk, DiskFault};
pub use driven::Driven;
pub use flaky::{Flaky, FlakySink, Plan};
pub use flume::{
    Certificate, Flume, FlumeWay, Java, arrive, by_number, deliver_all, end_well, numbered_events,
};
pub use port::free_port;
pub use random::{Random, for_seeds};
pub use recorder::{Recorder, RecordingBolt, RecordingSink};
pub use running::{RunningSource, context, drain, started, take};
pub use scripted::{Script, ScriptedSpout};
pub use slow::Slow;
pub use time::{START, run_until_idle, simulate};
pub use wait::{pause, until, within};
