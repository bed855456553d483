use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::TailError;
use super::input::{Input, Reads};
use super::line_reader::{Fill, LineReader, ReaderOptions};
use super::lines::{BatchLimits, Lines, MapLines, Taken};
use super::listing::Matched;
use super::position::Position;
use crate::base::{Disk, DiskEntry, DiskFile, FileIdentity};

/// One file that is followed, whatever its name.
#[derive(Debug)]
pub(super) struct TrackedFile {
    /// Its name among the commits: identities are used again by the system, these are not.
    pub(super) id: u64,
    pub(super) identity: FileIdentity,
    pub(super) generation: u64,
    pub(super) path: Arc<Path>,
    pub(super) place: Place,
    /// The pattern that it was found by.
    pub(super) pattern: usize,
    /// None while it is closed because nothing came for long.
    file: Option<Box<dyn DiskFile>>,
    reader: LineReader,
    options: ReaderOptions,
    /// Where the file ended at the last try, a line without an end included.
    seen_end: u64,
    /// When something came last.
    grown: Duration,
    /// The last read found its end.
    at_end: bool,
    /// Its length and its time when it was closed; none when there was more to read.
    closed_at: Option<(u64, Duration)>,
}

/// How long a file is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    pub(super) now: Duration,
    /// After it was renamed away or removed.
    pub(super) rotate: Duration,
    /// While it is in its place, for a line without an end.
    pub(super) idle: Option<Duration>,
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
        entry: &Matched,
        (identity, generation): (FileIdentity, u64),
        file: Box<dyn DiskFile>,
        (position, options): (Position, ReaderOptions),
    ) -> Self {
        Self {
            id,
            identity,
            generation,
            path: Arc::from(&*entry.entry.path),
            place: Place::Matched,
            pattern: entry.pattern,
            file: Some(file),
            reader: LineReader::new(position, options),
            options,
            seen_end: position.offset,
            grown: Duration::ZERO,
            at_end: false,
            closed_at: None,
        }
    }

    /// All was read: lets go of the file until it has changed.
    pub(super) fn close(&mut self, disk: &dyn Disk) {
        self.file = None;
        // What was written since the last read is a change.
        let entry = disk.entry(&self.path).ok().filter(|entry| entry.identity == self.identity);
        self.closed_at = entry.map(|entry| (self.seen_end, entry.modified));
    }

    /// Lets go of the file until there is room for it.
    pub(super) fn put_off(&mut self) {
        self.file = None;
    }

    /// Whether it is open, in its place, and all of it was read.
    pub(super) fn is_read(&self) -> bool {
        self.is_open() && self.at_end && self.place == Place::Matched
    }

    /// Whether there is the beginning of a line.
    pub(super) fn has_held(&self) -> bool {
        self.seen_end > self.position().offset
    }

    pub(super) fn grown(&self) -> Duration {
        self.grown
    }

    /// Whether there is something to do with it.
    pub(super) fn has_turn(&self) -> bool {
        self.is_open() || self.place != Place::Matched
    }

    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it is closed and there may be something to read; `path` is its name now.
    pub(super) fn is_due(&self, disk: &dyn Disk, path: &Path) -> bool {
        let Some(closed_at) = self.file.is_none().then_some(self.closed_at) else { return false };
        let changed = |entry: &DiskEntry| closed_at != Some((entry.size, entry.modified));
        disk.entry(path).is_ok_and(|entry| entry.identity == self.identity && changed(&entry))
    }

    /// Opens a closed file; `path` is its name now.
    pub(super) fn open_again(&mut self, disk: &dyn Disk, path: &Path, now: Duration) -> io::Result<()> {
        let opened = disk.open(path).and_then(|file| Ok((file.identity()?, file)));
        match opened {
            Ok((identity, file)) if identity == self.identity => {
                (self.file, self.grown, self.at_end) = (Some(file), now, false);
            }
            // Removed or replaced meanwhile: the next look sees it.
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "cannot open a file again");
                return Err(error);
            }
        }
        Ok(())
    }

    pub(super) fn position(&self) -> Position {
        self.reader.position()
    }

    /// Whether what stands before the position is what stood there.
    pub(super) fn is_continued(&mut self, reads: &mut Reads) -> Result<bool, TailError> {
        Ok(self.fill(reads)? != Fill::Changed)
    }

    /// Goes to a position, to read from there.
    pub(super) fn rewind(&mut self, position: Position) {
        self.reader = LineReader::new(position, self.options);
        (self.at_end, self.closed_at) = (false, None);
    }

    /// Reads lines until a batch is full or nothing is left. A file that its writer left is finished when
    /// nothing came since the last try; one in its place when nothing came for long.
    pub(super) fn read_next<T>(
        &mut self,
        limits: BatchLimits,
        waits: Waits,
        reads: &mut Reads,
        into: &mut Items<'_, T>,
    ) -> Result<Reading, TailError> {
        let now = waits.now;
        let (before, seen_end) = (self.position(), self.seen_end);
        let reading = self.read(limits, false, reads, into)?;
        self.at_end = reading.end == ReadingEnd::End;
        if reading.position != before || self.seen_end != seen_end || self.grown.is_zero() {
            self.grown = now;
            self.place.quiet_since(now);
        } else if reading.end == ReadingEnd::End && self.is_over(waits) {
            return self.read(limits, true, reads, into);
        }
        Ok(reading)
    }

    fn is_over(&self, waits: Waits) -> bool {
        let is_idle = |idle: Duration| waits.now.saturating_sub(self.grown) >= idle;
        match self.place {
            Place::Matched => waits.idle.is_some_and(is_idle),
            place => place.is_over(waits.now, waits.rotate),
        }
    }

    /// The same. `last` says that nothing more will come, so that a line without an end is a line too.
    pub(super) fn read<T>(
        &mut self,
        limits: BatchLimits,
        last: bool,
        reads: &mut Reads,
        into: &mut Items<'_, T>,
    ) -> Result<Reading, TailError> {
        if self.file.is_none() {
            let position = self.position();
            // A file that is being renamed may be missing in the list of its folder.
            let is_left = last && self.place != Place::Matched;
            let end = if is_left { ReadingEnd::Finished } else { ReadingEnd::End };
            return Ok(Reading { lines: 0, long_lines: 0, position, end });
        }
        let mut taken = Taken::default();
        let end = loop {
            into.map.map(self.lines(&mut taken, limits), into.items);
            if taken.is_full(&limits) {
                break ReadingEnd::Full;
            }
            let fill = self.fill(reads)?;
            self.seen_end = self.reader.seen_end(&fill);
            match fill {
                Fill::Lines => {}
                Fill::Passed(bytes) => taken.bytes += bytes,
                // What was read before goes first, with its own position.
                Fill::Changed if taken.lines > 0 => break ReadingEnd::Full,
                Fill::Changed => {
                    tracing::info!(path = %self.path.display(), "the file was cut off or replaced: reading it from its start");
                    self.rewind(Position::default());
                    break ReadingEnd::CutOff;
                }
                Fill::End { .. } if !last => break ReadingEnd::End,
                Fill::End { held, end } => {
                    if let Some(line) = self.reader.take_unterminated(&reads.buffers.current()[..end], held) {
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
        let Self { identity, generation, path, pattern, reader, .. } = self;
        Lines { reader, taken, limits, file: (*identity, *generation), path, pattern: *pattern }
    }

    fn fill(&mut self, reads: &mut Reads) -> Result<Fill, TailError> {
        let Some(file) = &mut self.file else { return Ok(Fill::End { held: 0, end: 0 }) };
        let mut input = Input { id: self.id, file: &mut **file, reads };
        self.reader.fill(&mut input).map_err(|cause| TailError::Read {
            path: self.path.to_path_buf(),
            offset: self.reader.position().offset,
            cause,
        })
    }
}
