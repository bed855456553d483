use std::ops::Range;

use crate::diagnostic::{FileId, Position, Span};

/// A key or a value, and where each of its characters was written. Escapes and continued lines make the two
/// differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    content: String,
    file: FileId,
    /// From this byte of the text on, characters follow each other from this place. Never empty.
    runs: Vec<(usize, Position)>,
    /// Where the last character ended.
    end: Position,
}

impl Text {
    /// Nothing yet, at `start`.
    pub(super) fn new(file: FileId, start: Position) -> Self {
        Self { content: String::new(), file, runs: vec![(0, start)], end: start }
    }

    /// Adds a character that was written at `from` and ended before `end`.
    pub(super) fn push(&mut self, c: char, from: Position, end: Position) {
        if self.content.is_empty() {
            self.runs = vec![(0, from)];
        } else if from != self.end {
            self.runs.push((self.content.len(), from));
        }
        // An escape is longer than what it says.
        let next = Position { line: from.line, column: from.column.saturating_add(1) };
        self.content.push(c);
        if end != next {
            self.runs.push((self.content.len(), end));
        }
        self.end = end;
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// Where all of it stands, as far as that is on its first line.
    pub fn span(&self) -> Span {
        self.span_of(0..self.content.len())
    }

    /// Where some bytes of it stand, as far as that is on one line.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let start = self.position(range.start);
        let end = if range.end >= self.content.len() { self.end } else { self.position(range.end) };
        let length = if end.line == start.line {
            end.column.saturating_sub(start.column)
        } else {
            self.rest_of_line(start)
        };
        Span { file: self.file, start, length }
    }

    /// Where a word of it stands that [`str::split_whitespace`] or the like gave.
    pub fn span_of_part(&self, part: &str) -> Span {
        // Compares addresses: a part of another string is taken for the whole text.
        let offset = (part.as_ptr() as usize).wrapping_sub(self.content.as_ptr() as usize);
        if offset > self.content.len() { self.span() } else { self.span_of(offset..offset + part.len()) }
    }

    /// The text without the blanks round it, as Java trims.
    pub fn trimmed(&self) -> &str {
        self.content.trim_matches(|c| c <= ' ')
    }

    /// Where the trimmed text stands.
    pub fn trimmed_span(&self) -> Span {
        self.span_of_part(self.trimmed())
    }

    /// The line that it ends on.
    pub(super) fn last_line(&self) -> u32 {
        self.end.line
    }

    fn position(&self, byte: usize) -> Position {
        let at = self.runs.partition_point(|(from, _)| *from <= byte).saturating_sub(1);
        let (from, start) = self.runs[at];
        let chars = self.content.get(from..byte).map_or(0, |text| text.chars().count());
        Position {
            line: start.line,
            column: start.column.saturating_add(u32::try_from(chars).unwrap_or(u32::MAX)),
        }
    }

    fn rest_of_line(&self, start: Position) -> u32 {
        let next = self.runs.iter().find(|(_, position)| position.line > start.line);
        let end = next.map_or(self.end, |(byte, _)| {
            let last = self.position(byte.saturating_sub(1));
            Position { column: last.column.saturating_add(1), ..last }
        });
        end.column.saturating_sub(start.column).max(1)
    }
}
