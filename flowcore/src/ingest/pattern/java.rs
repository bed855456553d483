use regex::bytes::{Regex, RegexBuilder};

use super::error::{PatternError, PatternErrorKind};
use super::translate::{End, translate};

/// A regular expression in Java's syntax, for bytes that are UTF-8 text.
///
/// It takes time in proportion to the text, whatever the expression is. What cannot be run so, and a few rare
/// things, are errors with their place: look-around, back-references, possessive and atomic groups, `\G`, `\X`.
/// `\d`, `\w`, `\s` and `\b` know ASCII alone, as in Java; `.` and `$` know all of Java's line ends. A match
/// of `$` and `\Z` includes the line end that they look past.
///
/// ```
/// use flowcore::ingest::pattern::Pattern;
///
/// let pattern = Pattern::new(r"(\d+)\Q.\E$")?;
/// assert!(pattern.finds(b"version 12.\r\n"));
/// assert!(!pattern.finds(b"version 12"));
/// let error = Pattern::new("a(?=b)").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "regular expression a(?=b): look-ahead is not supported, at character 2"
/// );
/// # Ok::<(), flowcore::ingest::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Reads `text`.
    ///
    /// # Errors
    /// [`PatternError`] where it is no expression, or one that cannot be run.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        Self::ending(text, End::WithLineEnd)
    }

    /// One whose `$` is the end of the text alone, so that no line end is replaced with what it matches.
    pub(crate) fn for_replacing(text: &str) -> Result<Self, PatternError> {
        Self::ending(text, End::OfText)
    }

    /// One that matches whole texts only.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn whole(text: &str) -> Result<Self, PatternError> {
        let inner = translate(text, End::OfText)?;
        Self::compile(text, &format!(r"\A(?:{inner})\z"))
    }

    fn ending(text: &str, end: End) -> Result<Self, PatternError> {
        Self::compile(text, &translate(text, end)?)
    }

    fn compile(text: &str, translated: &str) -> Result<Self, PatternError> {
        let regex = RegexBuilder::new(translated).build().map_err(|error| {
            let error = error.to_string();
            let last = error.lines().last().unwrap_or_default();
            let kind = PatternErrorKind::Syntax(last.trim_start_matches("error: ").to_owned());
            PatternError { pattern: text.to_owned(), at: 1, kind }
        })?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere in `text`.
    pub fn finds(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// What the groups of the whole match are, from the first on: none that took no part, or that there is not.
    /// `None` when there is no match.
    ///
    /// ```
    /// use flowcore::ingest::pattern::Pattern;
    ///
    /// let pattern = Pattern::whole(r"(\w+)(?:=(\w+))?")?;
    /// assert_eq!(pattern.groups(b"key=value"), Some([Some(&b"key"[..]), Some(b"value"), None]));
    /// assert_eq!(pattern.groups(b"key"), Some([Some(&b"key"[..]), None]));
    /// assert_eq!(pattern.groups::<1>(b"key="), None);
    /// # Ok::<(), flowcore::ingest::pattern::PatternError>(())
    /// ```
    pub fn groups<'t, const N: usize>(&self, text: &'t [u8]) -> Option<[Option<&'t [u8]>; N]> {
        let found = self.regex.captures(text)?;
        Some(std::array::from_fn(|at| found.get(at + 1).map(|group| group.as_bytes())))
    }

    pub(crate) fn regex(&self) -> &Regex {
        &self.regex
    }
}
