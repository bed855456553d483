//! Typed topologies of spouts and bolts.
//!
//! Tuples travel by reference in batches through bounded mailboxes; every tuple is acknowledged to its spout
//! when everything that came of it is safe, and replayed when it is not. See [`TopologyBuilder`].

mod batch;
#[cfg(test)]
mod batch_tests;
mod bolt;
mod context;
mod engine;
mod error;
pub mod futures;
mod grouping;
pub mod key_table;
pub mod observe;
mod output;
pub mod progress;
mod spout;
pub mod time;
mod topology;
mod tuple;
mod upcoming;
pub mod window;

pub use bolt::Bolt;
pub use context::TaskContext;
pub use engine::{
    ComponentRates, Deadline, Delivery, EdgeSnapshot, Latency, NoSuchSpout, RetryPolicy, RunError, RunReport,
    RunningTopology, TaskKind, TaskSnapshot, TopologyHandle, TopologySnapshot, Unsettled,
};
pub use error::{BoltError, SpoutError};
pub use grouping::{Directed, Grouping, GroupingKey, Routes, StableHasher, Target, Targets, stable_hash};
pub use key_table::KeyTable;
pub use output::{Emitter, NoOutput, Outputs};
pub use spout::{Next, Spout};
pub use topology::{
    AsStream, BoltBuilder, BoltDeclaration, Branch, BuildError, Combine, DeadLetter, DeadLettered, Feedback,
    Filter, FlatMap, ForEach, Inspect, Keyed, KeyedFold, Map, Merge, Problem, ReadBy, SpoutBuilder, Stream,
    Topology, TopologyBuilder, WindowBuilder, WindowOutputs, Windowed, combine, filter, flat_map, for_each,
    inspect, map,
};
pub use tuple::Tuple;
