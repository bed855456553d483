use std::io;

use bytes::Bytes;
use memchr::memchr;

use super::input::Input;
use super::position::{CHECKED, Check, Position};
use super::read_buffers::ReadBuffers;

/// The least that is read at once.
const CHUNK: usize = 64 * 1024;

/// Splits one file into lines, in bounded memory: a chunk, and the beginning of a line that is too long.
///
/// Every read starts a little before the position and compares what stands there with what stood there:
/// so it sees that the file was cut off and written again, whatever its size. A line without an end is not
/// kept but read again.
#[derive(Debug)]
pub(super) struct LineReader {
    limit: usize,
    /// A longer line is several ones.
    splits: bool,
    /// A `\r` before a newline is no part of the line.
    crlf: bool,
    /// What stands before the position is compared.
    checks: bool,
    chunk: Bytes,
    /// Where `chunk` starts in the file.
    start: u64,
    /// The next byte in `chunk`.
    at: usize,
    lines: u64,
    /// Of the bytes before `start`, while `at` is 0.
    check: Check,
    long: Option<Long>,
}

/// Where a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// Before a newline.
    Newline(usize),
    /// Before its rest, because it is too long.
    Split(usize),
}

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReaderOptions {
    pub(super) limit: usize,
    pub(super) splits: bool,
    pub(super) crlf: bool,
    pub(super) checks: bool,
}

/// A line over the limit whose end was not seen yet.
#[derive(Debug)]
struct Long {
    head: Bytes,
    before: Position,
}

/// A line and its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawLine {
    pub(super) body: Bytes,
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) number: u64,
    pub(super) truncated: Option<u64>,
}

/// What reading on brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// There are lines.
    Lines,
    /// This many bytes of a line that is too long were passed over.
    Passed(usize),
    /// The end of the file; `end` bytes are in the current buffer, and from `held` on it is a line without an
    /// end.
    End { held: usize, end: usize },
    /// What stood before the position is not there any more.
    Changed,
}

impl LineReader {
    pub(super) fn new(position: Position, options: ReaderOptions) -> Self {
        let ReaderOptions { limit, splits, crlf, checks } = options;
        let Position { offset, lines, check } = position;
        let check = if checks { check } else { Check::default() };
        let (chunk, start, at, long) = (Bytes::new(), offset, 0, None);
        Self { limit, splits, crlf, checks, chunk, start, at, lines, check, long }
    }

    /// How large the buffers are that are read into; for a longer line they grow.
    pub(super) const BUFFER: usize = CHECKED + CHUNK;

    /// After the last line that was returned.
    pub(super) fn position(&self) -> Position {
        match &self.long {
            Some(long) => long.before,
            None => self.here(),
        }
    }

    fn here(&self) -> Position {
        let check = if self.at == 0 { self.check } else { self.check_of(&self.chunk[..self.at]) };
        Position { offset: self.start + self.at as u64, lines: self.lines, check }
    }

    fn check_of(&self, bytes: &[u8]) -> Check {
        if self.checks { Check::of(bytes) } else { Check::default() }
    }

    /// Where the next line of what was read ends.
    #[inline]
    pub(super) fn find_end(&self) -> Option<LineEnd> {
        let rest = &self.chunk[self.at..];
        let Some(length) = memchr(b'\n', rest) else {
            return (self.splits && rest.len() > self.limit).then(|| LineEnd::Split(self.at + self.limit));
        };
        if self.splits && length > self.limit {
            return Some(LineEnd::Split(self.at + self.limit));
        }
        Some(LineEnd::Newline(self.at + length))
    }

    /// The line that ends there; what comes next is after it.
    #[inline]
    pub(super) fn line_to(&mut self, end: LineEnd) -> RawLine {
        let newline = match end {
            LineEnd::Newline(newline) => newline,
            LineEnd::Split(end) => return self.piece(end),
        };
        let from = std::mem::replace(&mut self.at, newline + 1);
        match self.long.take() {
            None => self.line(from, newline),
            Some(long) => self.long_line(&long, newline as u64 + self.start, 1),
        }
    }

    #[inline]
    fn line(&mut self, from: usize, newline: usize) -> RawLine {
        let mut length = newline - from;
        if self.crlf && length > 0 && self.chunk[newline - 1] == b'\r' {
            length -= 1;
        }
        let body = self.chunk.slice(from..from + length.min(self.limit));
        self.lines += 1;
        RawLine {
            body,
            offset: self.start + from as u64,
            end: self.start + newline as u64 + 1,
            number: self.lines,
            truncated: (length > self.limit).then_some(length as u64),
        }
    }

