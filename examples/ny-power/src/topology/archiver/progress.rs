use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::sync::watch;

/// How far the archiver is. Whoever wants to know may look at any time.
#[derive(Debug)]
pub struct ArchiverProgress {
    points: AtomicU64,
    refused: AtomicU64,
    window: watch::Sender<Option<Timestamp>>,
    subscribed: watch::Sender<bool>,
}

impl Default for ArchiverProgress {
    fn default() -> Self {
        Self {
            points: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            window: watch::Sender::new(None),
            subscribed: watch::Sender::new(false),
        }
    }
}

impl ArchiverProgress {
    /// Points that were stored, those stored again with them.
    pub fn points(&self) -> u64 {
        self.points.load(Ordering::Relaxed)
    }

    /// Messages that are no points, and points that the archive does not keep.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The end of the latest window: the last instant whose intensity is kept.
    pub fn window_end(&self) -> Option<Timestamp> {
        *self.window.borrow()
    }

    /// Waits until the intensity of this instant is kept. Safe to cancel.
    pub async fn reached(&self, at: Timestamp) {
        // The sender lives as long as this.
        let _ = self.window.subscribe().wait_for(|end| end.is_some_and(|end| end >= at)).await;
    }

    /// Waits until the broker knows of it: what is published from then on is kept. Safe to cancel.
    pub async fn subscribed(&self) {
        // The sender lives as long as this.
        let _ = self.subscribed.subscribe().wait_for(|subscribed| *subscribed).await;
    }

    pub(super) fn subscribe(&self) {
        self.subscribed.send_replace(true);
    }

    pub(super) fn store(&self, points: usize, window_end: Option<Timestamp>) {
        self.points.fetch_add(points as u64, Ordering::Relaxed);
        self.window.send_if_modified(|end| {
            let later = window_end > *end;
            *end = window_end.max(*end);
            later
        });
    }

    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}
