//! [`ThriftSource`]: what Flume's clients and agents send, and clients of any language.
//!
//! - A call is one batch: all of its events are put in one transaction for each channel, or none.
//! - `OK` is answered after every required channel has committed, and never before. A channel that is full,
//!   closed or fails gives `FAILED`, and the connection stays: senders try again. A sender whose connection
//!   breaks before its answer does not know, and sends again: at least once.
//! - The calls of one connection are put and answered in the order in which they came; what several
//!   connections send has no order.
//! - A full channel slows down all senders: the batches of all connections are put one after the other.
//! - Bytes that are no frames, lengths beyond the limits and frames that do not end close one connection, with
//!   one line in the log.

mod config;
mod connection;
mod desk;
mod monitor;
mod server;
mod session;
#[expect(clippy::module_inception, reason = "the source of the folder for sources")]
mod source;

pub use config::ThriftSourceConfig;
pub use monitor::ThriftSourceMonitor;
pub use source::ThriftSource;
