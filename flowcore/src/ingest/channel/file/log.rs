use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::Stopwatch;

use super::FileChannelError;
use super::appending::{Appending, Current};
use super::checkpoint::Kept;
use super::encoded::Encoded;
use super::frame::Kind;
use super::segment::{START, Segment};
use super::sequences::SequenceSet;
use super::settings::{Settings, SyncPolicy};
use super::snapshot::{Snapshot, encode_takes};

/// Where the records of some events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) segment: u64,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A put that was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) first: u64,
    pub(super) span: Span,
}

/// The writing end of the segments.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) settings: Settings,
    pub(super) current: Option<Current>,
    /// In the order of their ids, which is that of their events.
    pub(super) segments: Vec<Segment>,
    /// Files for later segments: the folder and the path.
    pub(super) spares: Vec<(usize, PathBuf)>,
    pub(super) next_segment: u64,
    pub(super) next_folder: usize,
    /// The sequence number of the next event.
    pub(super) next: u64,
    pub(super) taken: SequenceSet,
    /// Takes that no record has yet.
    pub(super) unrecorded: SequenceSet,
    pub(super) last_sync: Stopwatch,
    pub(super) buffer: Vec<u8>,
    /// `None`: nobody asked for checkpoints.
    pub(super) kept: Option<Kept>,
}

/// What an append makes true, once it has succeeded.
#[derive(Debug)]
struct Draft {
    written: Vec<Written>,
    next: u64,
    weight: u64,
    records_takes: bool,
}

impl Log {
    /// Notes that events were taken. It is recorded with the next [`append`](Self::append).
    pub(super) fn take(&mut self, range: Range<u64>) {
        self.taken.insert(range.clone());
        self.unrecorded.insert(range);
        self.is_dirty();
    }

    /// Gives up the sequence numbers of puts that could not be written: some may be on disk all the same.
    pub(super) fn give_up(&mut self, events: u64) -> Range<u64> {
        let range = self.next..self.next + events;
        self.take(range.clone());
        self.next = range.end;
        range
    }

    /// Writes what was taken, and as many of `puts` as one segment has room for, at least one; syncs as the
    /// policy says, and lets go of segments that all was taken from. Returns where the puts are.
    ///
    /// # Errors
    /// None of the puts is in the log. After [`FileChannelError::Full`] the next call tries the same again; if
    /// something was written already, or after another error, in a new segment.
    pub(super) fn append(&mut self, puts: &[&Encoded]) -> Result<Vec<Written>, FileChannelError> {
        let frees = self.frees();
        if !self.has_room(puts.first().copied(), frees) {
            self.roll_for(puts.first().map_or(0, |put| put.size()))?;
        }
        let draft = self.write_behind(|log, into| {
            let draft = log.fill(puts, frees, into)?;
            let sync = frees || log.sync_is_due(&draft);
            Ok((draft, sync))
        })?;
        Ok(draft.map(|draft| self.note(draft, frees)).unwrap_or_default())
    }

    /// Writes behind the last record what `fill` adds, and syncs if it says so. `None`: no segment is written to.
    pub(super) fn write_behind<R>(
        &mut self,
        fill: impl FnOnce(&Self, &mut Appending<'_>) -> Result<(R, bool), FileChannelError>,
    ) -> Result<Option<R>, FileChannelError> {
        let Some(current) = self.current.take() else { return Ok(None) };
        let buffer = std::mem::take(&mut self.buffer);
        let path = self.segments.last().map_or(Path::new(""), |segment| &*segment.path);
        let mut appending = Appending::new(current, buffer, path);
        let done = fill(self, &mut appending).and_then(|(filled, sync)| {
            appending.finish(sync)?;
            Ok((filled, sync))
        });
        let (current, buffer) = appending.into_parts(done.as_ref().err());
        (self.current, self.buffer) = (current, buffer);
        let (filled, has_synced) = done?;
        if has_synced {
            self.last_sync = self.settings.clock.stopwatch();
        }
        self.is_dirty();
        Ok(Some(filled))
    }

    /// The last checkpoint does not tell all.
    fn is_dirty(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.is_dirty = true;
        }
    }

    /// Whether a segment other than the current one can go once the takes are on disk.
    fn frees(&self) -> bool {
        let current = self.current.as_ref().map(|current| current.id);
        self.segments
            .iter()
            .any(|segment| Some(segment.id) != current && self.taken.covers(&segment.sequences))
    }

