use std::io;

use crate::base::DiskFile;

use super::frame::{ALIGN, Frame, HEADER, Kind, MAGIC, Place};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// The part of a file that is in memory.
#[derive(Debug)]
struct Window {
    file: Box<dyn DiskFile>,
    end: u64,
    at: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// `length` bytes at `offset`, or fewer at the end of the file.
    fn get(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let length = usize::try_from(self.end.saturating_sub(offset)).map_or(length, |left| left.min(length));
        let inside = offset >= self.at && offset + length as u64 <= self.at + self.bytes.len() as u64;
        if !inside {
            self.fill(offset, length.max(PIECE))?;
        }
        let from = usize::try_from(offset - self.at).unwrap_or(usize::MAX).min(self.bytes.len());
        Ok(&self.bytes[from..(from + length).min(self.bytes.len())])
    }

    fn fill(&mut self, offset: u64, length: usize) -> io::Result<()> {
        let length = usize::try_from(self.end - offset.min(self.end)).map_or(length, |left| left.min(length));
        (self.at, self.bytes) = (offset, std::mem::take(&mut self.bytes));
        self.bytes.resize(length, 0);
        let filled = self.file.fill_at(offset, &mut self.bytes);
        // After an error, nothing is there.
        self.bytes.truncate(*filled.as_ref().unwrap_or(&0));
        filled.map(drop)
    }
}

/// What lies at a place of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole record.
    Record { offset: u64, frame: Frame },
    /// A record whose body is not what was written.
    Broken { offset: u64, frame: Frame },
    /// No record, but one follows at `to`.
    Hole { offset: u64, to: u64 },
}

/// Goes through the records of a segment.
#[derive(Debug)]
pub(super) struct Scan {
    window: Window,
    segment: u64,
    at: u64,
}

impl Scan {
    /// From `at` up to `end`, or to the end of the file if that is nearer.
    pub(super) fn new(file: Box<dyn DiskFile>, segment: u64, at: u64, end: u64) -> io::Result<Self> {
        let end = file.size()?.min(end);
        Ok(Self { window: Window { file, end, at: 0, bytes: Vec::new() }, segment, at })
    }

    /// The same from another place on.
    pub(super) fn from(self, at: u64) -> Self {
        Self { at, ..self }
    }

    /// The next place. `None` when no record follows.
    pub(super) fn next(&mut self) -> io::Result<Option<Found>> {
        let offset = self.at;
        let Some(frame) = self.frame_at(offset)? else { return self.skip() };
        self.at = offset + frame.size();
        let intact = frame.is_intact(self.body(offset, &frame)?);
        Ok(Some(if intact { Found::Record { offset, frame } } else { Found::Broken { offset, frame } }))
    }

    /// The record at the beginning, behind the one that names a key, if it is whole.
    pub(super) fn first(&mut self) -> io::Result<Option<(u64, Frame)>> {
        let mut offset = self.at;
        let Some(mut frame) = self.frame_at(offset)? else { return Ok(None) };
        if frame.kind == Kind::Key {
            offset += frame.size();
            let Some(next) = self.frame_at(offset)? else { return Ok(None) };
            frame = next;
        }
        let intact = frame.is_intact(self.body(offset, &frame)?);
        Ok(intact.then_some((offset, frame)))
    }

    /// The header at a place, of a record that ends before the file does.
    fn frame_at(&mut self, offset: u64) -> io::Result<Option<Frame>> {
        let place = Place { segment: self.segment, offset };
        let end = self.window.end;
        let frame = Frame::decode(self.window.get(offset, HEADER)?, place);
        Ok(frame.filter(|frame| offset + HEADER as u64 + u64::from(frame.length) <= end))
    }

    pub(super) fn body(&mut self, offset: u64, frame: &Frame) -> io::Result<&[u8]> {
        let length = usize::try_from(frame.length).unwrap_or(usize::MAX);
        self.window.get(offset + HEADER as u64, length)
    }

    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        self.window.get(offset, length)
    }

    /// Looks for the next record after something that is none.
    fn skip(&mut self) -> io::Result<Option<Found>> {
        let offset = self.at;
        let mut at = offset + ALIGN as u64;
        while at + HEADER as u64 <= self.window.end {
            let piece = self.window.get(at, PIECE)?;
            let Some(next) = memchr::memmem::find(piece, &MAGIC) else {
                at += (piece.len().saturating_sub(MAGIC.len() - 1)).max(1) as u64;
                continue;
            };
            at += next as u64;
            if at.is_multiple_of(ALIGN as u64) && self.frame_at(at)?.is_some() {
                self.at = at;
                return Ok(Some(Found::Hole { offset, to: at }));
            }
            at += 1;
        }
        Ok(None)
    }
}
