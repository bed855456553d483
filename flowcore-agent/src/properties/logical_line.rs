use std::iter::Peekable;

use crate::diagnostic::{Diagnostic, FileId, Position, Span, lines};

/// A character and where it was written.
pub(super) type Written = (char, Position);

/// A line with those that continue it.
#[derive(Debug, Default)]
pub(super) struct LogicalLine {
    /// What it says, without the blanks before it and the backslashes that continue it.
    pub(super) chars: Vec<Written>,
    /// What is worth a note.
    pub(super) notes: Vec<Diagnostic>,
}

/// Blanks that separate: a no-break space is none.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// The logical lines of a text, without the empty ones and the comments.
pub(super) fn logical_lines(file: FileId, text: &str) -> impl Iterator<Item = LogicalLine> {
    let mut physical = (1..).zip(lines(text)).peekable();
    std::iter::from_fn(move || {
        loop {
            let (number, line) = physical.next()?;
            let content = line.trim_start_matches(is_blank);
            if content.is_empty() || content.starts_with(['#', '!']) {
                continue;
            }
            let logical = join(file, (number, line), &mut physical);
            if !logical.chars.is_empty() || !logical.notes.is_empty() {
                return Some(logical);
            }
        }
    })
}

fn join<'a>(
    file: FileId,
    first: (u32, &'a str),
    rest: &mut Peekable<impl Iterator<Item = (u32, &'a str)>>,
) -> LogicalLine {
    let mut logical = LogicalLine::default();
    let mut next = Some(first);
    while let Some((number, line)) = next.take() {
        let content = line.trim_start_matches(is_blank);
        let is_continued = content.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
        let kept = if is_continued { &content[..content.len() - 1] } else { content };
        let blanks = line.chars().count() - content.chars().count();
        logical.chars.extend(written(kept, number, blanks + 1));
        if is_continued {
            let backslash = Position { line: number, column: column(blanks + kept.chars().count() + 1) };
            logical.notes.extend(continuation(file, backslash, rest.peek()));
            next = rest.next();
        }
    }
    logical
}

fn written(text: &str, line: u32, from: usize) -> impl Iterator<Item = Written> {
    (from..).zip(text.chars()).map(move |(at, c)| (c, Position { line, column: column(at) }))
}

fn column(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn continuation(file: FileId, backslash: Position, next: Option<&(u32, &str)>) -> Option<Diagnostic> {
    let span = Span { file, start: backslash, length: 1 };
    let Some((number, line)) = next else {
        return Some(
            Diagnostic::note("continued-to-nowhere", "the last line is continued by nothing").at(span),
        );
    };
    let content = line.trim_start_matches(is_blank);
    if !content.starts_with(['#', '!']) {
        return None;
    }
    let at = Position { line: *number, column: column(line.chars().count() - content.chars().count() + 1) };
    let comment = Span { file, start: at, length: column(content.chars().count()) };
    let note = Diagnostic::note("continued-into-comment", "this is no comment, but part of the value");
    Some(note.at(comment).also(span, "this backslash continues the line"))
}
