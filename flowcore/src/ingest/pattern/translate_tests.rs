use super::*;
use crate::ingest::pattern::Pattern;

fn finds(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).unwrap_or_else(|error| panic!("{error}")).finds(text.as_bytes())
}

#[test]
fn what_java_matches_is_matched() {
    let cases = [
        (r"^\d{3}$", "123\n"),
        (r"^\d{3}$", "123\r\n"),
        (r"a\Zb?", "a\n"),
        (r"\Q[a.b]*\E", "x[a.b]*"),
        (r"\x41\u0042\0103\x{44}\ud83d\ude00\e\cA", "ABCD\u{1F600}\u{1B}\u{1}"),
        (r"[\d\-a-c&&[^b]]{3}", "1-c"),
        (r"[a--z]", "-"),
        (r"(?i)HELLO", "hello"),
        (r"(?s)a.b", "a\nb"),
        (r"(?s:a.)b.c", "a\nb-c"),
        (r"(?iu:É)", "é"),
        (r"(?u)é", "é"),
        (r"\p{Alpha}\p{Lu}\pL\P{Upper}\p{IsL}", "aBcdé"),
        (r"\bfoo\b", "a foo."),
        (r"a\hb\Rc", "a b\r\nc"),
        (r"a*?b??c+?", "c"),
        (r"\<\/\-\_\#", "</-_#"),
        (r"(?<year>\d+)", "2024"),
        (r"[]a]", "]"),
        (r"(?m)^b$", "a\nb\nc"),
    ];
    for (pattern, text) in cases {
        assert!(finds(pattern, text), "{pattern} in {text:?}");
    }
}

#[test]
fn what_java_does_not_match_is_not_matched() {
    let cases = [
        (r"\d", "٣"),
        (r"\w", "é"),
        (r"\s", "\u{A0}"),
        ("a.b", "a\rb"),
        ("a.b", "a\u{2028}b"),
        (r"(?:(?s))a.b", "a\nb"),
        ("^a$", "a\nb"),
        (r"^a\z", "a\n"),
        (r"\p{Alpha}", "é"),
    ];
    for (pattern, text) in cases {
        assert!(!finds(pattern, text), "{pattern} in {text:?}");
    }
}

#[test]
fn what_cannot_be_run_is_named_with_its_place() {
    let cases = [
        ("ab(?=c)", 3, "look-ahead is not supported"),
        ("ab(?!c)", 3, "look-ahead is not supported"),
        ("é(?<!c)", 2, "look-behind is not supported"),
        ("(?>a)", 1, "an atomic group is not supported"),
        (r"(a)\1", 4, "a back-reference is not supported"),
        (r"(?<n>a)\k<n>", 8, "a back-reference is not supported"),
        ("a*+", 3, "a possessive quantifier is not supported"),
        ("a{2}+", 5, "a possessive quantifier is not supported"),
        (r"\y", 1, "unknown escape"),
        (r"a\", 2, "a backslash at the end"),
        (r"\uD800", 1, "no such character"),
        ("(?q)", 3, "unknown inline flag"),
        ("(a", 1, "unclosed group"),
    ];
    for (pattern, at, what) in cases {
        let error = Pattern::new(pattern).map(|_| ()).unwrap_err();
        assert_eq!((error.at, error.kind.to_string().as_str()), (at, what), "{pattern}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let parts =
        ["\\", "(", "?", "[", "^", "]", "x", "u", "{", "}", "Q", "E", "p", "-", "i", ")", "é", "0", "+"];
    for seed in 0..5_000_u64 {
        let mut pattern = String::new();
        for at in 0..12 {
            let random = crate::ingest::random::mixed(seed, at) % parts.len() as u64;
            pattern.push_str(parts[usize::try_from(random).unwrap()]);
        }
        if let Err(error) = translate(&pattern, End::WithLineEnd) {
            assert!((1..=pattern.chars().count() + 1).contains(&error.at), "seed {seed}: {error}");
        }
    }
}
