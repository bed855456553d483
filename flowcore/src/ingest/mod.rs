//! Sources put events into channels inside transactions; sinks take them out.

pub mod channel;
mod context;
mod error;
pub mod sink;
pub mod source;
mod writer;

pub use channel::{Batch, Channel, ChannelState, PutTransaction, Take, TakeTransaction};
pub use context::ComponentContext;
pub use error::{ChannelError, PutError, PutErrorKind, SinkError, SourceError};
pub use sink::Sink;
pub use source::Source;
pub use writer::{ChannelWriter, Stopping};
