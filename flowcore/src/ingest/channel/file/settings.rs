use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::checkpoint::Checkpoints;
use super::encryption::Keys;
use crate::base::{Clock, Disk};
use crate::ingest::metrics::Counters;

/// When what was committed is forced to the disk, and so what a crash can lose.
///
/// A crash of the process alone loses nothing that was committed, under any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncPolicy {
    /// Before a commit returns and its token is acknowledged; commits that wait at the same time share one
    /// sync. A crash of the machine loses nothing that was committed.
    #[default]
    EachCommit,
    /// After this time at the latest. A crash of the machine loses what was committed in it.
    Interval(Duration),
    /// Whenever the system likes. A crash of the machine loses what was committed in the last half minute or
    /// so, and may leave gaps before it, which are found and counted.
    Never,
}

/// How a log is kept.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folders: Vec<PathBuf>,
    pub(super) segment: u64,
    pub(super) least_free: u64,
    pub(super) sync: SyncPolicy,
    pub(super) strict: bool,
    pub(super) keys: Keys,
    pub(super) checkpoints: Option<Checkpoints>,
    pub(super) counters: Counters,
    pub(super) clock: Clock,
}

impl Settings {
    /// Whether a log that is kept by these is kept as by `other`, where it is kept the same.
    pub(super) fn keep_as(&self, other: &Self) -> bool {
        let of = |of: &Self| (of.folders.clone(), of.segment, of.least_free, of.sync, of.strict);
        of(self) == of(other) && self.keys == other.keys && self.checkpoints == other.checkpoints
    }

    /// Puts leave this much of a segment to records of takes.
    pub(super) fn reserve(&self) -> u64 {
        (self.segment / 8).min(64 << 10)
    }
}
