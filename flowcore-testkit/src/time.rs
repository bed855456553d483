use std::future::Future;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};

/// When a simulation starts: 2014-09-28T12:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_411_905_600_000);

/// Runs `test` on one thread, with a clock that starts at [`START`] and jumps to the next timer whenever
/// nobody is busy: a test of an hour takes no time.
///
/// # Panics
/// When the runtime cannot be made.
#[expect(clippy::expect_used, reason = "a test cannot go on without a runtime")]
pub fn simulate<F: Future>(test: impl FnOnce(Clock) -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime on this thread");
    runtime.block_on(async { test(Clock::starting_at(START)).await })
}

/// Inside [`simulate`]: returns when every task waits for time or input. A millisecond passes.
pub async fn run_until_idle() {
    Clock::system().sleep(Duration::from_millis(1)).await;
}
