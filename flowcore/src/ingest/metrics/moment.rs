use std::sync::atomic::{AtomicI64, Ordering};

use crate::base::Timestamp;

/// When something happened the last time.
#[derive(Debug)]
pub(crate) struct Moment(AtomicI64);

const NEVER: i64 = i64::MIN;

impl Moment {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_millis(), Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<Timestamp> {
        let millis = self.0.load(Ordering::Relaxed);
        (millis != NEVER).then(|| Timestamp::from_millis(millis))
    }
}

impl Default for Moment {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}
