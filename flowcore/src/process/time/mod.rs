//! Event time: timestamps from the tuples, watermarks, and who holds them back.
//!
//! A *watermark* says that no tuple with an earlier timestamp is expected any more. Each task that sends a
//! stream with event time makes one of what it sends ([`EventTime`]); it travels in the mailboxes behind the
//! tuples that it follows; each task that reads merges those of all senders: the smallest counts.
//!
//! What decides is pure: `Generator` makes a watermark of timestamps, `Progress` merges. The engine only
//! carries them.
#![expect(dead_code, unused_imports, reason = "the engine carries no watermarks yet")]

mod event_time;
mod generator;
#[cfg(test)]
mod generator_model;
mod observer;
mod progress;
#[cfg(test)]
mod progress_model;

pub use event_time::{EventTime, TimestampOf};

pub(crate) use generator::{Generator, Seen};
pub(crate) use observer::{Observer, Unread};
pub(crate) use progress::{Input, Progress};

use crate::base::Timestamp;

/// What a sender says about its event time, in band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// No tuple with an earlier timestamp is expected from it. `None` as long as it cannot say;
    /// [`Timestamp::MAX`] when its input has come to its end. It only grows.
    pub(crate) watermark: Option<Timestamp>,
    /// It has had nothing to send for so long that it does not want to hold back others.
    pub(crate) idle: bool,
}

impl Mark {
    /// The input has come to its end.
    pub(crate) const END: Self = Self { watermark: Some(Timestamp::MAX), idle: false };

    /// The same or a later watermark.
    pub(crate) fn raised_to(self, watermark: Option<Timestamp>, idle: bool) -> Self {
        Self { watermark: self.watermark.max(watermark), idle }
    }

    pub(crate) fn is_end(self) -> bool {
        self.watermark == Some(Timestamp::MAX)
    }
}

/// The latest watermark of an input that has not come to its end.
pub(crate) const LATEST: Timestamp = Timestamp::from_millis(i64::MAX - 1);
