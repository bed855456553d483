//! Lines out of bytes that come in pieces.

use crate::row::MAX_ROW_BYTES;

/// A line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// With an end, LF or CRLF.
    Whole(&'a [u8]),
    /// The input ends without one, or in the middle of CRLF. Not empty.
    Last(&'a [u8]),
    /// Longer than a row can be; what it says is not kept.
    TooLong,
}

/// Cuts bytes into lines. It keeps the beginning of the last line, up to the length of a row.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    kept: Vec<u8>,
    /// The rest of a line that is too long.
    skipping: bool,
}

impl Lines {
    /// Hands over every line that ends in `bytes`.
    pub(crate) fn feed(&mut self, bytes: &[u8], line: &mut impl FnMut(Line<'_>)) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            let piece = bytes.get(start..end).unwrap_or_default();
            start = end + 1;
            if self.kept.is_empty() && !self.skipping {
                line(whole(piece));
            } else {
                self.keep(piece, line);
                if !std::mem::take(&mut self.skipping) {
                    line(whole(&self.kept));
                }
                self.kept.clear();
            }
        }
        let rest = bytes.get(start..).unwrap_or_default();
        self.keep(rest, line);
    }

    /// Hands over what is left, when the input has ended.
    pub(crate) fn end(&mut self, line: &mut impl FnMut(Line<'_>)) {
        if !std::mem::take(&mut self.skipping) {
            match whole(&self.kept) {
                Line::Whole(b"") => {}
                Line::Whole(last) => line(Line::Last(last)),
                other => line(other),
            }
        }
        self.kept.clear();
    }

    fn keep(&mut self, piece: &[u8], line: &mut impl FnMut(Line<'_>)) {
        if self.skipping {
            return;
        }
        // One more than a row, for the CR that is not part of it.
        if self.kept.len() + piece.len() > MAX_ROW_BYTES + 1 {
            self.kept.clear();
            self.skipping = true;
            line(Line::TooLong);
        } else {
            self.kept.extend_from_slice(piece);
        }
    }
}

fn whole(piece: &[u8]) -> Line<'_> {
    let line = piece.strip_suffix(b"\r").unwrap_or(piece);
    if line.len() > MAX_ROW_BYTES { Line::TooLong } else { Line::Whole(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], size: usize) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut line = |line: Line<'_>| {
            found.push(match line {
                Line::Whole(text) => format!("{}.", String::from_utf8_lossy(text)),
                Line::Last(text) => String::from_utf8_lossy(text).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        };
        for piece in text.chunks(size) {
            lines.feed(piece, &mut line);
            assert!(lines.kept.len() <= MAX_ROW_BYTES + 1);
        }
        lines.end(&mut line);
        found
    }

    #[test]
    fn lines_end_with_lf_or_crlf_and_the_last_one_may_end_with_nothing() {
        for size in 1..20 {
            assert_eq!(cut(b"one\r\ntwo\n\nfour\r\nfive", size), ["one.", "two.", ".", "four.", "five"]);
            assert_eq!(cut(b"one\r\n", size), ["one."]);
            assert_eq!(cut(b"one\r\n\r", size), ["one."]);
            assert_eq!(cut(b"one\r", size), ["one"]);
            assert!(cut(b"", size).is_empty());
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_said_once_and_the_next_one_is_whole() {
        let long = "x".repeat(3 * MAX_ROW_BYTES);
        for text in [format!("a\n{long}\nb\n"), format!("a\n{long}\r\nb\n")] {
            for size in [1, 7, 1000, 1024, 1025, 1 << 20] {
                assert_eq!(cut(text.as_bytes(), size), ["a.", "too long", "b."], "{size}");
            }
        }
        assert_eq!(cut(long.as_bytes(), 100), ["too long"]);
    }

    #[test]
    fn a_line_of_the_greatest_length_is_whole_however_it_comes() {
        let row = "x".repeat(MAX_ROW_BYTES);
        for (end, size) in [("\n", 1), ("\r\n", 1), ("\n", 5000), ("\r\n", 5000), ("\r\n", 1025)] {
            assert_eq!(cut(format!("{row}{end}").as_bytes(), size), [format!("{row}.")], "{size}");
            assert_eq!(cut(format!("{row}x{end}").as_bytes(), size), ["too long"], "{size}");
            assert_eq!(cut(format!("{row}x").as_bytes(), size), ["too long"], "{size}");
        }
    }
}
