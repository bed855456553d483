use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::Interceptor;
use super::stamp::Stamp;
use crate::event::Event;

/// Sets a header to a random UUID of 36 characters, another one for each event.
///
/// It tells events apart; it is no secret. Its bits are a keyed hash of a counter, whose key the system drew:
/// no system call for each event, and nothing that can fail.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::interceptor::UuidInterceptor;
///
/// let events = UuidInterceptor::new().prefix("web-").intercept(vec![Event::new("a")]);
/// assert_eq!(events[0].headers.get("id").map(str::len), Some(4 + 36));
/// ```
#[derive(Debug, Clone)]
pub struct UuidInterceptor {
    stamp: Stamp,
    prefix: String,
    keys: [RandomState; 2],
    made: u64,
    text: String,
}

impl UuidInterceptor {
    /// Sets `id`, where it is not there.
    pub fn new() -> Self {
        Self {
            stamp: Stamp::new("id", true),
            prefix: String::new(),
            keys: [RandomState::new(), RandomState::new()],
            made: 0,
            text: String::new(),
        }
    }

    /// The header's name; `id` unless said otherwise.
    #[must_use]
    pub fn header_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.stamp.header = name.into();
        self
    }

    /// Whether a header that is there is kept; true unless said otherwise.
    #[must_use]
    pub fn preserve_existing(mut self, preserve: bool) -> Self {
        self.stamp.preserve_existing = preserve;
        self
    }

    /// What stands before the UUID; nothing unless said otherwise.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    fn next_id(&mut self) -> Arc<str> {
        self.made += 1;
        let [high, low] = self.keys.each_ref().map(|key| key.hash_one(self.made));
        // Version 4, variant 1.
        let high = high & !0xF000 | 0x4000;
        let low = low & !(0b11 << 62) | 0b10 << 62;
        self.text.clear();
        // A write into a string does not fail.
        let _ = write!(
            self.text,
            "{}{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            self.prefix,
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFFF,
            low >> 48,
            low & 0xFFFF_FFFF_FFFF
        );
        self.text.as_str().into()
    }
}

impl Default for UuidInterceptor {
    fn default() -> Self {
        Self::new()
    }
}

impl Interceptor<Event> for UuidInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let stamp = self.stamp.clone();
        for event in &mut events {
            stamp.set(event, || self.next_id());
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_event_of_every_interceptor_has_another_id_of_version_4() {
        let mut seen = HashSet::new();
        for mut interceptor in [UuidInterceptor::new(), UuidInterceptor::new()] {
            for event in interceptor.intercept(vec![Event::new("a"); 10_000]) {
                let id = event.headers.get("id").unwrap().to_owned();
                let parts: Vec<&str> = id.split('-').collect();
                assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
                assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
                assert!(seen.insert(id));
            }
        }
    }

    #[test]
    fn an_id_that_is_there_is_kept_unless_told_otherwise() {
        let events = || vec![Event::new("a").with_header("id", "7")];
        assert_eq!(UuidInterceptor::new().intercept(events())[0].headers.get("id"), Some("7"));
        let mut anew = UuidInterceptor::new().preserve_existing(false);
        assert_ne!(anew.intercept(events())[0].headers.get("id"), Some("7"));
    }
}
