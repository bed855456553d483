use regex::bytes::Captures;

use super::Pattern;
use super::error::{PatternError, PatternErrorKind};

/// What stands in the place of a match, as in Java: `$1` and `${name}` are groups, a backslash makes the
/// next character plain.
#[derive(Debug, Clone)]
pub(crate) struct Replacement(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads `text`, for matches of `pattern`.
    pub(crate) fn new(text: &str, pattern: &Pattern) -> Result<Self, PatternError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let at = text.get(..text.len() - rest.len()).unwrap_or_default().chars().count() + 1;
            let error = |kind| PatternError { pattern: text.to_owned(), at, kind };
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            match next {
                '$' => {
                    let (group, behind) = group(rest, pattern).map_err(error)?;
                    parts.push(Part::Group(group));
                    rest = behind;
                }
                '\\' => {
                    let plain = rest.chars().next();
                    let plain = plain.ok_or_else(|| error(syntax("a backslash at the end")))?;
                    push(&mut parts, plain);
                    rest = rest.get(plain.len_utf8()..).unwrap_or_default();
                }
                plain => push(&mut parts, plain),
            }
        }
        Ok(Self(parts))
    }

    /// Adds what stands in the place of `found`. A group that took no part is empty.
    pub(crate) fn append(&self, found: &Captures<'_>, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Group(group) => {
                    out.extend_from_slice(found.get(*group).map_or(&[][..], |group| group.as_bytes()));
                }
            }
        }
    }
}

fn push(parts: &mut Vec<Part>, plain: char) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push(plain),
        _ => parts.push(Part::Text(plain.into())),
    }
}

fn syntax(what: &str) -> PatternErrorKind {
    PatternErrorKind::Syntax(what.to_owned())
}

/// The group behind a `$`, and what follows. A digit that would name no group is text.
fn group<'a>(rest: &'a str, pattern: &Pattern) -> Result<(usize, &'a str), PatternErrorKind> {
    let no_group = |name: &str| PatternErrorKind::NoGroup(name.to_owned());
    if let Some(name) = rest.strip_prefix('{') {
        let (name, behind) = name.split_once('}').ok_or_else(|| syntax("unclosed group name"))?;
        let group = pattern.regex().capture_names().position(|known| known == Some(name));
        return group.map(|group| (group, behind)).ok_or_else(|| no_group(name));
    }
    let groups = pattern.regex().captures_len();
    let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err(syntax("a group is a number or a name in braces; for a plain $ write \\$"));
    }
    let named = (1..=digits).rev().filter_map(|len| Some((rest.get(..len)?, rest.get(len..)?)));
    let mut numbers = named.filter_map(|(number, behind)| Some((number.parse().ok()?, behind)));
    numbers.find(|(group, _)| *group < groups).ok_or_else(|| no_group(rest.get(..1).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, replacement: &str, text: &str) -> Result<String, String> {
        let pattern = Pattern::for_replacing(pattern).unwrap();
        let replacement = Replacement::new(replacement, &pattern).map_err(|error| error.kind.to_string())?;
        let mut out = Vec::new();
        replacement.append(&pattern.regex().captures(text.as_bytes()).unwrap(), &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn groups_and_plain_characters_are_those_of_java() {
        assert_eq!(replaced("(a)(b)?", r"<$1|$2|$0|\$1|\\|$12>", "ab").unwrap(), r"<a|b|ab|$1|\|a2>");
        assert_eq!(replaced("(a)(b)?", "[$2]", "a").unwrap(), "[]");
        assert_eq!(replaced("(?<first>a)", "é${first}", "a").unwrap(), "éa");
    }

    #[test]
    fn a_group_that_is_not_there_is_named() {
        assert_eq!(replaced("a", "$1", "a").unwrap_err(), "there is no group 1");
        assert_eq!(replaced("a", "${no}", "a").unwrap_err(), "there is no group no");
        assert!(replaced("a", "$", "a").unwrap_err().starts_with("a group is a number"));
        assert_eq!(replaced("a", "\\", "a").unwrap_err(), "a backslash at the end");
    }
}
