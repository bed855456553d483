use std::time::Duration;

use super::latency::Histogram;
use crate::base::Timestamp;
use crate::base::sync::{AtomicI64, AtomicU64, Ordering};

/// What a task counts. Written by batch, read by snapshots.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) executed: Count,
    pub(crate) emitted: Count,
    pub(crate) acked: Count,
    pub(crate) failed: Count,
    pub(crate) replayed: Count,
    pub(crate) dead: Count,
    pub(crate) lost: Count,
    pub(crate) hung: Count,
    pub(crate) restarts: Count,
    /// What the log of events was told of the task, throttled or not.
    pub(crate) troubles: Count,
    /// For a spout: nanoseconds in which it was not asked, because it was paused or had enough under way.
    pub(crate) paused: Count,
    pub(crate) at_max_pending: Count,
    /// Tuples that windows put aside.
    pub(crate) late: Count,
    /// Tuples whose timestamp was too far ahead.
    pub(crate) ahead: Count,
    /// Nanoseconds spent executing.
    pub(crate) busy: Count,
    pub(crate) latency: Histogram,
    /// When, by the topology's clock, the batch came that is executed or was executed last.
    pub(crate) began: Instant,
    /// Tuples in the mailbox; for a spout, tuples under way.
    pub(crate) waiting: Level,
    /// For a spout that has ended: tuples that are not settled.
    pub(crate) unsettled: Level,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, count: u64) {
        if count > 0 {
            self.0.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(crate) fn add_nanos(&self, time: Duration) {
        self.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn nanos(&self) -> Duration {
        Duration::from_nanos(self.get())
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An instant that one side writes and another reads.
#[derive(Debug, Default)]
pub(crate) struct Instant(AtomicI64);

impl Instant {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_millis(), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Goes up on one side and down on the other: for a moment it may be seen below zero.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicI64);

impl Level {
    pub(crate) fn raise(&self, by: usize) {
        self.0.fetch_add(i64::try_from(by).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn lower(&self, by: usize) {
        self.0.fetch_sub(i64::try_from(by).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn set(&self, to: usize) {
        self.0.store(i64::try_from(to).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0)
    }
}
