use super::entry::Entry;
use super::escapes::unescape;
use super::logical_line::{LogicalLine, Written, is_blank, logical_lines};
use crate::diagnostic::{Diagnostic, FileId, Position, Span};

/// The entries of a text in their order, and what is to be said about it. A line that cannot be read is left
/// out.
///
/// ```
/// use flowcore_agent::diagnostic::FileId;
/// use flowcore_agent::properties::parse;
///
/// let (entries, said) = parse(FileId::default(), "a1.sources = r1 \\\n   r2\n# comment\n");
/// assert_eq!(entries[0].key.as_str(), "a1.sources");
/// assert_eq!(entries[0].value.as_str(), "r1 r2");
/// assert!(said.is_empty());
/// ```
pub fn parse(file: FileId, text: &str) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (mut entries, mut said) = (Vec::new(), Vec::new());
    for line in logical_lines(file, text) {
        match entry(file, &line) {
            Ok((entry, note)) => {
                said.extend(note);
                said.extend(hash(&entry).filter(|_| line.notes.is_empty()));
                entries.push(entry);
            }
            Err(error) => said.push(*error),
        }
        said.extend(line.notes);
    }
    (entries, said)
}

fn entry(file: FileId, line: &LogicalLine) -> Result<(Entry, Option<Diagnostic>), Box<Diagnostic>> {
    let chars = &line.chars;
    let end = key_end(chars);
    let mut at = skip_blanks(chars, end);
    let mut note = None;
    if let Some(&(separator @ ('=' | ':'), position)) = chars.get(at) {
        at = skip_blanks(chars, at + 1);
        if separator == ':' {
            note = colon(file, position, &chars[at..]);
        }
    }
    let start = chars.first().map_or(Position { line: 1, column: 1 }, |(_, position)| *position);
    let behind =
        chars.last().map_or(start, |(_, last)| Position { column: last.column.saturating_add(1), ..*last });
    let (key, _) = unescape(file, start, &chars[..end])?;
    let (value, dropped) =
        unescape(file, chars.get(at).map_or(behind, |(_, position)| *position), &chars[at..])?;
    Ok((Entry { key, value, dropped }, note))
}

