//! Says what a topology is made of, and checks it.

mod as_stream;
mod bolt_builder;
mod bolt_declaration;
mod bolt_node;
mod builder;
mod closures;
mod combine;
mod cycles;
mod dead_letter;
mod error;
mod event_reach;
mod event_time;
mod feedback;
mod graph;
mod keyed;
mod node;
mod operators;
mod spout_builder;
mod stream;
mod unkeyed;
mod validate;
mod windowed;

pub use as_stream::{AsStream, ReadBy};
pub use bolt_builder::BoltBuilder;
pub use bolt_declaration::BoltDeclaration;
pub use builder::{Topology, TopologyBuilder};
pub use closures::{Filter, FlatMap, ForEach, Inspect, Map, filter, flat_map, for_each, inspect, map};
pub use combine::{Combine, combine};
pub use dead_letter::{DeadLetter, DeadLettered};
pub use error::{BuildError, Problem};
pub use feedback::Feedback;
pub use keyed::{Keyed, KeyedFold};
pub use operators::{Branch, Merge};
pub use spout_builder::SpoutBuilder;
pub use stream::Stream;
pub use windowed::{WindowBuilder, WindowOutputs, Windowed};

pub(crate) use dead_letter::DeadLetterHandler;
pub(crate) use event_reach::EventReach;
pub(crate) use node::{Node, NodeId};
pub(crate) use stream::{Output, StreamName};
