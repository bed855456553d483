//! The source and the sink over real sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests throughout")]

mod agent;
mod certificate;
mod client;
mod flume;
mod hostile;
mod sink;
mod source;
mod tls;
mod wire;
