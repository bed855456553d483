//! What the benches have in common: two worker threads, as many as the smallest machine has, one allocator,
//! and the sentences.

use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The sentences of word counts.
pub const SENTENCES: [&str; 5] = [
    "the cow jumped over the moon",
    "an apple a day keeps the doctor away",
    "four score and seven years ago",
    "snow white and the seven dwarfs",
    "i am at two with nature",
];

/// A runtime with two worker threads.
///
/// # Panics
/// When there are no threads to be had.
#[expect(clippy::expect_used, reason = "a bench cannot go on without a runtime")]
pub fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("two worker threads")
}
