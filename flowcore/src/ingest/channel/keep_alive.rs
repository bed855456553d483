use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::base::Clock;
use crate::ingest::PutErrorKind;

/// How long a put waits for room. It may be changed meanwhile: those that wait already keep theirs.
#[derive(Debug)]
pub(super) struct KeepAlive {
    millis: AtomicU64,
}

impl KeepAlive {
    pub(super) fn new(time: Duration) -> Self {
        Self { millis: AtomicU64::new(millis(time)) }
    }

    pub(super) fn set(&self, time: Duration) {
        self.millis.store(millis(time), Ordering::Relaxed);
    }

    /// What `reserving` gives, or that it was full for so long.
    pub(super) async fn bound(
        &self,
        clock: &Clock,
        reserving: impl Future<Output = Result<(), PutErrorKind>>,
    ) -> Result<(), PutErrorKind> {
        let time = Duration::from_millis(self.millis.load(Ordering::Relaxed));
        tokio::select! {
            biased;
            reserved = reserving => reserved,
            () = clock.sleep(time) => Err(PutErrorKind::Full),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
