use std::path::PathBuf;

use super::FileChannelError;

/// A part of a segment that could not be read, though its events were committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where it begins.
    pub offset: u64,
    /// How many events it had that were not taken yet.
    pub events: u64,
}

/// How a file channel is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileChannelStatus {
    /// Whether puts wait because the disk is full, or nearly.
    pub disk_full: bool,
    /// Committed events that could not be read, since it was opened.
    pub lost_events: u64,
    /// Where they were: the first 100 places.
    pub damage: Vec<Damage>,
    /// Bytes behind the last whole record, found when it was opened: puts that a crash cut short.
    pub torn_bytes: u64,
    /// Bytes of segments that were read through when it was opened.
    pub scanned_bytes: u64,
    /// Segments that cannot be read now: their events wait, and others go before them.
    pub unreadable: usize,
    /// Checkpoints that could not be written.
    pub checkpoint_errors: u64,
    /// Copies of checkpoints that could not be written.
    pub checkpoint_copy_errors: u64,
    /// Files with events in them, and the one that is written to.
    pub segments: usize,
}

const PLACES: usize = 100;

impl FileChannelStatus {
    /// Puts wait from now on.
    pub(super) fn fill_disk(&mut self, channel: &str, error: &FileChannelError) {
        if !std::mem::replace(&mut self.disk_full, true) {
            let error = error as &(dyn std::error::Error + 'static);
            tracing::warn!(channel, error, "the disk is full: puts wait");
        }
    }

    /// Puts go on.
    pub(super) fn empty_disk(&mut self, channel: &str) {
        if std::mem::take(&mut self.disk_full) {
            tracing::info!(channel, "there is room on the disk again");
        }
    }

    pub(super) fn add(&mut self, channel: &str, damage: Damage) {
        let Damage { path, offset, events } = &damage;
        tracing::error!(channel, path = %path.display(), offset, events, "a segment is damaged, its events are lost");
        self.lost_events += damage.events;
        if self.damage.len() < PLACES {
            self.damage.push(damage);
        }
    }
}
