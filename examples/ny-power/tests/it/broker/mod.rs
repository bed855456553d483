//! The broker inside the program, with clients of others; where it says so, a real Mosquitto beside it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

mod access;
mod client;
mod crash;
mod crowd;
mod hostile;
mod quality;
mod restart;
pub(crate) mod running;
mod session;
mod site;
pub(crate) mod tool;
mod version_5;
mod websocket;
