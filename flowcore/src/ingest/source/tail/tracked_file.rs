use std::path::PathBuf;
use std::time::Duration;

use super::TailError;
use super::line_reader::{Fill, LineReader};
use super::lines::{BatchLimits, Lines, MapLines, Taken};
use super::position::Position;
use super::read_buffers::ReadBuffers;
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

/// Where lines go, as items.
pub(super) struct Items<'a, T> {
    pub(super) map: &'a mut dyn MapLines<T>,
    pub(super) items: &'a mut Vec<T>,
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
    pub(super) fn is_continued(&mut self, buffers: &mut ReadBuffers) -> Result<bool, TailError> {
        Ok(self.fill(buffers)? != Fill::Changed)
    }

    /// Goes to a position, to read from there.
    pub(super) fn rewind(&mut self, position: Position, line_limit: usize) {
        self.reader = LineReader::new(position, line_limit);
    }

    /// Reads lines until a batch is full or nothing is left. A file that its writer left is finished when
    /// nothing came since the last try.
    pub(super) fn read_next<T>(
        &mut self,
        limits: BatchLimits,
        (now, wait): (Duration, Duration),
        buffers: &mut ReadBuffers,
        into: &mut Items<'_, T>,
    ) -> Result<Reading, TailError> {
        let (before, seen_end) = (self.position(), self.seen_end);
        let reading = self.read(limits, false, buffers, into)?;
        if reading.position != before || self.seen_end != seen_end {
            self.place.quiet_since(now);
        } else if reading.end == ReadingEnd::End && self.place.is_over(now, wait) {
            return self.read(limits, true, buffers, into);
        }
        Ok(reading)
    }

    /// The same. `last` says that nothing more will come, so that a line without an end is a line too.
    pub(super) fn read<T>(
        &mut self,
        limits: BatchLimits,
        last: bool,
        buffers: &mut ReadBuffers,
        into: &mut Items<'_, T>,
    ) -> Result<Reading, TailError> {
        let mut taken = Taken::default();
        let end = loop {
            into.map.map(self.lines(&mut taken, limits), into.items);
            if taken.is_full(&limits) {
                break ReadingEnd::Full;
            }
            let fill = self.fill(buffers)?;
            self.seen_end = self.reader.seen_end(&fill);
            match fill {
                Fill::Lines => {}
                Fill::Passed(bytes) => taken.bytes += bytes,
                // What was read before goes first, with its own position.
                Fill::Changed if taken.lines > 0 => break ReadingEnd::Full,
                Fill::Changed => {
                    tracing::warn!(path = %self.path.display(), "the file was cut off: reading it from its start");
                    self.rewind(Position::default(), limits.line);
                    break ReadingEnd::CutOff;
                }
                Fill::End { .. } if !last => break ReadingEnd::End,
                Fill::End { held, end } => {
                    if let Some(line) = self.reader.take_unterminated(&buffers.current()[..end], held) {
                        into.map.map_last(line, self.lines(&mut taken, limits), into.items);
                    }
                    break ReadingEnd::Finished;
                }
            }
        };
        let Taken { lines, long_lines, .. } = taken;
        Ok(Reading { lines, long_lines, position: self.reader.position(), end })
    }

    fn lines<'a>(&'a mut self, taken: &'a mut Taken, limits: BatchLimits) -> Lines<'a> {
        let (file, path) = ((self.identity, self.generation), self.path.as_path());
        Lines { reader: &mut self.reader, taken, limits, file, path }
    }

    fn fill(&mut self, buffers: &mut ReadBuffers) -> Result<Fill, TailError> {
        self.reader.fill(&mut *self.file, buffers).map_err(|cause| TailError::Read {
            path: self.path.clone(),
            offset: self.reader.position().offset,
            cause,
        })
    }
}
