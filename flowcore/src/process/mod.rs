//! Typed topologies of spouts and bolts.

mod bolt;
mod context;
mod error;
mod output;
mod spout;
mod tuple;

pub use bolt::Bolt;
pub use context::TaskContext;
pub use error::{BoltError, SpoutError};
pub use output::{Emitter, NoOutput, Outputs};
pub use spout::{Next, Spout};
pub use tuple::Tuple;
