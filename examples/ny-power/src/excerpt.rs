//! Pieces of bad input that go into a message.

/// The beginning of what is in a field, 40 characters at most, safe to print.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    beginning(bytes, 40)
}

/// The beginning of a file's name, safe to print.
pub(crate) fn file_name(bytes: &[u8]) -> String {
    beginning(bytes, 120)
}

/// Escaped, and cut off where it is long.
fn beginning(bytes: &[u8], most: usize) -> String {
    // A character is four bytes at most.
    let start = bytes.get(..4 * (most + 1)).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start);
    let mut shown: String = text.chars().take(most).flat_map(char::escape_debug).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole_and_what_is_long_is_cut_off() {
        assert_eq!(excerpt(b"CST"), "CST");
        assert_eq!(excerpt(&[b'x'; 41]), "x".repeat(40) + "…");
        assert_eq!(excerpt(&vec![b'x'; 1_000_000]), "x".repeat(40) + "…");
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        assert_eq!(excerpt(b"a\n\x1b\"\xff"), "a\\n\\u{1b}\\\"\u{fffd}");
    }
}
