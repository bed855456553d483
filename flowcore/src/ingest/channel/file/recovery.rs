//! What is in the folders, when a channel is opened.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use super::checkpoint::Checkpoint;
use super::frame::{ALIGN, Frame, HEADER, Kind};
use super::scan::{Found, Scan};
use super::sealing::Sealing;
use super::segment::{Name, START, Segment, VERSION, segment_path, version};
use super::sequences::SequenceSet;
use super::settings::Settings;
use super::snapshot::{Known, Snapshot, decode_takes};
use super::{Damage, FileChannelError, FileChannelStatus};

/// Between two places of a segment that reading may begin at.
const MARK: u64 = 256 << 10;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// In the order of their ids.
    pub(super) segments: Vec<Segment>,
    pub(super) spares: Vec<(usize, PathBuf)>,
    pub(super) taken: SequenceSet,
    /// Above every sequence number that was seen.
    pub(super) next: u64,
    pub(super) next_segment: u64,
    /// Whether writing can go on at the end of the last segment.
    pub(super) goes_on: bool,
    /// Where to begin to read some segments, by their ids.
    pub(super) marks: BTreeMap<u64, Vec<(u64, u64)>>,
    files: BTreeMap<u64, (usize, PathBuf)>,
    gaps: Vec<Gap>,
    /// The end of the last record, and its segment.
    last: Option<(u64, u64)>,
    high: Option<u64>,
    synced: u64,
}

/// Sequence numbers that no record has.
#[derive(Debug)]
struct Gap {
    sequences: Range<u64>,
    /// Where the record should be.
    segment: u64,
    offset: u64,
    /// Whether a later segment has records: then this one had been synced.
    is_inside: bool,
}

/// Reads what has to be read, and no more: the segments from the last snapshot on.
pub(super) fn recover(
    settings: &Settings,
    channel: &str,
    status: &mut FileChannelStatus,
) -> Result<Recovery, FileChannelError> {
    let mut recovery = Recovery::default();
    recovery.list(settings)?;
    let from = recovery.last_snapshot(settings)?;
    let checkpoint = recovery.checkpoint(settings, from);
    let from = checkpoint.as_ref().map(|checkpoint| checkpoint.segment).or(from);
    let ids: Vec<u64> = recovery.files.keys().copied().collect();
    for id in ids {
        if from.is_some_and(|from| id < from) {
            recovery.segments.push(recovery.unread(id));
        } else {
            let checkpoint = checkpoint.as_ref().filter(|checkpoint| checkpoint.segment == id);
            recovery.scan(settings, id, checkpoint, status)?;
        }
    }
    recovery.settle(settings, channel, status)?;
    recovery.find_keys(settings)?;
    Ok(recovery)
}

/// The same of all segments to their ends, whatever their snapshots say. Keys are not asked for.
pub(super) fn recover_all(
    settings: &Settings,
    channel: &str,
    status: &mut FileChannelStatus,
) -> Result<Recovery, FileChannelError> {
    let mut recovery = Recovery::default();
    recovery.list(settings)?;
    let ids: Vec<u64> = recovery.files.keys().copied().collect();
    for id in ids {
        recovery.scan(settings, id, None, status)?;
    }
    recovery.settle(settings, channel, status)?;
    Ok(recovery)
}

impl Recovery {
    fn list(&mut self, settings: &Settings) -> Result<(), FileChannelError> {
        for (folder, path) in settings.folders.iter().enumerate() {
            let entries =
                settings.disk.list(path).map_err(|cause| FileChannelError::disk(path.clone(), cause))?;
            for entry in entries {
                match Name::of(&entry.path) {
                    Name::Segment(id) => drop(self.files.insert(id, (folder, entry.path))),
                    Name::Spare if entry.size >= settings.segment && settings.keys.active.is_none() => {
                        self.spares.push((folder, entry.path));
                    }
                    // From when segments were shorter, or when nothing was encrypted.
                    Name::Spare => drop(settings.disk.remove(&entry.path)),
                    Name::Foreign => return Err(FileChannelError::Foreign { path: entry.path }),
                    Name::Other => {}
                }
            }
        }
        self.next_segment = self.files.last_key_value().map_or(1, |(id, _)| id + 1);
        Ok(())
    }

    fn unread(&self, id: u64) -> Segment {
        let (folder, path) = self.files.get(&id).cloned().unwrap_or_default();
        Segment::new(id, folder, path, 0)
    }

