use std::path::PathBuf;
use std::time::Duration;

use super::line_reader::{Fill, LineReader, RawLine};
use super::position::Position;
use super::{Line, LongLines, TailError};
use crate::base::{DiskFile, FileIdentity};

/// One file that is followed, whatever its name.
#[derive(Debug)]
pub(super) struct TrackedFile {
    /// Its name among the commits: identities are used again by the system, these are not.
    pub(super) id: u64,
    pub(super) identity: FileIdentity,
    pub(super) generation: u64,
    pub(super) path: PathBuf,
    pub(super) place: Place,
    file: Box<dyn DiskFile>,
    reader: LineReader,
    /// Where the file ended at the last try, a line without an end included.
    seen_end: u64,
}

/// Where a followed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Under a name that was asked for.
    Matched,
    /// Under another name in the same folder; quiet since then.
    Renamed(Duration),
    /// Not in the folder; quiet since then.
    Removed(Duration),
}

/// How much is read at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) line: usize,
    pub(super) long_lines: LongLines,
}

/// What one reading of a file brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// Lines that were handed over.
    pub(super) lines: usize,
    /// Lines longer than the limit, handed over or skipped.
    pub(super) long_lines: u64,
    /// After the last of them.
    pub(super) position: Position,
    pub(super) end: ReadingEnd,
}

/// Why a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadingEnd {
    /// The batch is full.
    Full,
    /// The file's end, for now.
    End,
    /// The file was cut off: it will be read from its start, as another generation.
    CutOff,
    /// The file's end, for good.
    Finished,
}

impl Place {
    /// Whether nothing more can be expected of the file.
    fn is_over(self, now: Duration, wait: Duration) -> bool {
        match self {
            Self::Matched => false,
            Self::Renamed(since) | Self::Removed(since) => now.saturating_sub(since) >= wait,
        }
    }

    fn quiet_since(&mut self, now: Duration) {
        if let Self::Renamed(since) | Self::Removed(since) = self {
            *since = now;
        }
    }
}

impl TrackedFile {
    pub(super) fn new(
        id: u64,
        path: PathBuf,
        (identity, generation): (FileIdentity, u64),
        file: Box<dyn DiskFile>,
        reader: LineReader,
    ) -> Self {
        Self { id, identity, generation, path, place: Place::Matched, file, reader, seen_end: 0 }
    }

    pub(super) fn position(&self) -> Position {
        self.reader.position()
    }

    /// Whether what stands before the position is what stood there.
    pub(super) fn is_continued(&mut self, scratch: &mut [u8]) -> Result<bool, TailError> {
        Ok(self.fill(scratch)? != Fill::Changed)
    }

    /// Goes to a position, to read from there.
    pub(super) fn rewind(&mut self, position: Position, line_limit: usize) {
        self.reader = LineReader::new(position, line_limit);
    }

    /// Reads lines until a batch is full or nothing is left. A file that its writer left is finished when
    /// nothing came since the last try.
    pub(super) fn read_next(
        &mut self,
        limits: BatchLimits,
        (now, wait): (Duration, Duration),
        scratch: &mut [u8],
        hand_over: &mut dyn FnMut(Line<'_>),
    ) -> Result<Reading, TailError> {
        let (before, seen_end) = (self.position(), self.seen_end);
        let reading = self.read(limits, false, scratch, hand_over)?;
        if reading.position != before || self.seen_end != seen_end {
            self.place.quiet_since(now);
        } else if reading.end == ReadingEnd::End && self.place.is_over(now, wait) {
            return self.read(limits, true, scratch, hand_over);
        }
        Ok(reading)
    }

    /// The same. `last` says that nothing more will come, so that a line without an end is a line too.
    pub(super) fn read(
        &mut self,
        limits: BatchLimits,
        last: bool,
        scratch: &mut [u8],
        hand_over: &mut dyn FnMut(Line<'_>),
    ) -> Result<Reading, TailError> {
        let mut batch = Batch { lines: 0, bytes: 0, long_lines: 0, limits };
        let end = loop {
            while !batch.is_full() {
                let Some(line) = self.reader.next_line() else { break };
                batch.add(line, (self.identity, self.generation), &self.path, hand_over);
            }
            if batch.is_full() {
                break ReadingEnd::Full;
            }
            let fill = self.fill(scratch)?;
            self.seen_end = self.reader.seen_end(&fill);
            match fill {
                Fill::Lines => {}
                Fill::Passed(bytes) => batch.bytes += bytes,
                // What was read before goes first, with its own position.
                Fill::Changed if batch.lines > 0 => break ReadingEnd::Full,
                Fill::Changed => {
                    tracing::warn!(path = %self.path.display(), "the file was cut off: reading it from its start");
                    self.rewind(Position::default(), limits.line);
                    break ReadingEnd::CutOff;
                }
                Fill::End { .. } if !last => break ReadingEnd::End,
                Fill::End { held, end } => {
                    if let Some(line) = self.reader.take_unterminated(&scratch[..end], held) {
                        batch.add(line, (self.identity, self.generation), &self.path, hand_over);
                    }
                    break ReadingEnd::Finished;
                }
            }
        };
        let Batch { lines, long_lines, .. } = batch;
        Ok(Reading { lines, long_lines, position: self.reader.position(), end })
    }

    fn fill(&mut self, scratch: &mut [u8]) -> Result<Fill, TailError> {
        self.reader.fill(&mut *self.file, scratch).map_err(|cause| TailError::Read {
            path: self.path.clone(),
            offset: self.reader.position().offset,
            cause,
        })
    }
}

struct Batch {
    lines: usize,
    bytes: usize,
    long_lines: u64,
    limits: BatchLimits,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.lines >= self.limits.lines || self.bytes >= self.limits.bytes
    }

    fn add(
        &mut self,
        raw: RawLine,
        (file, generation): (FileIdentity, u64),
        path: &std::path::Path,
        hand_over: &mut dyn FnMut(Line<'_>),
    ) {
        let RawLine { body, offset, end, number, truncated } = raw;
        self.bytes += body.len() + 1;
        if let Some(length) = truncated {
            self.long_lines += 1;
            tracing::warn!(path = %path.display(), line = number, length, "a line is longer than the limit");
            if self.limits.long_lines == LongLines::Skip {
                return;
            }
        }
        self.lines += 1;
        hand_over(Line { body, file, generation, path, offset, end, number, truncated });
    }
}
