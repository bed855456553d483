//! Entries of a stream, read as one consumer of a group and acknowledged.
//!
//! The body of an event is the field `body` of the entry (another name by configuration), every other field
//! is a header.
//!
//! - **Acknowledged when** everything that was emitted for a batch of entries is safe.
//! - **What can repeat:** entries that were not acknowledged when the consumer died, and entries that took
//!   longer to settle than [`StreamSourceConfig::claim_after`]: another consumer of the group takes them.
//! - **Order** is the stream's. Entries that come back are older than those that came before them.
//! - **When the server is away** it tries to connect for ever, with bounded pauses. Entries whose answer was
//!   lost are read again, before newer ones.
//! - An entry that was trimmed from the stream before it was read is lost; the log says so.
//!
//! Every consumer of a group needs a name of its own. One that starts under a name reads first what the name
//! had not acknowledged. The group is made when it is not there.

mod config;
mod consumer;
mod entry;
mod group_reader;
mod source;
mod spout;

pub use config::{StreamSourceConfig, StreamStart};
pub use source::StreamSource;
pub use spout::StreamSpout;
