//! The sources against real sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod drive;
mod http;
mod netcat;
mod netcat_udp;
mod syslog;
