//! Messages that are published to channels of Redis.
//!
//! - **Acknowledged when:** never. Redis keeps no message: delivery is **at most once**. What is published
//!   while the connection is broken is not seen, and what arrives while the buffer is full is dropped, counted
//!   and logged.
//! - **What can repeat:** nothing.
//! - **Order** is that of the server, over all channels and patterns.
//! - **When the server is away** it tries to subscribe again for ever, with bounded pauses.

mod config;
mod source;
mod spout;
mod subscription;

pub use config::SubscribeSourceConfig;
pub use source::SubscribeSource;
pub use spout::SubscribeSpout;
