use std::time::Duration;

use crate::base::Timestamp;
use crate::process::window::axis::sealed::{Axis, FARTHEST};

/// When windows give results, and how much they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long after its end a window is kept, in milliseconds of event time.
    pub(super) lateness: i64,
    pub(super) early_every: Option<Duration>,
    pub(super) early_tuples: Option<u64>,
    /// How long corrections are collected; each late tuple gives one if it is zero.
    pub(super) late_every: Duration,
    pub(super) discarding: bool,
    pub(super) max_ahead: Option<Duration>,
    pub(super) max_kept: usize,
    pub(super) max_entries: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            lateness: 0,
            early_every: None,
            early_tuples: None,
            late_every: Duration::ZERO,
            discarding: false,
            max_ahead: None,
            max_kept: 10_000_000,
            max_entries: 1_000_000,
        }
    }
}

impl Rules {
    /// Whether it has to be known what windows have not shown yet.
    #[inline]
    pub(super) fn shows_early(&self) -> bool {
        self.early_every.is_some() || self.early_tuples.is_some()
    }

    /// Whether what a window held is still there after its result.
    pub(super) fn keeps_fired(&self) -> bool {
        self.lateness > 0 && !self.discarding
    }
}

/// What all windows of a task hold, against the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// Tuples whose acknowledgement waits for a result.
    pub(super) tuples: usize,
    pub(super) entries: usize,
}

/// How far time may be from 1970, so that sums with it do not overflow.
pub(super) const BEGINNING: i64 = i64::MIN / 2;

/// Where a tuple lies.
#[inline]
pub(in crate::process::window) fn position(at: Timestamp) -> i64 {
    <Timestamp as Axis>::position(at, 0)
}

/// How far the watermark is: its end is behind all windows.
pub(super) fn progress(watermark: Timestamp) -> i64 {
    watermark.as_millis().clamp(BEGINNING, -BEGINNING)
}

/// Milliseconds, rounded up.
pub(super) fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis).unwrap_or(FARTHEST).min(FARTHEST)
}
