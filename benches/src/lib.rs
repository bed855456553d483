//! What is measured, and what it is measured against where that is a loop or a channel of our own. The
//! programs of others are in `peers/`. Two worker threads, as many as the smallest machine has, one allocator.

pub mod agents;
pub mod chain;
pub mod coffee;
pub mod event_time;
pub mod file_channel;
pub mod hop;
pub mod idle;
pub mod keys;
pub mod latency;
pub mod mqtt;
pub mod ny_power;
pub mod order;
pub mod redis_list;
pub mod slow_bolt;
pub mod spout;
pub mod tail;
pub mod word_count;
pub mod words;

use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many threads work.
pub const WORKERS: usize = 2;

/// What stopped a run, or what was wrong with its result.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A run that did other work than it was to do.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {found} instead of {expected}")]
pub struct WrongResult {
    /// What was counted.
    pub what: &'static str,
    /// What it should be.
    pub expected: u64,
    /// What it is.
    pub found: u64,
}

/// Checks a run's result.
///
/// # Errors
/// [`WrongResult`] when `found` is not `expected`.
pub fn check(what: &'static str, expected: u64, found: u64) -> Result<(), WrongResult> {
    if found == expected { Ok(()) } else { Err(WrongResult { what, expected, found }) }
}

/// A runtime with [`WORKERS`] threads.
///
/// # Errors
/// When there are no threads to be had.
pub fn two_workers() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()
}