    fn has_room(&self, put: Option<&Encoded>, frees: bool) -> bool {
        let Some(current) = &self.current else { return put.is_none() && !frees };
        let takes = if self.unrecorded_count() > 0 { 64 + 16 * self.unrecorded_count() as u64 } else { 0 };
        let left = current.capacity.saturating_sub(current.offset);
        match put {
            // A new segment has room for the put that it was begun for.
            Some(_) if current.offset == 0 => true,
            Some(put) => left >= takes + put.size() + self.settings.reserve(),
            None => !frees || current.offset == 0 || left >= takes,
        }
    }

    fn unrecorded_count(&self) -> usize {
        self.unrecorded.above().len() + usize::from(self.unrecorded.floor() > 0)
    }

    /// Writes behind the last record what belongs there.
    fn fill(
        &self,
        puts: &[&Encoded],
        frees: bool,
        into: &mut Appending<'_>,
    ) -> Result<Draft, FileChannelError> {
        let mut draft = Draft { written: Vec::new(), next: self.next, weight: 0, records_takes: false };
        let capacity = into.capacity();
        let reserve = self.settings.reserve();
        if into.begin(self.next)? {
            into.add(&self.snapshot()?, self.next)?;
            draft.records_takes = true;
        } else if let Some(takes) = self.takes()? {
            let end = into.place().offset + takes.size();
            if end + reserve <= capacity || (frees && end <= capacity) {
                into.add(&takes, self.next)?;
                draft.records_takes = true;
            }
        }
        for put in puts {
            into.repeat_key(draft.next)?;
            let place = into.place();
            let to = place.offset + put.size();
            // The first one fits: `has_room` has seen to it.
            if to + reserve > capacity && !draft.written.is_empty() {
                break;
            }
            into.add(put, draft.next)?;
            let span = Span { segment: place.segment, from: place.offset, to };
            draft.written.push(Written { first: draft.next, span });
            draft.next += u64::from(put.events);
            draft.weight += put.weight;
        }
        Ok(draft)
    }

    pub(super) fn snapshot(&self) -> Result<Encoded, FileChannelError> {
        let bytes = Snapshot::encode(self.next, &self.taken, &self.segments);
        Encoded::new(Kind::Snapshot, |body| body.extend_from_slice(&bytes)).ok_or(FileChannelError::Stopped)
    }

    fn takes(&self) -> Result<Option<Encoded>, FileChannelError> {
        if self.unrecorded_count() == 0 {
            return Ok(None);
        }
        let floor = Some(0..self.unrecorded.floor()).filter(|range| !range.is_empty());
        let ranges: Vec<_> = floor.into_iter().chain(self.unrecorded.above()).collect();
        let record = Encoded::new(Kind::Takes, |body| body.extend_from_slice(&encode_takes(&ranges)));
        record.map(Some).ok_or(FileChannelError::Stopped)
    }

    fn sync_is_due(&self, draft: &Draft) -> bool {
        match self.settings.sync {
            SyncPolicy::EachCommit => !draft.written.is_empty(),
            SyncPolicy::Interval(time) => self.last_sync.elapsed() >= time,
            SyncPolicy::Never => false,
        }
    }

    /// Makes the last write known.
    fn note(&mut self, draft: Draft, frees: bool) -> Vec<Written> {
        let first = std::mem::replace(&mut self.next, draft.next);
        if let (Some(current), Some(segment)) = (&self.current, self.segments.last_mut()) {
            if segment.sequences.is_empty() {
                segment.sequences.start = first;
            }
            segment.sequences.end = draft.next;
            segment.end = current.offset.max(START);
            segment.weight += draft.weight;
        }
        if draft.records_takes {
            self.unrecorded = SequenceSet::default();
        }
        if frees && self.unrecorded_count() == 0 {
            self.reclaim();
        }
        draft.written
    }

    /// Whether something is written that is to be synced after a while.
    pub(super) fn owes_a_sync(&self) -> bool {
        let is_dirty = self.current.as_ref().is_some_and(|current| current.synced < current.offset);
        is_dirty && matches!(self.settings.sync, SyncPolicy::Interval(_))
    }

    /// Does it if it is time, or if nothing more is written.
    pub(super) fn sync_if_due(&mut self, is_last: bool) -> Result<(), FileChannelError> {
        match self.settings.sync {
            SyncPolicy::Interval(time)
                if self.owes_a_sync() && (is_last || self.last_sync.elapsed() >= time) =>
            {
                self.sync()
            }
            _ => Ok(()),
        }
    }

    /// Forces what was written to the disk.
    pub(super) fn sync(&mut self) -> Result<(), FileChannelError> {
        let (Some(current), Some(segment)) = (&mut self.current, self.segments.last()) else { return Ok(()) };
        if current.synced < current.offset {
            current.sync().map_err(|cause| FileChannelError::disk(&segment.path, cause))?;
            self.last_sync = self.settings.clock.stopwatch();
        }
        Ok(())
    }
}
