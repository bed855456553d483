//! Records go behind the last one of a segment in pieces: what is written at once needs no more memory than a piece.

use std::io;
use std::path::Path;

use super::FileChannelError;
use super::checkpoint::Tip;
use super::encoded::Encoded;
use super::encryption::{KeyMark, Sealer};
use super::frame::{ALIGN, HEADER, Kind, Place, u32_at};
use super::segment::file_header;
use crate::base::DiskFile;

/// The most that is written at once, about: it stays in the processor's cache between being put together and being
/// written. A record that is longer is not copied.
const PIECE: u64 = 512 << 10;
/// Short segments are written in so many pieces at least.
const PIECES: u64 = 32;

/// What follows the last record: nothing that was there before is taken for a torn one.
const END: [u8; ALIGN] = [0; ALIGN];

/// The segment that is written to: the last one of [`Log::segments`](super::log::Log::segments).
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

impl Current {
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.synced = self.offset;
        Ok(())
    }
}

/// Records that are being written behind those of a segment.
#[derive(Debug)]
pub(super) struct Appending<'a> {
    current: Current,
    path: &'a Path,
    buffer: Vec<u8>,
    /// Whether some of it may be in the file.
    has_begun: bool,
}

/// Says which key a segment has.
fn key_record(mark: &KeyMark) -> Result<Encoded, FileChannelError> {
    let record = Encoded::new(Kind::Key, |body| body.extend_from_slice(&mark.encode()));
    record.ok_or(FileChannelError::Cipher)
}

impl<'a> Appending<'a> {
    pub(super) fn new(current: Current, mut buffer: Vec<u8>, path: &'a Path) -> Self {
        buffer.clear();
        Self { current, path, buffer, has_begun: false }
    }

    /// Where the next record goes.
    pub(super) fn place(&self) -> Place {
        Place { segment: self.current.id, offset: self.current.offset + self.buffer.len() as u64 }
    }

    /// How long the segment is.
    pub(super) fn capacity(&self) -> u64 {
        self.current.capacity
    }

    /// Begins the segment, if this is its beginning. Returns whether it is.
    pub(super) fn begin(&mut self, next: u64) -> Result<bool, FileChannelError> {
        if self.place().offset > 0 {
            return Ok(false);
        }
        let mark = self.current.sealer.as_ref().map(|sealer| &sealer.mark);
        self.buffer.extend_from_slice(&file_header(self.current.id, mark));
        if let Some(record) = mark.map(key_record).transpose()? {
            self.add(&record, next)?;
        }
        Ok(true)
    }

    /// Repeats the record that names the key, where one is due.
    pub(super) fn repeat_key(&mut self, next: u64) -> Result<(), FileChannelError> {
        let offset = self.place().offset;
        let Some(sealer) = &mut self.current.sealer else { return Ok(()) };
        if !sealer.is_due(offset) {
            return Ok(());
        }
        let record = key_record(&sealer.mark)?;
        self.add(&record, next)
    }

    /// Adds a record whose first event is number `first`.
    pub(super) fn add(&mut self, record: &Encoded, first: u64) -> Result<(), FileChannelError> {
        let (at, place, synced) = (self.buffer.len(), self.place(), self.current.synced);
        let piece = self.piece();
        let sealer = self.current.sealer.as_mut();
        let body = record.write(&mut self.buffer, place, (first, synced), sealer, piece)?;
        self.current.tip =
            u32_at(&self.buffer, at + HEADER - 4).map(|checksum| Tip { offset: place.offset, checksum });
        if let Some(body) = body {
            self.flush()?;
            self.write(body)
        } else if self.buffer.len() >= piece {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn piece(&self) -> usize {
        usize::try_from(PIECE.min(self.current.capacity / PIECES)).unwrap_or(usize::MAX)
    }

    /// Writes what is left, and what says that nothing follows.
    pub(super) fn finish(&mut self, sync: bool) -> Result<(), FileChannelError> {
        if self.has_begun || !self.buffer.is_empty() {
            self.buffer.extend_from_slice(&END);
            self.flush()?;
            self.current.offset -= END.len() as u64;
        }
        if sync && self.current.synced < self.current.offset {
            self.has_begun = true;
            let path = self.path;
            self.current.sync().map_err(|cause| FileChannelError::disk(path, cause))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FileChannelError> {
        let buffer = std::mem::take(&mut self.buffer);
        let done = self.write(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        done
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileChannelError> {
        self.has_begun = true;
        let written = self.current.file.write_at(self.current.offset, bytes);
        written.map_err(|cause| FileChannelError::disk(self.path, cause))?;
        self.current.offset += bytes.len() as u64;
        Ok(())
    }

    /// The buffer for the next time, and the segment if it can be gone on with: one that was half written is not.
    /// The next one says where it ends.
    pub(super) fn into_parts(self, error: Option<&FileChannelError>) -> (Option<Current>, Vec<u8>) {
        let is_whole = error.is_none_or(|error| error.is_full() && !self.has_begun);
        (is_whole.then_some(self.current), self.buffer)
    }
}
