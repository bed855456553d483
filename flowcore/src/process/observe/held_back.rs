use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::readable::{Readable, Utc};
use crate::base::Timestamp;

/// Who keeps a watermark from advancing, why, and when that will end by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    /// The component whose tuples are waited for.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// Which of its partitions, where it has any.
    pub partition: Option<String>,
    /// The watermark that it stands at. `None` while it has said nothing.
    pub watermark: Option<Timestamp>,
    /// Since when, by the clock, it stands there.
    pub since: Timestamp,
    /// Why.
    pub reason: HeldBackReason,
    /// When, by the clock, it will count as idle if nothing comes, and hold nothing back any more. `None` if
    /// that will not happen.
    pub idle_at: Option<Timestamp>,
}

/// Why a watermark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HeldBackReason {
    /// No tuple has come from there yet.
    NothingYet,
    /// What has come from there is older than what has come from elsewhere.
    Behind,
    /// Older tuples are under way, or failed and are to be sent again: the watermark waits for them.
    UnderWay,
    /// All senders are idle. This one has come the furthest.
    AllIdle,
}

impl HeldBack {
    /// The same, told at an instant of the clock.
    pub(super) fn told_at(&self, now: Timestamp) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            write!(f, "{}, task {}", self.component, self.task)?;
            if let Some(partition) = &self.partition {
                write!(f, ", partition {partition}")?;
            }
            let stands = Readable(now.since(self.since));
            match (self.reason, self.watermark) {
                (HeldBackReason::NothingYet, _) => write!(f, ": no tuple has come yet, for {stands}")?,
                (HeldBackReason::UnderWay, _) => {
                    write!(f, ": older tuples are under way or wait to be sent again, for {stands}")?;
                }
                (HeldBackReason::Behind, Some(at)) => {
                    write!(f, ": its watermark has stood at {} for {stands}", Utc(at))?;
                }
                (HeldBackReason::AllIdle, _) => write!(f, ": all senders are idle, for {stands}")?,
                (HeldBackReason::Behind, None) => write!(f, ": it is behind, for {stands}")?,
            }
            self.how_it_ends(now, f)
        })
    }

    fn how_it_ends(&self, now: Timestamp, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.idle_at, self.reason) {
            (Some(idle), _) if idle > now => {
                write!(f, "; unless one comes, it counts as idle in {}", Readable(idle.since(now)))
            }
            (Some(_), _) => f.write_str("; it is about to count as idle"),
            (None, HeldBackReason::UnderWay) => f.write_str("; they have to be done or given up"),
            (None, HeldBackReason::AllIdle) => f.write_str("; a tuple has to come, or their end"),
            (None, _) => f.write_str("; it never counts as idle: a later tuple has to come, or its end"),
        }
    }
}

impl fmt::Display for HeldBack {
    /// Told at the instant since when it holds back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told_at(self.since).fmt(f)
    }
}
