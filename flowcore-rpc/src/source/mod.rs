//! [`RpcSource`]: puts what peers send into channels, whichever protocol they speak.
//!
//! - A call is one batch: all of its events are put in one transaction for each channel, or none.
//! - [`Committed`](crate::protocol::Outcome::Committed) is answered after every required channel has committed,
//!   and never before. A channel that is full, closed or fails gives
//!   [`Refused`](crate::protocol::Outcome::Refused), and the connection stays: senders try again. A sender whose
//!   connection breaks before its answer does not know, and sends again: at least once.
//! - The calls of one connection are put and answered in the order in which they came; what several
//!   connections send has no order.
//! - A full channel slows down all senders: the batches of all connections are put one after the other.
//! - A peer is judged before a byte of it is read, and before it counts as a connection. Who can be judged at once
//!   is; for whoever has to be asked about, nobody else waits.
//! - Bytes that are no frames, lengths beyond the limits and frames that do not end close one connection, with
//!   one line in the log.

mod config;
mod connection;
mod desk;
mod gate;
mod monitor;
mod server;
#[expect(clippy::module_inception, reason = "the source of the folder for sources")]
mod source;

pub use config::ListenConfig;
pub use monitor::SourceMonitor;
pub use source::RpcSource;