/// Where the key ends: before the first `=`, `:` or blank that has no backslash.
fn key_end(chars: &[Written]) -> usize {
    let mut is_escaped = false;
    let end = chars.iter().position(|&(c, _)| {
        let ends = !is_escaped && (is_blank(c) || matches!(c, '=' | ':'));
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    end.unwrap_or(chars.len())
}

fn skip_blanks(chars: &[Written], from: usize) -> usize {
    let blanks = chars.get(from..).unwrap_or_default().iter().take_while(|(c, _)| is_blank(*c)).count();
    (from + blanks).min(chars.len())
}

/// `a.sources.r1:x=1` looks as if the key were `a.sources.r1:x`.
fn colon(file: FileId, position: Position, rest: &[Written]) -> Option<Diagnostic> {
    let follows_at_once = rest.first().is_some_and(|(_, next)| {
        next.line == position.line && next.column == position.column.saturating_add(1)
    });
    let has_equals = rest.iter().any(|(c, _)| *c == '=');
    (follows_at_once && has_equals).then(|| {
        let span = Span { file, start: position, length: 1 };
        Diagnostic::note("colon-ends-key", "the key ends at this colon")
            .at(span)
            .help("a colon that belongs to the key is written \\:")
    })
}

fn hash(entry: &Entry) -> Option<Diagnostic> {
    let value = entry.value.as_str();
    let at = value.find(" #").or_else(|| value.find("\t#"))? + 1;
    let span = entry.value.span_of(at..at + 1);
    Some(
        Diagnostic::note("hash-in-value", "text after # is part of the value")
            .at(span)
            .help("a comment has a line of its own"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let (entries, _) = parse(FileId(0), text);
        let owned = |entry: &Entry| (entry.key.as_str().to_owned(), entry.value.as_str().to_owned());
        entries.iter().map(owned).collect()
    }

    fn codes(text: &str) -> Vec<(&'static str, u32, u32)> {
        let (_, said) = parse(FileId(0), text);
        let place = |said: &Diagnostic| said.span.map_or((0, 0), |span| (span.start.line, span.start.column));
        said.iter().map(|said| (said.code, place(said).0, place(said).1)).collect()
    }

    #[test]
    fn keys_and_values_are_split_as_java_does() {
        let table = [
            ("a=b", "a", "b"),
            ("a : b", "a", "b"),
            ("a\tb c ", "a", "b c "),
            ("  a  =  = b", "a", "= b"),
            ("a=:b", "a", ":b"),
            ("a", "a", ""),
            ("=b", "", "b"),
            ("a\\=b\\:c\\ d=e", "a=b:c d", "e"),
            ("a = b # c", "a", "b # c"),
            ("a = \\u00e9\\t\\d\\\\", "a", "é\td\\"),
            ("a = \\ud83d\\ude00!", "a", "😀!"),
            ("a = \\ud83dx\\ude00\\ud83d", "a", "\u{fffd}x\u{fffd}\u{fffd}"),
            ("a\u{a0}b = c", "a\u{a0}b", "c"),
        ];
        for (text, key, value) in table {
            assert_eq!(pairs(text), [(key.to_owned(), value.to_owned())], "{text}");
        }
    }

    #[test]
    fn comments_are_not_continued_and_lines_are() {
        let text = "# c \\\na = 1 \\\r\n   2\\\r 3\n! d\n\n \t\u{c}\nb = x\\\\\nc\\\n = 4";
        let expected = [("a", "1 23"), ("b", "x\\"), ("c", "4")];
        assert_eq!(pairs(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(codes(text), []);
    }

    #[test]
    fn a_continuation_into_a_comment_or_the_end_is_noted() {
        assert_eq!(codes("a = 1 \\\n  # b\nc = 2"), [("continued-into-comment", 2, 3)]);
        assert_eq!(codes("a = 1\\"), [("continued-to-nowhere", 1, 6)]);
        assert_eq!(pairs("a = 1\\"), [("a".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn a_bad_escape_spoils_its_line_alone() {
        assert_eq!(codes("a = 1\nb = \\u12x4\nc = 3"), [("malformed-escape", 2, 5)]);
        assert_eq!(pairs("a = 1\nb = \\u12\nc = 3").len(), 2);
        assert_eq!(codes("\\u = 1"), [("malformed-escape", 1, 1)]);
    }

    #[test]
    fn what_looks_like_something_else_is_noted() {
        assert_eq!(codes("a.sources.r1:x=1"), [("colon-ends-key", 1, 13)]);
        assert_eq!(codes("a.url: http://x/?a=b\na.b=hdfs://c"), []);
        assert_eq!(codes("a = b # c"), [("hash-in-value", 1, 7)]);
    }

    #[test]
    fn every_character_knows_where_it_was_written() {
        let (entries, _) = parse(FileId(0), "x = 1\n  ab\\tc = one \\\n    tw\\u0061o three");
        let entry = &entries[1];
        assert_eq!(
            entry.key.span(),
            Span { file: FileId(0), start: Position { line: 2, column: 3 }, length: 5 }
        );
        let words: Vec<_> =
            entry.value.as_str().split(' ').map(|word| entry.value.span_of_part(word)).collect();
        let place = |at: usize| (words[at].start.line, words[at].start.column, words[at].length);
        assert_eq!((place(0), place(1), place(2)), ((2, 11, 3), (3, 5, 9), (3, 15, 5)));
        assert_eq!(entry.value.span().length, 4);
    }

    #[test]
    fn dropped_backslashes_are_remembered() {
        let (entries, _) = parse(FileId(0), "a = \\d+\\.log \\\\. \\t \\= \\n");
        let columns: Vec<u32> = entries[0].dropped.iter().map(|span| span.start.column).collect();
        assert_eq!(columns, [5, 8]);
    }
}
