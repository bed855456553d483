//! [`AvroSource`]: what Flume's clients, agents and log4j appenders send.
//!
//! - A call is one batch: all of its events are put in one transaction for each channel, or none.
//! - `OK` is answered after every required channel has committed, and never before. A channel that is full,
//!   closed or fails gives `FAILED`, and the connection stays: senders try again. A sender whose connection
//!   breaks before its answer does not know, and sends again: at least once.
//! - Order, back-pressure and what a hostile peer can do are as [`flowcore_rpc::source`] says.

mod config;
mod session;

pub use config::AvroSourceConfig;

/// Puts what clients send by Avro RPC into channels. See the [module](self) for its guarantees.
///
/// ```
/// use flowcore_avro::{AvroSource, AvroSourceConfig};
///
/// let config = AvroSourceConfig::new("localhost", 4545);
/// let factory = move || AvroSource::new(config.clone());
/// # let _ = factory();
/// ```
pub type AvroSource = flowcore_rpc::RpcSource<AvroSourceConfig>;
