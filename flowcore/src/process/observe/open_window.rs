use std::fmt;

use serde::{Deserialize, Serialize};

use super::readable::{Readable, Utc};
use crate::base::Timestamp;

/// A window that holds something and has not closed, as its bolt tells it.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::observe::OpenWindow;
///
/// let at = Timestamp::from_millis;
/// let window = OpenWindow::in_event_time(at(0), at(60_000)).tuples(3).keys(2, ["espresso"]);
/// assert!(window.to_string().contains("3 tuples of 2 keys (espresso, …)"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWindow {
    /// Which one.
    pub bounds: WindowBounds,
    /// How many tuples are in it, late ones included.
    pub tuples: u64,
    /// How many keys, where it has keys.
    pub keys: Option<u64>,
    /// Some of its keys.
    pub key_sample: Vec<String>,
    /// When, by the clock, its first tuple came, where that is known.
    pub opened: Option<Timestamp>,
    /// What closes it.
    pub closes: Closes,
    /// Whether its result has been given out: then it stays open for late tuples alone.
    pub fired: bool,
}

/// Where a window begins, and before what it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WindowBounds {
    /// In time: of the clock or of events.
    Time {
        /// The first instant in it.
        start: Timestamp,
        /// The first instant after it.
        end: Timestamp,
    },
    /// In tuples of its task, counted from 0.
    Tuples {
        /// The first tuple in it.
        start: u64,
        /// The first tuple after it.
        end: u64,
    },
}

/// What closes a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Closes {
    /// The clock, when it shows this.
    Clock(Timestamp),
    /// The watermark, when it has come so far.
    Watermark(Timestamp),
    /// So many more tuples.
    Tuples(u64),
}

impl OpenWindow {
    /// How many keys of a window are named.
    pub const KEY_SAMPLE: usize = 5;

    /// A window that the clock closes at its end.
    pub fn in_clock_time(start: Timestamp, end: Timestamp) -> Self {
        Self::new(WindowBounds::Time { start, end }, Closes::Clock(end))
    }

    /// A window that closes when the watermark has come to its end.
    pub fn in_event_time(start: Timestamp, end: Timestamp) -> Self {
        Self::new(WindowBounds::Time { start, end }, Closes::Watermark(end))
    }

    /// A window that closes with the tuple before `end`, of which `arrived` have come.
    pub fn of_tuples(start: u64, end: u64, arrived: u64) -> Self {
        Self::new(WindowBounds::Tuples { start, end }, Closes::Tuples(end.saturating_sub(arrived)))
    }

    fn new(bounds: WindowBounds, closes: Closes) -> Self {
        Self { bounds, tuples: 0, keys: None, key_sample: Vec::new(), opened: None, closes, fired: false }
    }

    /// How many tuples are in it.
    #[must_use]
    pub fn tuples(mut self, tuples: u64) -> Self {
        self.tuples = tuples;
        self
    }

    /// How many keys it has, and some of them: the first [`KEY_SAMPLE`](Self::KEY_SAMPLE) are named.
    #[must_use]
    pub fn keys<K: fmt::Display>(mut self, keys: u64, sample: impl IntoIterator<Item = K>) -> Self {
        self.keys = Some(keys);
        self.key_sample = sample.into_iter().take(Self::KEY_SAMPLE).map(|key| key.to_string()).collect();
        self
    }

    /// When its first tuple came.
    #[must_use]
    pub fn opened(mut self, at: Timestamp) -> Self {
        self.opened = Some(at);
        self
    }

    /// What closes it, where that is not its end: it waits for late tuples.
    #[must_use]
    pub fn closes(mut self, closes: Closes) -> Self {
        self.closes = closes;
        self
    }

    /// Its result was given out already.
    #[must_use]
    pub fn fired(mut self) -> Self {
        self.fired = true;
        self
    }
}

impl fmt::Display for WindowBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { start, end } => write!(f, "window from {} to {}", Utc(*start), Utc(*end)),
            Self::Tuples { start, end } => write!(f, "window of tuples {start} to {}", end.saturating_sub(1)),
        }
    }
}

impl fmt::Display for OpenWindow {
    /// Which window, and what it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n| if n == 1 { "" } else { "s" };
        write!(f, "{}: {} tuple{}", self.bounds, self.tuples, plural(self.tuples))?;
        if let Some(keys) = self.keys {
            write!(f, " of {keys} key{}", plural(keys))?;
        }
        if !self.key_sample.is_empty() {
            let more = self.keys.is_some_and(|keys| keys > self.key_sample.len() as u64);
            write!(f, " ({}{})", self.key_sample.join(", "), if more { ", …" } else { "" })?;
        }
        if let Some(opened) = self.opened {
            write!(f, ", the first at {}", Utc(opened))?;
        }
        if self.fired { f.write_str("; its result was given out, it waits for late ones") } else { Ok(()) }
    }
}

impl Closes {
    /// What closes it, told at an instant of the clock and with a watermark.
    pub(super) fn told_at(self, now: Timestamp, watermark: Option<Timestamp>) -> impl fmt::Display {
        fmt::from_fn(move |f| match (self, watermark) {
            (Self::Clock(at), _) if at > now => {
                write!(f, "the clock closes it at {}, in {}", Utc(at), Readable(at.since(now)))
            }
            (Self::Clock(at), _) => {
                let late = Readable(now.since(at));
                write!(f, "the clock closes it; it was due at {}, {late} ago", Utc(at))
            }
            (Self::Watermark(at), None) => {
                write!(f, "it closes when the watermark is at {}; there is no watermark yet", Utc(at))
            }
            (Self::Watermark(at), Some(stands)) if stands < at => {
                let missing = Readable(at.since(stands));
                write!(f, "it closes when the watermark, at {}, is at {}: ", Utc(stands), Utc(at))?;
                write!(f, "{missing} are missing")
            }
            (Self::Watermark(at), Some(_)) => {
                write!(f, "the watermark has passed {}: it is about to close", Utc(at))
            }
            (Self::Tuples(1), _) => f.write_str("one more tuple closes it, or the end of the input"),
            (Self::Tuples(more), _) => {
                write!(f, "{more} more tuples close it, or the end of the input; no clock does")
            }
        })
    }
}
