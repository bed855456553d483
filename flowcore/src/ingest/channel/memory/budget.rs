use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Bytes that several channels have together. A channel takes its share when a put gets its room, and gives it
/// back when the events are gone, or with itself. Clones are the same budget.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    used: AtomicUsize,
    freed: Notify,
}

impl ByteBudget {
    /// One of so many bytes, of which all are free.
    pub fn new(bytes: usize) -> Self {
        Self { shared: Arc::new(Shared { limit: bytes, used: AtomicUsize::new(0), freed: Notify::new() }) }
    }

    /// How many bytes there are in all.
    pub fn limit(&self) -> usize {
        self.shared.limit
    }

    /// How many bytes are in use: more than there are when a channel came to it that held more.
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// Whether so many bytes were there, and are the caller's now.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.shared.limit);
        self.shared.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// So many bytes are the caller's, whether they were there or not.
    pub(super) fn force(&self, bytes: usize) {
        self.shared.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.shared.used.fetch_sub(bytes, Ordering::Relaxed);
            self.shared.freed.notify_waiters();
        }
    }

    /// Waits until bytes are given back after this call.
    pub(super) fn freed(&self) -> Notified<'_> {
        self.shared.freed.notified()
    }
}
