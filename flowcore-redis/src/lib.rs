#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod error;
pub mod hash_sink;
pub mod list_sink;
pub mod list_source;
pub mod publish_sink;
mod reply;
pub mod stream_sink;
pub mod stream_source;
pub mod subscribe_source;

pub use config::RedisConfig;
pub use error::{Error, ErrorKind};
pub use hash_sink::{HashSink, HashSinkConfig, HashWrite};
pub use list_sink::{ListSink, ListSinkConfig};
pub use list_source::{ListConsumer, ListConsumerConfig, ListSource, ListSpout, Settled};
pub use publish_sink::{PublishSink, PublishSinkConfig};
/// The commands of a transaction, as the client library has them.
pub use redis::Pipeline;
pub use stream_sink::{StreamSink, StreamSinkConfig};
pub use stream_source::{StreamSource, StreamSourceConfig, StreamSpout, StreamStart};
pub use subscribe_source::{SubscribeSource, SubscribeSourceConfig, SubscribeSpout};
