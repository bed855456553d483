//! The sources and the sink against real sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod drive;
mod http;
mod http_sink;
mod netcat;
mod netcat_udp;
mod syslog;
