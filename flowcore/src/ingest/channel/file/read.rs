//! Reading events back that are no longer in memory.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

use crate::base::Disk;

use super::encryption::{Keys, Opener};
use super::frame::{Frame, Kind, Place};
use super::log::Span;
use super::queue::{Loaded, ReadRequest};
use super::scan::{Found, Scan};
use super::sealing::Sealing;
use super::stored::next_item;
use super::{Damage, FileChannelError, Stored};

/// What a read gave.
#[derive(Debug)]
pub(super) struct Read<T> {
    pub(super) loaded: Vec<Loaded<T>>,
    /// Wanted, and not to be found.
    pub(super) lost: Vec<Range<u64>>,
    pub(super) damage: Vec<Damage>,
    /// Where to go on, and with which sequence number.
    pub(super) rest: Option<(u64, u64)>,
}

/// Reads wanted events until they have about `budget` bytes, of one put at least.
pub(super) fn read<T: Stored>(
    disk: &dyn Disk,
    keys: &Keys,
    path: &Path,
    request: &ReadRequest,
    budget: u64,
) -> Result<Read<T>, FileChannelError> {
    let failed = |cause| FileChannelError::disk(path, cause);
    let Span { segment, from, to } = request.span;
    let opener = opener(disk, keys, path, segment)?;
    let file = disk.open(path).map_err(failed)?;
    let mut scan = Scan::new(file, segment, from, to).map_err(failed)?;
    let mut reader = Reader { wanted: request.wanted.iter().cloned().collect(), read: Read::empty(), path };
    let (mut bytes, mut at) = (0, from);
    while let Some(found) = scan.next().map_err(failed)? {
        let Found::Record { offset, frame } = found else { continue };
        if frame.kind == Kind::Put {
            reader.lose_before(frame.first, at);
            let body = scan.body(offset, &frame).map_err(failed)?.to_vec();
            let Some(body) = open(body, &frame, Place { segment, offset }, opener.as_ref()) else { continue };
            at = offset + frame.size();
            if reader.load(&frame, body, Span { segment, from: offset, to: at })? {
                bytes += frame.size();
            }
        }
        if bytes >= budget
            && let Some(next) = reader.wanted.front()
        {
            reader.read.rest = Some((offset + frame.size(), next.start));
            return Ok(reader.read);
        }
        if reader.wanted.is_empty() {
            return Ok(reader.read);
        }
    }
    reader.lose_before(u64::MAX, at);
    Ok(reader.read)
}

/// What decrypts the segment's events; `None` where nothing is encrypted, or nobody can tell how.
fn opener(
    disk: &dyn Disk,
    keys: &Keys,
    path: &Path,
    segment: u64,
) -> Result<Option<Opener>, FileChannelError> {
    if keys.is_empty() {
        return Ok(None);
    }
    match Sealing::of_file(disk, path, segment).map_err(|cause| FileChannelError::disk(path, cause))? {
        Sealing::Sealed(mark) => keys.opener(&mark, path).map(Some),
        Sealing::Plain | Sealing::Unknown => Ok(None),
    }
}

/// The events in a body. `None`: somebody has changed it.
fn open(body: Vec<u8>, frame: &Frame, place: Place, opener: Option<&Opener>) -> Option<Bytes> {
    if frame.key == 0 { Some(body.into()) } else { opener?.open(body, frame, place) }
}

impl<T> Read<T> {
    fn empty() -> Self {
        Self { loaded: Vec::new(), lost: Vec::new(), damage: Vec::new(), rest: None }
    }
}

struct Reader<'a, T> {
    /// What is still to come.
    wanted: VecDeque<Range<u64>>,
    read: Read<T>,
    path: &'a Path,
}

impl<T: Stored> Reader<'_, T> {
    /// The next record begins with this sequence number: what was wanted before it is gone.
    fn lose_before(&mut self, first: u64, offset: u64) {
        let mut events = 0;
        while let Some(range) = self.next_before(first) {
            events += range.end - range.start;
            self.read.lost.push(range);
        }
        if events > 0 {
            self.read.damage.push(Damage { path: self.path.to_path_buf(), offset, events });
        }
    }

    /// The next wanted stretch, up to a limit.
    fn next_before(&mut self, limit: u64) -> Option<Range<u64>> {
        let range = self.wanted.front_mut()?;
        if range.start >= limit {
            return None;
        }
        if range.end <= limit {
            return self.wanted.pop_front();
        }
        let before = range.start..limit;
        range.start = limit;
        Some(before)
    }

    /// Decodes what is wanted of a put. Returns whether anything was.
    fn load(&mut self, frame: &Frame, mut body: Bytes, span: Span) -> Result<bool, FileChannelError> {
        let sequences = frame.sequences();
        let mut sequence = sequences.start;
        let mut any = false;
        while let Some(range) = self.next_before(sequences.end) {
            let wrong =
                |cause| FileChannelError::Item { path: self.path.to_path_buf(), offset: span.from, cause };
            while sequence < range.start {
                next_item(&mut body).map_err(wrong)?;
                sequence += 1;
            }
            let mut events = VecDeque::new();
            while sequence < range.end {
                events.push_back(next_item(&mut body).and_then(T::decode).map_err(wrong)?);
                sequence += 1;
            }
            self.read.loaded.push(Loaded { first: range.start, events, span });
            any = true;
        }
        Ok(any)
    }
}
