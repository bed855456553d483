//! [`RpcSink`]: sends to a server, whichever protocol it speaks.
//!
//! - A batch is delivered when the server has [taken](crate::protocol::Answer::Taken) each of its calls: its
//!   channels have the events.
//! - Anything else fails the delivery, and the whole batch comes again: a refusal, an error, a connection that
//!   breaks, an answer that is late. What the server had put by then, it gets twice: at least once.
//! - A call has up to [`batch_size`](ConnectConfig::batch_size) events. Let the agent take as many: then a batch
//!   is one call, which is put as a whole or not at all.
//! - Order is kept: the next call is sent when the last is answered. With
//!   [several connections](ConnectConfig::max_connections) the calls of one delivery are under way together, and
//!   may be put in any order.
//! - While the server is away, events wait in the channel; with [backups](ConnectConfig::backup) they go there.

mod client;
mod config;
mod division;
mod passed_over;
#[expect(clippy::module_inception, reason = "the sink of the folder for sinks")]
mod sink;
mod turns;

pub use config::ConnectConfig;
pub use sink::RpcSink;
