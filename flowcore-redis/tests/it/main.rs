//! Every component against real servers, which the tests start and stop themselves.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod hash;
mod list_sink;
mod list_source;
mod outage;
mod proxy;
mod pub_sub;
mod refusals;
mod server;
mod settle_with;
mod stream;
mod ten_seconds;
mod topology;
