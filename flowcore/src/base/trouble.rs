use std::time::Duration;

use super::Timestamp;

/// What is worth a line of the log while something fails again and again: that it begins, that it goes on,
/// that it is over. An outage of an hour is some sixty lines, whatever the pauses between tries are.
///
/// ```
/// use flowcore::base::{Timestamp, Trouble, TroubleExtent, TroubleNews};
/// use std::time::Duration;
///
/// let second = |second: i64| Timestamp::from_millis(second * 1000);
/// let mut trouble = Trouble::default();
/// assert_eq!(trouble.failed("refused", second(0)), Some(TroubleNews::Begins));
/// assert_eq!(trouble.failed("refused", second(30)), None);
/// let extent = TroubleExtent { time: Duration::from_secs(60), failures: 3 };
/// assert_eq!(trouble.failed("refused", second(60)), Some(TroubleNews::GoesOn(extent)));
/// assert_eq!(trouble.over(second(61)).map(|extent| extent.failures), Some(3));
/// assert_eq!(trouble.over(second(62)), None);
/// ```
#[derive(Debug, Default)]
pub struct Trouble(Option<Open>);

#[derive(Debug)]
struct Open {
    since: Timestamp,
    failures: u64,
    said: String,
    said_at: Timestamp,
}

/// How much a trouble is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TroubleExtent {
    /// How long it lasts, in [`whole_seconds`].
    pub time: Duration,
    /// How often it failed.
    pub failures: u64,
}

/// A failure that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleNews {
    /// It is the first one.
    Begins,
    /// For some time, or with another error.
    GoesOn(TroubleExtent),
}

/// Whole seconds, as long as there are any: for people.
///
/// ```
/// use flowcore::base::whole_seconds;
/// use std::time::Duration;
///
/// assert_eq!(whole_seconds(Duration::from_millis(61_234)), Duration::from_secs(61));
/// assert_eq!(whole_seconds(Duration::from_millis(234)), Duration::from_millis(234));
/// ```
pub fn whole_seconds(time: Duration) -> Duration {
    if time.as_secs() == 0 { time } else { Duration::from_secs(time.as_secs()) }
}

impl Trouble {
    /// The same error is told again after so long.
    const SAME: Duration = Duration::from_mins(1);
    /// Another one, of several that take turns.
    const OTHER: Duration = Duration::from_secs(10);

    /// It failed. What is to be told of that, if anything: the first failure, one each minute, and another error
    /// after ten seconds.
    pub fn failed(&mut self, error: &str, now: Timestamp) -> Option<TroubleNews> {
        let Some(open) = &mut self.0 else {
            self.0 = Some(Open { since: now, failures: 1, said: error.to_owned(), said_at: now });
            return Some(TroubleNews::Begins);
        };
        open.failures += 1;
        let pause = if open.said == error { Self::SAME } else { Self::OTHER };
        if now.since(open.said_at) < pause {
            return None;
        }
        error.clone_into(&mut open.said);
        open.said_at = now;
        Some(TroubleNews::GoesOn(open.extent(now)))
    }

    /// It works. What the trouble was, if there was any.
    pub fn over(&mut self, now: Timestamp) -> Option<TroubleExtent> {
        self.0.take().map(|open| open.extent(now))
    }
}

impl Open {
    fn extent(&self, now: Timestamp) -> TroubleExtent {
        TroubleExtent { time: whole_seconds(now.since(self.since)), failures: self.failures }
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
        assert_eq!(
            trouble.over(second(150)),
            Some(TroubleExtent { time: Duration::from_secs(150), failures: 150 })
        );
        assert_eq!(trouble.over(second(151)), None);
        assert_eq!(trouble.failed("refused", second(152)), Some(TroubleNews::Begins));
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
