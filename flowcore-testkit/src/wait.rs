use std::time::Duration;

use flowcore::base::Clock;

/// Machines are busy: what is waited for has so long.
const DEADLINE: Duration = Duration::from_mins(1);

/// What `future` gives: whatever a test waits for is there after a minute.
///
/// # Panics
/// When it is not.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("it happens within a minute")
}

/// Asks until it is so.
///
/// # Panics
/// When it is not after a minute.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    within(async {
        while !holds().await {
            pause(5).await;
        }
    })
    .await;
}

/// Lets a real server have some time.
pub async fn pause(millis: u64) {
    Clock::system().sleep(Duration::from_millis(millis)).await;
}
