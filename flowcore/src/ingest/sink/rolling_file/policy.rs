use std::time::Duration;

use crate::base::Timestamp;

/// When a file is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RollPolicy {
    pub(super) bytes: Option<u64>,
    pub(super) events: Option<u64>,
    pub(super) age: Option<Duration>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) bytes: u64,
    pub(super) events: u64,
    pub(super) opened: Timestamp,
}

impl RollPolicy {
    /// Whether the next event, of `next` bytes, goes into a new file. No file stays empty: an event larger
    /// than a file may be has one of its own.
    pub(super) fn rolls_before(&self, next: u64, now: Timestamp, file: Contents) -> bool {
        let too_large = self.bytes.is_some_and(|most| file.bytes.saturating_add(next) > most);
        let too_many = self.events.is_some_and(|most| file.events >= most);
        let too_old = self.age.is_some_and(|most| now.since(file.opened) >= most);
        file.events > 0 && (too_large || too_many || too_old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_full_by_size_count_or_age() {
        let none = RollPolicy { bytes: None, events: None, age: None };
        let file = Contents { bytes: 90, events: 3, opened: Timestamp::from_millis(1000) };
        let rolls =
            |policy: RollPolicy, next, now| policy.rolls_before(next, Timestamp::from_millis(now), file);
        assert!(!rolls(none, 1 << 40, 1 << 40));
        assert!(!rolls(RollPolicy { bytes: Some(100), ..none }, 10, 0));
        assert!(rolls(RollPolicy { bytes: Some(100), ..none }, 11, 0));
        assert!(!rolls(RollPolicy { events: Some(4), ..none }, 1, 0));
        assert!(rolls(RollPolicy { events: Some(3), ..none }, 1, 0));
        let second = RollPolicy { age: Some(Duration::from_secs(1)), ..none };
        assert!(!rolls(second, 1, 1999));
        assert!(rolls(second, 1, 2000));
    }

    #[test]
    fn an_empty_file_takes_whatever_comes() {
        let policy = RollPolicy { bytes: Some(1), events: Some(1), age: Some(Duration::ZERO) };
        let file = Contents { bytes: 0, events: 0, opened: Timestamp::from_millis(0) };
        assert!(!policy.rolls_before(1000, Timestamp::MAX, file));
    }
}
