use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what was lost. Clones show the same count.
#[derive(Debug, Clone, Default)]
pub struct LostEvents(Arc<AtomicU64>);

impl LostEvents {
    /// How many so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more, without a word.
    pub(crate) fn count_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, source: &str, events: usize) {
        let before = self.0.fetch_add(events as u64, Ordering::Relaxed);
        let lost = before + events as u64;
        // When it doubles: often enough to be seen, never a flood.
        if before == 0 || lost.ilog2() > before.ilog2() {
            tracing::warn!(%source, lost, "events are lost: the channel is full");
        }
    }
}
