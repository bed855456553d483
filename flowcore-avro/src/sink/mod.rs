//! [`AvroSink`]: sends to an Avro source, of Flume or of flowcore.
//!
//! - A batch is delivered when the server answered `OK` to each of its calls: its channels have the events.
//! - Anything else fails the delivery, and the whole batch comes again: a refusal, an error, a connection that
//!   breaks, an answer that is late. What the server had put by then, it gets twice: at least once.
//! - A call has up to [`batch_size`](AvroSinkConfig::batch_size) events. Let the agent take as many: then a
//!   batch is one call, which is put as a whole or not at all.
//! - Order is kept: the next call is sent when the last is answered.
//! - While the server is away, events wait in the channel; with [backups](AvroSinkConfig::backup) they go there.

mod config;
mod exchange;

pub use config::AvroSinkConfig;

/// Sends events by Avro RPC. See the [module](self) for its guarantees.
///
/// ```
/// use flowcore_avro::{AvroSink, AvroSinkConfig};
///
/// let config = AvroSinkConfig::new("collector", 4545);
/// let factory = move || AvroSink::new(config.clone());
/// # let _ = factory();
/// ```
pub type AvroSink = flowcore_rpc::RpcSink<AvroSinkConfig>;
