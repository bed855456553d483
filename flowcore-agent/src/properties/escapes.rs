use super::Text;
use super::logical_line::Written;
use crate::diagnostic::{Diagnostic, FileId, Position, Span};

/// The most backslashes that are remembered as dropped, for each value.
const REMEMBERED: usize = 8;

/// Resolves the escapes of a key or a value that begins at `start`.
///
/// # Errors
/// A diagnostic for a malformed `\u`.
pub(super) fn unescape(
    file: FileId,
    start: Position,
    chars: &[Written],
) -> Result<(Text, Vec<Span>), Box<Diagnostic>> {
    let mut text = Text::new(file, start);
    let mut dropped = Vec::new();
    let mut high: Option<(u16, Position)> = None;
    let mut at = 0;
    while let Some(&(c, from)) = chars.get(at) {
        let (unit, length) = match (c, chars.get(at + 1)) {
            ('\\', Some(('u', _))) => (Unit::Half(hex(file, from, chars.get(at + 2..at + 6))?), 6),
            ('\\', Some(&(next, _))) => {
                if next.is_alphanumeric() && simple(next).is_none() || next == '.' {
                    dropped.extend((dropped.len() < REMEMBERED).then_some(Span {
                        file,
                        start: from,
                        length: 2,
                    }));
                }
                (Unit::Char(simple(next).unwrap_or(next)), 2)
            }
            ('\\', None) => break,
            _ => (Unit::Char(c), 1),
        };
        at += length;
        let (last_char, last) = chars[at - 1];
        debug_assert!(last_char != '\r', "lines were split before");
        let end = Position { line: last.line, column: last.column.saturating_add(1) };
        push(&mut text, &mut high, unit, from, end);
    }
    if let Some((_, from)) = high {
        text.push(
            char::REPLACEMENT_CHARACTER,
            from,
            Position { column: from.column.saturating_add(6), ..from },
        );
    }
    Ok((text, dropped))
}

#[derive(Clone, Copy)]
enum Unit {
    Char(char),
    /// A unit of UTF-16.
    Half(u16),
}

/// Java puts characters beyond the first 65,536 together from two escapes.
fn push(text: &mut Text, high: &mut Option<(u16, Position)>, unit: Unit, from: Position, end: Position) {
    let first = high.take();
    if let (Some((first, start)), Unit::Half(second)) = (first, unit)
        && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
    {
        return text.push(c, start, end);
    }
    if let Some((_, start)) = first {
        text.push(char::REPLACEMENT_CHARACTER, start, from);
    }
    match unit {
        Unit::Half(half @ 0xd800..0xdc00) => *high = Some((half, from)),
        Unit::Half(half) => {
            text.push(char::from_u32(half.into()).unwrap_or(char::REPLACEMENT_CHARACTER), from, end);
        }
        Unit::Char(c) => text.push(c, from, end),
    }
}

fn simple(c: char) -> Option<char> {
    Some(match c {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'f' => '\u{c}',
        _ => return None,
    })
}

fn hex(file: FileId, from: Position, digits: Option<&[Written]>) -> Result<u16, Box<Diagnostic>> {
    let value = digits.and_then(|digits| {
        digits.iter().try_fold(0, |value: u32, (c, _)| Some(value << 4 | c.to_digit(16)?))
    });
    value.and_then(|value| u16::try_from(value).ok()).ok_or_else(|| {
        let message = "malformed \\uxxxx encoding";
        let span = Span { file, start: from, length: 2 };
        let help = "four hexadecimal digits belong behind \\u; a backslash itself is written \\\\";
        Box::new(Diagnostic::error("malformed-escape", message).at(span).help(help))
    })
}
