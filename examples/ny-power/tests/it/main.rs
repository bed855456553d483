//! The parts of `ny-power` together.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by a panic")]

mod archive;
mod broker;
mod deploy;
mod http;
mod input;
mod live;
mod program;
mod web;
