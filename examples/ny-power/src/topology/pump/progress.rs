use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::stamp::Stamp;

/// How far the pump is. Whoever wants to know may look at any time.
#[derive(Debug, Default)]
pub struct PumpProgress {
    intervals: AtomicU64,
    refused: AtomicU64,
    without_value: AtomicU64,
    latest: Mutex<Option<(Stamp, f64)>>,
    published_before: Mutex<Option<Stamp>>,
}

impl PumpProgress {
    /// Intervals that were handed to the broker's connection, those that are tried again with them.
    pub fn intervals(&self) -> u64 {
        self.intervals.load(Ordering::Relaxed)
    }

    /// Input that was left out, since the pump started.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Intervals in which the grid gave nothing: they have no intensity, and are not published.
    pub fn without_value(&self) -> u64 {
        self.without_value.load(Ordering::Relaxed)
    }

    /// The last interval, with its intensity in g / kWh.
    pub fn latest(&self) -> Option<(Stamp, f64)> {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last interval that was published before the pump started, as the status says it.
    pub fn published_before(&self) -> Option<Stamp> {
        *self.published_before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn resume(&self, last: Option<Stamp>) {
        *self.published_before.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    /// Returns which refusal it is.
    pub(super) fn refuse(&self) -> u64 {
        self.refused.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn publish(&self, stamp: Stamp, g_per_kwh: f64) {
        self.intervals.fetch_add(1, Ordering::Relaxed);
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, g_per_kwh));
    }

    pub(super) fn skip(&self) {
        self.without_value.fetch_add(1, Ordering::Relaxed);
    }
}
