//! Every component against a real Mosquitto, which the tests start and stop themselves.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests throughout")]

mod hostile;
mod outage;
mod proxy;
mod refusals;
mod round_trip;
mod server;
mod session;
mod topology;
