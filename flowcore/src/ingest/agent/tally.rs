use std::sync::Arc;

use tokio::sync::watch;

/// Counts components that are in some state, and tells when none is.
#[derive(Debug, Clone)]
pub(super) struct Tally(Arc<watch::Sender<usize>>);

/// One component in that state, until it is dropped.
#[derive(Debug)]
pub(super) struct Counted(Arc<watch::Sender<usize>>);

impl Tally {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn count(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.0.clone())
    }

    /// Waits until it is zero.
    pub(super) async fn zero(&self) {
        // The sender is held here: it cannot go away.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Waits until all of them are zero.
    pub(super) async fn all_zero(tallies: Vec<Self>) {
        for tally in tallies {
            tally.zero().await;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
