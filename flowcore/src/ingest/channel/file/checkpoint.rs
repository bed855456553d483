//! What is in the channel, in a file beside the log: a start reads only what was written after it.
//!
//! It is never needed. The log has snapshots of its own, and one that is missing, damaged, or of another log costs
//! nothing but the reading of a segment.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{Disk, Stopwatch};

use super::FileChannelError;
use super::appending::Current;
use super::frame::{Frame, HEADER, Place, u32_at, u64_at};
use super::log::Log;
use super::snapshot::Snapshot;

const NAME: &str = "flowcore.checkpoint";
const MAGIC: [u8; 8] = *b"flowcheq";
const VERSION: u32 = 1;
/// Bytes before the snapshot.
const START: usize = 40;
/// One that is longer is none.
const LONGEST: u64 = 256 << 20;

/// Where and when a [`FileChannel`](super::FileChannel) writes down what is in it, so that a start reads less of its
/// log: every 30 seconds in which something happened, and when it is dropped.
///
/// ```
/// use flowcore::ingest::Checkpoints;
/// use std::time::Duration;
///
/// let checkpoints = Checkpoints::new("checkpoint").copy_to("copy").every(Duration::from_secs(10));
/// assert_eq!(checkpoints.folder(), "checkpoint");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Checkpoints {
    folder: PathBuf,
    copy: Option<PathBuf>,
    interval: Duration,
    on_close: bool,
}

impl Checkpoints {
    /// Checkpoints in a folder, which is made if it is missing. No other channel may have it.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), copy: None, interval: Duration::from_secs(30), on_close: true }
    }

    /// Writes each a second time, into another folder. It is read when the first one is damaged.
    pub fn copy_to(mut self, folder: impl Into<PathBuf>) -> Self {
        self.copy = Some(folder.into());
        self
    }

    /// How often one is written, if something happened meanwhile.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Whether one is written by [`settle`](crate::ingest::Channel::settle), as at the end of an agent, and when
    /// the last handle on the channel is dropped: then only if the runtime goes on meanwhile.
    pub fn on_close(mut self, on_close: bool) -> Self {
        self.on_close = on_close;
        self
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.folder).chain(&self.copy)
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }
}

/// The record that a checkpoint was written after: it tells one log from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) offset: u64,
    /// Of its header.
    pub(super) checksum: u32,
}

/// A checkpoint that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) segment: u64,
    /// The end of the last record.
    pub(super) end: u64,
    tip: Tip,
    pub(super) snapshot: Snapshot,
}

impl Checkpoint {
    fn encode(segment: u64, end: u64, tip: Tip, snapshot: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(START + snapshot.len() + 4);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&tip.checksum.to_le_bytes());
        for number in [segment, end, tip.offset] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(snapshot);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
        let is_whole = content.get(..8)? == MAGIC && crc32c::crc32c(content) == u32_at(checksum, 0)?;
        if !is_whole || u32_at(content, 8)? != VERSION {
            return None;
        }
        let tip = Tip { offset: u64_at(content, 32)?, checksum: u32_at(content, 12)? };
        let snapshot = Snapshot::decode(content.get(START..)?)?;
        Some(Self { segment: u64_at(content, 16)?, end: u64_at(content, 24)?, tip, snapshot })
    }

    /// The newest one that can be read.
    pub(super) fn read(disk: &dyn Disk, checkpoints: &Checkpoints) -> Option<Self> {
        let read = |folder: &PathBuf| Self::decode(&disk.read(&folder.join(NAME), LONGEST).ok()?);
        checkpoints.folders().filter_map(read).max_by_key(|checkpoint| (checkpoint.segment, checkpoint.end))
    }

    /// Whether the log has the record that it was written after.
    pub(super) fn is_of(&self, disk: &dyn Disk, path: &Path) -> bool {
        let mut header = [0; HEADER];
        let read = disk.open(path).and_then(|mut file| file.read_at(self.tip.offset, &mut header));
        let place = Place { segment: self.segment, offset: self.tip.offset };
        let frame = Frame::decode(&header, place);
        read.is_ok_and(|count| count == HEADER)
            && u32_at(&header, HEADER - 4) == Some(self.tip.checksum)
            && frame.is_some_and(|frame| self.tip.offset.checked_add(frame.size()) == Some(self.end))
    }
}

/// What a log knows of its checkpoints.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) checkpoints: Checkpoints,
    pub(super) last: Stopwatch,
    /// Something happened since the last one.
    pub(super) is_dirty: bool,
}

/// Copies of a checkpoint that could not be written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unwritten {
    pub(super) first: u64,
    pub(super) copy: u64,
}

impl Log {
    /// Whether a checkpoint is to be written after a while.
    pub(super) fn owes_a_checkpoint(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.is_dirty)
    }

    /// Writes one if it is time, or if the channel `has_ended` and one is asked for then.
    pub(super) fn checkpoint_if_due(&mut self, has_ended: bool) -> Unwritten {
        let is_due = |kept: &Kept| {
            let is_time = kept.last.elapsed() >= kept.checkpoints.interval;
            kept.is_dirty && (is_time || (has_ended && kept.checkpoints.on_close))
        };
        if !self.kept.as_ref().is_some_and(is_due) {
            return Unwritten::default();
        }
        let unwritten = self.write_checkpoint();
        let now = self.settings.clock.stopwatch();
        if let Some(kept) = &mut self.kept {
            (kept.last, kept.is_dirty) = (now, false);
        }
        unwritten
    }

    fn write_checkpoint(&mut self) -> Unwritten {
        // It speaks of what is on disk.
        if self.sync().is_err() {
            return Unwritten { first: 1, copy: 0 };
        }
        let Some(Current { id, offset, tip: Some(tip), .. }) = &self.current else {
            return Unwritten::default();
        };
        let snapshot = Snapshot::encode(self.next, &self.taken, &self.segments);
        let bytes = Checkpoint::encode(*id, *offset, *tip, &snapshot);
        let mut unwritten = Unwritten::default();
        for (at, folder) in self.kept.iter().flat_map(|kept| kept.checkpoints.folders()).enumerate() {
            let path = folder.join(NAME);
            if let Err(cause) = self.settings.disk.replace(&path, &bytes) {
                let error = FileChannelError::disk(path, cause);
                tracing::warn!(%error, "a checkpoint is not written: the next start reads more");
                *(if at == 0 { &mut unwritten.first } else { &mut unwritten.copy }) += 1;
            }
        }
        unwritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_and_no_flipped_bit_goes_unnoticed() {
        let snapshot = Snapshot { next: 9, ..Snapshot::default() };
        let tip = Tip { offset: 64, checksum: 7 };
        let bytes = Checkpoint::encode(3, 640, tip, &Snapshot::encode(9, &snapshot.taken, &[]));
        let read = Checkpoint { segment: 3, end: 640, tip, snapshot };
        assert_eq!(Checkpoint::decode(&bytes), Some(read));
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Checkpoint::decode(&bytes), None, "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert_eq!(Checkpoint::decode(&bytes[..cut]), None, "{cut}");
        }
    }
}
