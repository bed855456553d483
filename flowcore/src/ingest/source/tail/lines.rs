use std::path::Path;

use super::line_reader::{LineReader, RawLine};
use super::{Line, LongLines};
use crate::base::FileIdentity;

/// Makes items of lines, as many at once as there are: one call of it for each buffer that was read.
pub(super) trait MapLines<T>: Send {
    /// Adds an item for each line.
    fn map(&mut self, lines: Lines<'_>, items: &mut Vec<T>);

    /// Adds an item for `line`, the last of its file and without an end.
    fn map_last(&mut self, line: RawLine, place: Lines<'_>, items: &mut Vec<T>);
}

/// By one function for each line.
pub(super) struct EachLine<F>(pub(super) F);

impl<T, F: FnMut(Line<'_>) -> T + Send> MapLines<T> for EachLine<F> {
    fn map(&mut self, lines: Lines<'_>, items: &mut Vec<T>) {
        lines.for_each(|line| items.push((self.0)(line)));
    }

    fn map_last(&mut self, line: RawLine, mut place: Lines<'_>, items: &mut Vec<T>) {
        place.hand_over(line, &mut |line| items.push((self.0)(line)));
    }
}

/// How much is read at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) long_lines: LongLines,
}

/// How much a batch has.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) lines: usize,
    pub(super) bytes: usize,
    pub(super) long_lines: u64,
}

/// The lines that were read and not handed over yet, until the batch is full.
pub(super) struct Lines<'a> {
    pub(super) reader: &'a mut LineReader,
    pub(super) taken: &'a mut Taken,
    pub(super) limits: BatchLimits,
    pub(super) file: (FileIdentity, u64),
    pub(super) path: &'a Path,
    pub(super) pattern: usize,
}

impl Lines<'_> {
    /// Hands each to `each`. A loop of its own rather than an iterator: a line is moved less often.
    #[inline]
    pub(super) fn for_each(mut self, mut each: impl FnMut(Line<'_>)) {
        while !self.taken.is_full(&self.limits) {
            let Some(end) = self.reader.find_end() else { return };
            let line = self.reader.line_to(end);
            self.hand_over(line, &mut each);
        }
    }

    #[inline]
    fn hand_over(&mut self, line: RawLine, each: &mut impl FnMut(Line<'_>)) {
        self.taken.bytes += line.body.len() + 1;
        if line.truncated.is_some() && !self.takes_long(&line) {
            return;
        }
        self.taken.lines += 1;
        let RawLine { body, offset, end, number, truncated } = line;
        let ((file, generation), pattern) = (self.file, self.pattern);
        each(Line { body, file, generation, pattern, path: self.path, offset, end, number, truncated });
    }

    #[cold]
    fn takes_long(&mut self, line: &RawLine) -> bool {
        self.taken.long_lines += 1;
        let (path, length) = (self.path.display(), line.truncated);
        tracing::warn!(%path, line = line.number, length, "a line is longer than the limit");
        self.limits.long_lines != LongLines::Skip
    }
}

impl Taken {
    pub(super) fn is_full(&self, limits: &BatchLimits) -> bool {
        self.lines >= limits.lines || self.bytes >= limits.bytes
    }
}
