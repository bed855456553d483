use std::time::Duration;

use crate::base::Timestamp;

/// What is worth a line of the log while a component fails again and again: that it begins, that it goes on,
/// that it is over. An outage of an hour is some sixty lines, whatever the pauses between tries are.
#[derive(Debug, Default)]
pub(super) struct Trouble(Option<Open>);

#[derive(Debug)]
struct Open {
    since: Timestamp,
    failures: u64,
    said: String,
    said_at: Timestamp,
}

/// How long it lasts, and how often it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) time: Duration,
    pub(super) failures: u64,
}

/// Another failure that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Begins,
    /// For some time, or with another error.
    GoesOn(Extent),
}

impl Trouble {
    /// The same error is told again after so long.
    const SAME: Duration = Duration::from_mins(1);
    /// Another one, of several that take turns.
    const OTHER: Duration = Duration::from_secs(10);

    pub(super) fn failed(&mut self, error: &str, now: Timestamp) -> Option<Told> {
        let Some(open) = &mut self.0 else {
            self.0 = Some(Open { since: now, failures: 1, said: error.to_owned(), said_at: now });
            return Some(Told::Begins);
        };
        open.failures += 1;
        let pause = if open.said == error { Self::SAME } else { Self::OTHER };
        if now.since(open.said_at) < pause {
            return None;
        }
        error.clone_into(&mut open.said);
        open.said_at = now;
        Some(Told::GoesOn(open.extent(now)))
    }

    /// It works. What it was, if there was any.
    pub(super) fn over(&mut self, now: Timestamp) -> Option<Extent> {
        self.0.take().map(|open| open.extent(now))
    }
}

impl Open {
    fn extent(&self, now: Timestamp) -> Extent {
        Extent { time: now.since(self.since), failures: self.failures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn an_outage_is_told_when_it_begins_each_minute_and_when_it_is_over() {
        let mut trouble = Trouble::default();
        let told: Vec<i64> = (0..150).filter(|at| trouble.failed("refused", second(*at)).is_some()).collect();
        assert_eq!(told, [0, 60, 120]);
        assert_eq!(trouble.over(second(150)), Some(Extent { time: Duration::from_secs(150), failures: 150 }));
        assert_eq!(trouble.over(second(151)), None);
        assert_eq!(trouble.failed("refused", second(152)), Some(Told::Begins));
    }

    #[test]
    fn another_error_is_told_sooner_and_errors_that_take_turns_are_not_told_each_time() {
        let mut trouble = Trouble::default();
        let errors = ["refused", "reset"];
        let told: Vec<i64> = (0..40)
            .filter(|at| trouble.failed(errors[usize::try_from(at % 2).unwrap()], second(*at)).is_some())
            .collect();
        assert_eq!(told, [0, 11, 22, 33]);
    }
}
