use loom::sync::atomic::{AtomicUsize, Ordering};

/// Where another thread may come first.
#[derive(Debug, Default)]
pub(super) struct Step(AtomicUsize);

impl Step {
    pub(super) fn take(&self) {
        // A change, so that loom tries the steps in both orders.
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
