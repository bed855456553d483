//! [`ThriftSink`]: sends to a Thrift source, of Flume or of flowcore.
//!
//! - A batch is delivered when the server answered `OK` to each of its calls: its channels have the events.
//! - Anything else fails the delivery, and the whole batch comes again: a refusal, an error, a connection that
//!   breaks, an answer that is late. What the server had put by then, it gets twice: at least once.
//! - A call has up to [`batch_size`](ThriftSinkConfig::batch_size) events, and fewer where they would not fit
//!   into a frame. Let the agent take as many: then a batch is one call, which is put as a whole or not at all.
//! - Order is kept: the next call is sent when the last is answered. With
//!   [several connections](ThriftSinkConfig::max_connections) the calls of one delivery are under way together,
//!   and may be put in any order.
//! - While the server is away, events wait in the channel; with [backups](ThriftSinkConfig::backup) they go there.

mod config;
mod exchange;
mod fitting;

pub use config::ThriftSinkConfig;

/// Sends events by Thrift RPC. See the [module](self) for its guarantees.
///
/// ```
/// use flowcore_thrift::{ThriftSink, ThriftSinkConfig};
///
/// let config = ThriftSinkConfig::new("collector", 4546);
/// let factory = move || ThriftSink::new(config.clone());
/// # let _ = factory();
/// ```
pub type ThriftSink = flowcore_rpc::RpcSink<ThriftSinkConfig>;