    #[cold]
    fn piece(&mut self, end: usize) -> RawLine {
        let from = std::mem::replace(&mut self.at, end);
        self.lines += 1;
        RawLine {
            body: self.chunk.slice(from..end),
            offset: self.start + from as u64,
            end: self.start + end as u64,
            number: self.lines,
            truncated: None,
        }
    }

    fn long_line(&mut self, long: &Long, end: u64, newline: u64) -> RawLine {
        self.lines += 1;
        let offset = long.before.offset;
        let truncated = Some(end - offset);
        RawLine { body: long.head.clone(), offset, end: end + newline, number: self.lines, truncated }
    }

    /// Reads on from where the lines ended.
    pub(super) fn fill(&mut self, input: &mut Input<'_>) -> io::Result<Fill> {
        self.forget_chunk();
        let checked = self.check.length();
        let (more, end) = input.read(self.start - checked as u64, checked)?;
        let before = more + checked;
        let from = self.start - before as u64;
        let buffer = input.reads.buffers.current();
        if end < before || self.check_of(&buffer[before - checked..before]) != self.check {
            return Ok(Fill::Changed);
        }
        // Without a check its length has to tell.
        if end == 0 && self.start > 0 && input.file.size()? < self.start {
            return Ok(Fill::Changed);
        }
        let most = self.limit.saturating_add(CHECKED + 2);
        let end = input.read_line(from, (before, end), most)?;
        let buffers = &mut input.reads.buffers;
        let buffer = buffers.current();
        let mut fresh = before;
        if self.is_end_of_returned_line(&buffer[..end], before) {
            fresh += 1;
            self.start += 1;
            self.check = self.check_of(&buffer[..fresh]);
        }
        Ok(self.take_in(buffers, (fresh, end), from))
    }

    fn take_in(&mut self, buffers: &mut ReadBuffers, (fresh, end): (usize, usize), from: u64) -> Fill {
        let buffer = buffers.current();
        let (read, size) = (&buffer[..end], buffer.len());
        let found = memchr(b'\n', &read[fresh..]).is_some();
        if found || (self.splits && read.len() - fresh > self.limit) {
            // A buffer with little in it is not lent: its lines would keep all of it.
            self.chunk = if end >= size / 2 { buffers.lend(end) } else { Bytes::copy_from_slice(read) };
            self.start = from;
            self.at = fresh;
            return Fill::Lines;
        }
        let length = read.len() - fresh;
        if length == 0 || (self.long.is_none() && length <= self.limit) {
            return Fill::End { held: fresh, end: read.len() };
        }
        if self.long.is_none() {
            let head = Bytes::copy_from_slice(&read[fresh..fresh + self.limit]);
            self.long = Some(Long { head, before: self.here() });
        }
        self.start += length as u64;
        self.check = self.check_of(read);
        Fill::Passed(length)
    }

    /// How far the file was read, a line without an end included.
    pub(super) fn seen_end(&self, fill: &Fill) -> u64 {
        match fill {
            Fill::End { held, end } => self.start + (end - held) as u64,
            _ => self.start,
        }
    }

    /// The file ends here for good: what [`Fill::End`] held back is a line.
    pub(super) fn take_unterminated(&mut self, read: &[u8], held: usize) -> Option<RawLine> {
        if let Some(long) = self.long.take() {
            return Some(self.long_line(&long, self.start, 0));
        }
        let body = Bytes::copy_from_slice(&read[held..]);
        if body.is_empty() {
            return None;
        }
        let offset = self.start;
        self.start += body.len() as u64;
        self.check = self.check_of(read);
        self.lines += 1;
        Some(RawLine { body, offset, end: self.start, number: self.lines, truncated: None })
    }

    fn forget_chunk(&mut self) {
        let here = self.here();
        self.start = here.offset;
        self.check = here.check;
        self.at = 0;
        self.chunk = Bytes::new();
    }

    /// The newline of a line that was already returned, as the last of its file.
    fn is_end_of_returned_line(&self, read: &[u8], at: usize) -> bool {
        self.long.is_none() && at > 0 && read[at - 1] != b'\n' && read.get(at) == Some(&b'\n')
    }
}
