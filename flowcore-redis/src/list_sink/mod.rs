//! Appends the bodies of events to a list.
//!
//! - **Delivered when** the server has answered: in its memory, or on its disk if it is set up so.
//! - **What can repeat:** a batch whose answer was lost. With [`ListSinkConfig::exactly_once`] nothing is
//!   pushed twice: the positions of what was pushed are kept beside the list, in the same step.
//! - **Order** is that of the events.
//! - **When the server is away** a delivery waits for it, with bounded pauses, up to the patience of
//!   [`RedisConfig`](crate::RedisConfig); then it fails with an error that may pass.

mod config;
mod positions;
mod sink;

pub use config::ListSinkConfig;
pub use sink::ListSink;
