use std::sync::Arc;

use crate::diagnostic::Span;
use crate::properties::Entry;

/// A key of a component and its value, with references resolved and trimmed.
#[derive(Debug, Clone)]
pub struct Setting {
    entry: Arc<Entry>,
    /// Where the key of the component begins in the whole key, in bytes.
    from: usize,
    value: String,
    /// The key, when neither key nor value were written: they hold because of the setting of `entry`.
    supplied: Option<&'static str>,
    /// Whether the value is what was written.
    is_literal: bool,
    /// Whether only a run can know it.
    is_deferred: bool,
}

impl Setting {
    /// `from` is where the component's key begins in the trimmed key of `entry`; `value` may be another than
    /// the one that was written.
    pub(crate) fn new(entry: Arc<Entry>, from: usize, value: &str) -> Self {
        let value = value.trim_matches(|c| c <= ' ').to_owned();
        let is_literal = entry.value.trimmed() == value;
        Self { entry, from, value, supplied: None, is_literal, is_deferred: false }
    }

    /// A setting that nobody wrote, which holds because of this one and is shown in its place.
    pub(crate) fn supply(&self, key: &'static str, value: &str) -> Self {
        let (entry, value) = (Arc::clone(&self.entry), value.trim().to_owned());
        Self { entry, from: self.from, value, supplied: Some(key), is_literal: false, is_deferred: false }
    }

    /// The key, without agent, group and component.
    pub fn key(&self) -> &str {
        self.supplied.unwrap_or_else(|| self.entry.key.trimmed().get(self.from..).unwrap_or(""))
    }

    /// The whole key.
    pub fn full_key(&self) -> &str {
        self.entry.key.trimmed()
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value for messages: as it was written, so that nothing secret that it refers to is shown, and
    /// never that of a password.
    pub fn shown(&self) -> &str {
        match self.supplied {
            Some(key) if key.contains("password") => "***",
            Some(_) => &self.value,
            None if self.entry.is_secret() => "***",
            None => self.entry.value.trimmed(),
        }
    }

    /// Where the whole key stands.
    pub fn span(&self) -> Span {
        self.entry.key.trimmed_span()
    }

    /// Where a part of [`key`](Self::key) or [`full_key`](Self::full_key) stands.
    pub fn span_of_key(&self, part: &str) -> Span {
        self.entry.key.span_of_part(part)
    }

    /// Where the value stands.
    pub fn value_span(&self) -> Span {
        self.entry.value.trimmed_span()
    }

    /// Where some bytes of the value stand; all of it when they came from elsewhere.
    pub fn span_of_value(&self, from: usize, to: usize) -> Span {
        let trimmed = self.entry.value.trimmed();
        match trimmed.get(from..to) {
            Some(part) if self.is_literal => self.entry.value.span_of_part(part),
            _ => self.value_span(),
        }
    }

    /// The words of the value, and where they stand.
    pub fn words(&self) -> Vec<(&str, Span)> {
        let words = self.value.split_ascii_whitespace();
        let place = |word: &str| {
            let from = word.as_ptr() as usize - self.value.as_ptr() as usize;
            self.span_of_value(from, from + word.len())
        };
        words.map(|word| (word, place(word))).collect()
    }

    /// Backslashes that mean nothing.
    pub fn dropped_backslashes(&self) -> &[Span] {
        &self.entry.dropped
    }

    /// Whether a config filter is asked for a part of the value when the agent starts, and not before.
    pub fn is_deferred(&self) -> bool {
        self.is_deferred
    }

    pub(crate) fn set_value(&mut self, value: String) {
        self.is_literal = self.entry.value.trimmed() == value;
        self.value = value;
    }

    pub(crate) fn defer(&mut self) {
        self.is_deferred = true;
    }
}