    fn open(&self, settings: &Settings, id: u64) -> Result<Scan, FileChannelError> {
        let path = self.files.get(&id).map(|(_, path)| path.clone()).unwrap_or_default();
        let scan = settings.disk.open(&path).and_then(|file| Scan::new(file, id, START, u64::MAX));
        let mut scan = scan.map_err(|cause| FileChannelError::disk(&path, cause))?;
        let length = usize::try_from(START).unwrap_or(64);
        let header = scan.bytes(0, length).map_err(|cause| FileChannelError::disk(&path, cause))?;
        match version(header, id) {
            Some(version) if version > VERSION => Err(FileChannelError::Version { path, version }),
            _ => Ok(scan),
        }
    }

    /// The last segment that begins with a whole snapshot.
    fn last_snapshot(&self, settings: &Settings) -> Result<Option<u64>, FileChannelError> {
        for (&id, (_, path)) in self.files.iter().rev() {
            let failed = |cause| FileChannelError::disk(path, cause);
            let mut scan = self.open(settings, id)?;
            if let Some((offset, frame)) = scan.first().map_err(failed)?
                && frame.kind == Kind::Snapshot
                && Snapshot::decode(scan.body(offset, &frame).map_err(failed)?).is_some()
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The last checkpoint, if it is of this log and tells more than its snapshots.
    fn checkpoint(&self, settings: &Settings, from: Option<u64>) -> Option<Checkpoint> {
        let checkpoint = Checkpoint::read(&*settings.disk, settings.checkpoints.as_ref()?)?;
        let (_, path) = self.files.get(&checkpoint.segment)?;
        let is_later = from.is_none_or(|from| from <= checkpoint.segment);
        (is_later && checkpoint.is_of(&*settings.disk, path)).then_some(checkpoint)
    }

    fn scan(
        &mut self,
        settings: &Settings,
        id: u64,
        checkpoint: Option<&Checkpoint>,
        status: &mut FileChannelStatus,
    ) -> Result<(), FileChannelError> {
        let mut scan = self.open(settings, id)?;
        let mut segment = self.unread(id);
        if let Some(checkpoint) = checkpoint {
            self.apply_checkpoint(&mut segment, checkpoint);
            scan = scan.from(segment.end);
        }
        let start = segment.end;
        let path = segment.path.clone();
        let failed = |cause| FileChannelError::disk(&path, cause);
        let mut torn = 0;
        while let Some(found) = scan.next().map_err(failed)? {
            match found {
                Found::Record { offset, frame } => {
                    torn = 0;
                    let body = scan.body(offset, &frame).map_err(failed)?;
                    self.apply(&mut segment, offset, &frame, body);
                }
                Found::Broken { frame, .. } => torn += frame.size(),
                Found::Hole { .. } => {}
            }
        }
        let after = segment.end + torn;
        let next = scan.bytes(after, ALIGN).map_err(failed)?;
        let unreadable = next.iter().any(|&byte| byte != 0);
        status.torn_bytes += torn + if unreadable { HEADER as u64 } else { 0 };
        status.scanned_bytes += after - start;
        self.goes_on = segment.end > START;
        self.segments.push(segment);
        Ok(())
    }

    fn apply(&mut self, segment: &mut Segment, offset: u64, frame: &Frame, body: &[u8]) {
        match frame.kind {
            Kind::Takes => decode_takes(body).for_each(|range| self.taken.insert(range)),
            Kind::Snapshot => {
                if let Some(snapshot) = Snapshot::decode(body) {
                    self.apply_snapshot(segment.id, &snapshot);
                }
            }
            Kind::Put => self.apply_put(segment, offset, frame),
            Kind::Key => {}
        }
        segment.end = offset + frame.size();
        let before = self.last.filter(|(id, _)| *id == segment.id).map_or(0, |_| self.synced);
        self.synced = before.max(frame.synced);
        self.last = Some((segment.id, segment.end));
    }

    fn apply_snapshot(&mut self, id: u64, snapshot: &Snapshot) {
        self.taken.insert_all(&snapshot.taken);
        if self.high.is_none() {
            for known in snapshot.segments.iter().filter(|known| known.id < id) {
                self.know(known);
            }
            self.high = Some(snapshot.next);
        } else {
            self.advance(id, snapshot.next);
        }
    }

    /// What was written before it need not be read.
    fn apply_checkpoint(&mut self, segment: &mut Segment, checkpoint: &Checkpoint) {
        self.apply_snapshot(segment.id, &checkpoint.snapshot);
        if let Some(known) = checkpoint.snapshot.segments.iter().find(|known| known.id == segment.id) {
            (segment.sequences, segment.weight) = (known.sequences.clone(), known.weight);
        }
        segment.end = checkpoint.end;
        self.synced = checkpoint.end;
        self.last = Some((segment.id, segment.end));
    }

    /// A segment that is not read.
    fn know(&mut self, known: &Known) {
        self.next_segment = self.next_segment.max(known.id.saturating_add(1));
        if let Some(segment) = self.segments.iter_mut().find(|segment| segment.id == known.id) {
            segment.sequences = known.sequences.clone();
            (segment.end, segment.weight) = (known.end, known.weight);
        } else {
            let (segment, offset) = (known.id, START);
            self.gaps.push(Gap { sequences: known.sequences.clone(), segment, offset, is_inside: true });
        }
    }

    fn apply_put(&mut self, segment: &mut Segment, offset: u64, frame: &Frame) {
        let sequences = frame.sequences();
        match self.high {
            // Written a second time, after the first write had failed.
            Some(high) if sequences.end <= high => return,
            Some(_) => self.advance(segment.id, sequences.start),
            None => self.taken.insert(0..sequences.start),
        }
        self.high = Some(sequences.end);
        // A checkpoint that lies may have said a later start.
        if segment.sequences.is_empty() || sequences.start < segment.sequences.start {
            segment.sequences.start = sequences.start;
        }
        segment.sequences.end = sequences.end;
        segment.weight = segment.weight.saturating_add(frame.weight);
        let marks = self.marks.entry(segment.id).or_default();
        if marks.last().is_none_or(|(last, _)| offset >= last + MARK) {
            marks.push((offset, sequences.start));
        }
    }

    /// The next event has this sequence number: those before it are not to be found.
    fn advance(&mut self, id: u64, next: u64) {
        let high = self.high.unwrap_or(next);
        if next > high {
            let (segment, offset) = self.last.unwrap_or((id, START));
            self.gaps.push(Gap { sequences: high..next, segment, offset, is_inside: segment != id });
            self.high = Some(next);
        }
    }

    /// Makes sure that what waits can be decrypted, before anything is written.
    fn find_keys(&mut self, settings: &Settings) -> Result<(), FileChannelError> {
        for segment in &mut self.segments {
            let sealing = Sealing::of_file(&*settings.disk, &segment.path, segment.id);
            let sealing = sealing.map_err(|cause| FileChannelError::disk(&segment.path, cause))?;
            if let Sealing::Sealed(mark) = sealing {
                segment.is_sealed = true;
                if !self.taken.covers(&segment.sequences) {
                    settings.keys.opener(&mark, &segment.path)?;
                }
            }
        }
        Ok(())
    }

    /// Tells damage from what a crash cut short: that had not been synced.
    fn settle(
        &mut self,
        settings: &Settings,
        channel: &str,
        status: &mut FileChannelStatus,
    ) -> Result<(), FileChannelError> {
        let last = self.last.map(|(segment, _)| segment);
        for gap in std::mem::take(&mut self.gaps) {
            let events = self.taken.count_missing(gap.sequences.clone());
            let is_damage = gap.is_inside || Some(gap.segment) != last || gap.offset < self.synced;
            self.taken.insert(gap.sequences);
            if !is_damage || events == 0 {
                continue;
            }
            let known = self.files.get(&gap.segment).map(|(_, path)| path.clone());
            let path = known.or_else(|| Some(segment_path(settings.folders.first()?, gap.segment)));
            let damage = Damage { path: path.unwrap_or_default(), offset: gap.offset, events };
            if settings.strict {
                let Damage { path, offset, events } = damage;
                return Err(FileChannelError::Damaged { path, offset, events });
            }
            status.add(channel, damage);
        }
        // What was taken had been put, also where that cannot be read: its numbers are not used again.
        self.next = self.high.unwrap_or(0).max(self.taken.end());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_that_says_a_later_start_makes_no_segment_that_ends_before_it_begins() {
        let segment = || Segment::new(1, 0, "one".into(), 0);
        let known = Known { id: 1, sequences: 100..200, end: 640, weight: 9 };
        let snapshot = Snapshot { next: 5, segments: vec![known], ..Snapshot::default() };
        let (mut recovery, mut lied_about) = (Recovery::default(), segment());
        recovery.apply_snapshot(1, &snapshot);
        lied_about.sequences = 100..200;
        let frame = Frame {
            kind: Kind::Put,
            key: 0,
            length: 8,
            events: 3,
            first: 5,
            weight: 3,
            synced: 0,
            checksum: 0,
        };
        recovery.apply_put(&mut lied_about, 640, &frame);
        assert_eq!(lied_about.sequences, 5..8);

        let (mut recovery, mut honest) = (Recovery::default(), segment());
        for first in [5, 8] {
            recovery.apply_put(&mut honest, 640, &Frame { first, ..frame });
        }
        assert_eq!(honest.sequences, 5..11);
    }
}
