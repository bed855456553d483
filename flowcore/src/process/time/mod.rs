//! Event time: timestamps from the tuples, watermarks, and who holds them back.
//!
//! A *watermark* says that no tuple with an earlier timestamp is expected any more. Each task that sends a
//! stream with event time makes one of what it sends ([`EventTime`]); it travels in the mailboxes behind the
//! tuples that it follows; each task that reads merges those of all senders: the smallest counts.
//!
//! What decides is pure: `Generator` makes a watermark of timestamps, `Progress` merges. The engine only
//! carries them.

mod board;
mod event_time;
mod generator;
#[cfg(test)]
mod generator_model;
mod mark;
mod observer;
mod progress;
#[cfg(test)]
mod progress_model;
mod task_watermark;

pub use event_time::{EventTime, TimestampOf};
pub use task_watermark::TaskWatermark;

pub(crate) use board::{Board, Cell, Generated, Merged};
pub(crate) use generator::Generator;
pub(crate) use mark::Mark;
pub(crate) use observer::{Observer, Unread};
pub(crate) use progress::{Input, Progress};

use crate::base::Timestamp;

/// The latest watermark of an input that has not come to its end.
pub(crate) const LATEST: Timestamp = Timestamp::from_millis(i64::MAX - 1);
