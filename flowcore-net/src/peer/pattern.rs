/// Whether the whole of `text` is what `pattern` says: `*` is any text, `?` any character, and everything
/// else itself, in any case. Takes time in proportion to both lengths.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // The last star, and how much of the text it has taken.
    let mut star = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&text[read]) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, read) = (after + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_are_any_text_and_question_marks_any_character() {
        for (pattern, text, expected) in [
            ("10.1.*", "10.1.2.3", true),
            ("10.1.*", "10.12.3.4", false),
            ("10.?.0.1", "10.9.0.1", true),
            ("10.?.0.1", "10.99.0.1", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("*.Example.com", "web1.example.COM", true),
            ("*.example.com", "example.com", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            // The point is a point.
            ("10.0.0.1", "10x0x0x1", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let (pattern, text) = ("*a".repeat(2000), "a".repeat(3000) + "b");
        assert!(!matches(&pattern, &text));
    }
}
