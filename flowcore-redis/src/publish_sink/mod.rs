//! Publishes the bodies of events to a channel of Redis.
//!
//! - **Delivered when** the server has answered: whoever subscribes at that moment was sent the message. If
//!   nobody does, it is gone; that is no error.
//! - **What can repeat:** a batch whose answer was lost.
//! - **Order** is that of the events.
//! - **When the server is away** a delivery waits for it, with bounded pauses, up to the patience of
//!   [`RedisConfig`](crate::RedisConfig); then it fails with an error that may pass.

mod config;
mod sink;

pub use config::PublishSinkConfig;
pub use sink::PublishSink;
