use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many events an interceptor could not treat, to be asked at any time. Clones show the same number.
#[derive(Debug, Clone, Default)]
pub struct InterceptorCount(Arc<AtomicU64>);

impl InterceptorCount {
    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, events: u64) {
        if events > 0 {
            self.0.fetch_add(events, Ordering::Relaxed);
        }
    }
}
