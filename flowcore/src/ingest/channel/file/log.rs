use std::ops::Range;
use std::path::PathBuf;

use crate::base::{DiskFile, Stopwatch};

use super::FileChannelError;
use super::checkpoint::{Kept, Tip};
use super::encoded::Encoded;
use super::encryption::{KeyMark, Sealer};
use super::frame::{ALIGN, HEADER, Kind, Place, u32_at};
use super::segment::{START, Segment, file_header};
use super::sequences::SequenceSet;
use super::settings::{Settings, SyncPolicy};
use super::snapshot::{Snapshot, encode_takes};

/// A buffer that was larger gives the rest back.
const KEPT_BUFFER: usize = 16 << 20;

/// What follows the last record: nothing that was there before is taken for a torn one.
pub(super) const END: [u8; ALIGN] = [0; ALIGN];

/// The segment that is written to: the last one of [`Log::segments`].
#[derive(Debug)]
pub(super) struct Current {
    pub(super) id: u64,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) offset: u64,
    pub(super) synced: u64,
    pub(super) capacity: u64,
    /// `None`: its events are not encrypted.
    pub(super) sealer: Option<Sealer>,
    /// The last record.
    pub(super) tip: Option<Tip>,
}

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

/// Says which key a segment has.
fn key_record(mark: &KeyMark) -> Result<Encoded, FileChannelError> {
    let record = Encoded::new(Kind::Key, |body| body.extend_from_slice(&mark.encode()));
    record.ok_or(FileChannelError::Cipher)
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

/// What one write makes true, once it has succeeded.
#[derive(Debug, Default)]
struct Draft {
    written: Vec<Written>,
    next: u64,
    weight: u64,
    records_takes: bool,
    /// The offset of the last record.
    last: Option<u64>,
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
    /// After [`FileChannelError::Full`] nothing has changed; after another, the next call goes on in a new
    /// segment.
    pub(super) fn append(&mut self, puts: &[&Encoded]) -> Result<Vec<Written>, FileChannelError> {
        let frees = self.frees();
        if !self.has_room(puts.first().copied(), frees) {
            self.roll()?;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let done = self.draft(puts, frees, &mut buffer).and_then(|draft| {
            let from = self.current.as_ref().map_or(0, |current| current.offset);
            self.write(&buffer, frees || self.sync_is_due(&draft))?;
            self.note_tip(&buffer, from, draft.last);
            Ok(draft)
        });
        buffer.shrink_to(KEPT_BUFFER);
        self.buffer = buffer;
        match done {
            Ok(draft) => Ok(self.note(draft, frees)),
            Err(error) => {
                if !error.is_full() {
                    self.current = None;
                }
                Err(error)
            }
        }
    }

    /// Takes note of the last record, at `last`, of `written`, which begins at `from`.
    pub(super) fn note_tip(&mut self, written: &[u8], from: u64, last: Option<u64>) {
        let tip = last.and_then(|offset| {
            let at = usize::try_from(offset.checked_sub(from)?).ok()?;
            Some(Tip { offset, checksum: u32_at(written, at + HEADER - 4)? })
        });
        if let (Some(current), Some(_)) = (&mut self.current, tip) {
            current.tip = tip;
            self.is_dirty();
        }
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
            // A new segment has room for every put: its snapshot makes it longer.
            Some(_) if current.offset == 0 => true,
            Some(put) => left >= takes + put.size() + self.settings.reserve(),
            None => !frees || current.offset == 0 || left >= takes,
        }
    }

    fn unrecorded_count(&self) -> usize {
        self.unrecorded.above().len() + usize::from(self.unrecorded.floor() > 0)
    }

    fn draft(
        &mut self,
        puts: &[&Encoded],
        frees: bool,
        buffer: &mut Vec<u8>,
    ) -> Result<Draft, FileChannelError> {
        let mut sealer = self.current.as_mut().and_then(|current| current.sealer.take());
        let done = self.fill(puts, frees, buffer, sealer.as_mut());
        if let Some(current) = &mut self.current {
            current.sealer = sealer;
        }
        done
    }

    /// Puts into `buffer` what is to be written behind the last record.
    fn fill(
        &self,
        puts: &[&Encoded],
        frees: bool,
        buffer: &mut Vec<u8>,
        mut sealer: Option<&mut Sealer>,
    ) -> Result<Draft, FileChannelError> {
        let mut draft = Draft { next: self.next, ..Draft::default() };
        let Some(&Current { id, offset, synced, capacity, .. }) = self.current.as_ref() else {
            return Ok(draft);
        };
        let place = |buffer: &Vec<u8>| Place { segment: id, offset: offset + buffer.len() as u64 };
        let reserve = self.settings.reserve();
        if offset == 0 {
            let mark = sealer.as_ref().map(|sealer| &sealer.mark);
            buffer.extend_from_slice(&file_header(id, mark));
            if let Some(mark) = mark {
                key_record(mark)?.write(buffer, place(buffer), (self.next, synced), None)?;
            }
            draft.last = Some(place(buffer).offset);
            self.snapshot()?.write(buffer, place(buffer), (self.next, synced), None)?;
            draft.records_takes = true;
        } else if let Some(takes) = self.takes()? {
            let end = offset + takes.size();
            if end + reserve <= capacity || (frees && end <= capacity) {
                draft.last = Some(place(buffer).offset);
                takes.write(buffer, place(buffer), (self.next, synced), None)?;
                draft.records_takes = true;
            }
        }
        for put in puts {
            if let Some(sealer) = &mut sealer
                && sealer.is_due(offset + buffer.len() as u64)
            {
                key_record(&sealer.mark)?.write(buffer, place(buffer), (draft.next, synced), None)?;
            }
            let place = place(buffer);
            let to = place.offset + put.size();
            // The first one fits: `has_room` has seen to it.
            if to + reserve > capacity && !draft.written.is_empty() {
                break;
            }
            draft.last = Some(place.offset);
            put.write(buffer, place, (draft.next, synced), sealer.as_deref_mut())?;
            let span = Span { segment: id, from: place.offset, to };
            draft.written.push(Written { first: draft.next, span });
            draft.next += u64::from(put.events);
            draft.weight += put.weight;
        }
        if !buffer.is_empty() {
            buffer.extend_from_slice(&END);
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

    /// Writes `bytes`, which end with [`END`], behind what is there.
    pub(super) fn write(&mut self, bytes: &[u8], sync: bool) -> Result<(), FileChannelError> {
        let (Some(current), Some(segment)) = (&mut self.current, self.segments.last()) else { return Ok(()) };
        let failed = |cause| FileChannelError::disk(&segment.path, cause);
        if !bytes.is_empty() {
            current.file.write_at(current.offset, bytes).map_err(failed)?;
        }
        let end = current.offset + bytes.len().saturating_sub(END.len()) as u64;
        if sync && current.synced < end {
            current.file.sync_data().map_err(failed)?;
            current.synced = end;
            self.last_sync = self.settings.clock.stopwatch();
        }
        current.offset = end;
        Ok(())
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
        self.write(&[], true)
    }
}
