//! Appends events to a stream.
//!
//! An entry has the body of the event in one field, which comes first, and each header in a field of its
//! own; [`StreamSource`](crate::StreamSource) reads it back as it was.
//!
//! - **Delivered when** the server has answered: in its memory, or on its disk if it is set up so.
//! - **What can repeat:** a batch whose answer was lost, as other entries.
//! - **Order** is that of the events.
//! - **When the server is away** a delivery waits for it, with bounded pauses, up to the patience of
//!   [`RedisConfig`](crate::RedisConfig); then it fails with an error that may pass.
//! - **Trimming** removes the oldest entries, read or not.

mod config;
mod sink;

pub use config::StreamSinkConfig;
pub use sink::StreamSink;
