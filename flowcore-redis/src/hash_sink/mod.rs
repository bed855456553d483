//! Sets fields of hashes.
//!
//! - **Delivered when** the server has answered: in its memory, or on its disk if it is set up so.
//! - **What can repeat:** nothing that could be seen. A field is set to a value, not changed by one, so a
//!   batch that is written again changes nothing, as long as nobody else writes the same field.
//! - **Order** is that of the items: the last write of a field wins.
//! - **When the server is away** a delivery waits for it, with bounded pauses, up to the patience of
//!   [`RedisConfig`](crate::RedisConfig); then it fails with an error that may pass.

mod config;
mod sink;

pub use config::{HashSinkConfig, HashWrite};
pub use sink::HashSink;
