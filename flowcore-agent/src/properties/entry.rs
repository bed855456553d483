use super::Text;
use crate::diagnostic::Span;

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, with escapes resolved.
    pub key: Text,
    /// The value, with escapes resolved, blanks behind it included.
    pub value: Text,
    /// Backslashes of the value that mean nothing and were dropped, as in `\d`; the first few.
    pub dropped: Vec<Span>,
}

impl Entry {
    /// Whether its value is never shown.
    pub fn is_secret(&self) -> bool {
        is_secret(self.key.as_str())
    }
}

/// Whether the value of `key` is never shown.
pub(crate) fn is_secret(key: &str) -> bool {
    key.to_ascii_lowercase().contains("password")
}
