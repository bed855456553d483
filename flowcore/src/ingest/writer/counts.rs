use std::sync::atomic::{AtomicU64, Ordering};

use crate::ingest::metrics::{DelayHistogram, Moment};

/// What became of the events that a source put; the writer counts, snapshots read.
#[derive(Debug, Default)]
pub(crate) struct WriteCounts {
    written: AtomicU64,
    unrouted: AtomicU64,
    not_taken: AtomicU64,
    /// A batch, through interceptors and selector into its channels.
    pub(crate) delays: DelayHistogram,
    pub(crate) last_success: Moment,
}

impl WriteCounts {
    /// Events that went to at least one channel, or were offered to one.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Events that the selector sent nowhere.
    pub(crate) fn unrouted(&self) -> u64 {
        self.unrouted.load(Ordering::Relaxed)
    }

    /// Events that an optional channel did not take, counted for each such channel.
    pub(crate) fn not_taken(&self) -> u64 {
        self.not_taken.load(Ordering::Relaxed)
    }

    pub(super) fn put(&self, events: u64, unrouted: u64, not_taken: u64) {
        self.written.fetch_add(events.saturating_sub(unrouted), Ordering::Relaxed);
        self.unrouted.fetch_add(unrouted, Ordering::Relaxed);
        self.not_taken.fetch_add(not_taken, Ordering::Relaxed);
    }
}
