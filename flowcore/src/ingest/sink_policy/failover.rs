use std::time::Duration;

use super::{SinkPolicy, doubled_seconds};
use crate::base::Timestamp;

/// The sink with the highest priority delivers, and the next one when it fails.
///
/// A sink that failed rests for 2 s, then 4 s, and so on, doubled for each failure in a row, up to
/// [`max_penalty`](Self::max_penalty). When its rest is over it is tried with the next batch, before any
/// other; if it delivers, it is in line again. Its failures are forgotten then.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::sink_policy::{FailoverPolicy, SinkPolicy};
///
/// let mut policy = FailoverPolicy::new([Some(5), Some(10)])?;
/// let start = Timestamp::from_millis(0);
/// policy.begin(start);
/// assert_eq!(policy.next(), Some(1));
/// policy.failed(1, start);
/// assert_eq!(policy.next(), Some(0));
/// policy.delivered(0, start);
/// assert_eq!(policy.resting_until(1), Some(Timestamp::from_millis(2_000)));
/// # Ok::<(), flowcore::ingest::sink_policy::EqualPriorities>(())
/// ```
#[derive(Debug, Clone)]
pub struct FailoverPolicy {
    sinks: Vec<Standing>,
    max_penalty: Duration,
    /// Sinks whose rest is over, the last to be tried first.
    due: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    priority: i64,
    /// In a row.
    failures: u32,
    rests: Option<Timestamp>,
}

/// Two sinks of a group have the same priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sinks {first} and {second} of the group, counted from 0, both have priority {priority}")]
pub struct EqualPriorities {
    /// The sink that had it first.
    pub first: usize,
    /// The other sink.
    pub second: usize,
    /// What they both have.
    pub priority: i64,
}

impl FailoverPolicy {
    /// Sinks with these priorities, in the order of the group. Those without one get −1, −2 and so on.
    ///
    /// # Errors
    /// [`EqualPriorities`] when two would have the same.
    pub fn new(priorities: impl IntoIterator<Item = Option<i64>>) -> Result<Self, EqualPriorities> {
        let mut given = 0_i64;
        let mut sinks: Vec<Standing> = Vec::new();
        for (second, priority) in priorities.into_iter().enumerate() {
            let priority = priority.unwrap_or_else(|| {
                given -= 1;
                given
            });
            if let Some(first) = sinks.iter().position(|sink| sink.priority == priority) {
                return Err(EqualPriorities { first, second, priority });
            }
            sinks.push(Standing { priority, failures: 0, rests: None });
        }
        Ok(Self { due: Vec::with_capacity(sinks.len()), sinks, max_penalty: Duration::from_secs(30) })
    }

    /// The longest rest; 30 s unless said otherwise.
    #[must_use]
    pub fn max_penalty(mut self, most: Duration) -> Self {
        self.max_penalty = most;
        self
    }

    fn rest_of(&self, sink: usize) -> Timestamp {
        self.resting_until(sink).unwrap_or(Timestamp::MIN)
    }
}

impl SinkPolicy for FailoverPolicy {
    fn sinks(&self) -> usize {
        self.sinks.len()
    }

    fn begin(&mut self, now: Timestamp) {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        let over = |sink: &Standing| sink.rests.is_some_and(|until| until <= now);
        due.extend((0..self.sinks.len()).filter(|&at| self.sinks.get(at).is_some_and(over)));
        // From behind: the one whose rest was over first is tried first.
        due.sort_by_key(|&at| std::cmp::Reverse((self.rest_of(at), at)));
        self.due = due;
    }

    fn next(&mut self) -> Option<usize> {
        let live = || self.sinks.iter().enumerate().filter(|(_, sink)| sink.rests.is_none());
        let due = self.due.pop();
        due.or_else(|| live().max_by_key(|(_, sink)| sink.priority).map(|(at, _)| at))
    }

    fn delivered(&mut self, sink: usize, _now: Timestamp) {
        if let Some(sink) = self.sinks.get_mut(sink) {
            (sink.failures, sink.rests) = (0, None);
        }
    }

    fn failed(&mut self, sink: usize, now: Timestamp) {
        if let Some(sink) = self.sinks.get_mut(sink) {
            sink.failures = sink.failures.saturating_add(1);
            sink.rests = Some(now + doubled_seconds(sink.failures, self.max_penalty));
        }
    }

    fn resting_until(&self, sink: usize) -> Option<Timestamp> {
        self.sinks.get(sink)?.rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn fail_all(policy: &mut FailoverPolicy, now: Timestamp) -> Vec<usize> {
        policy.begin(now);
        let tries = std::iter::from_fn(|| {
            let sink = policy.next()?;
            policy.failed(sink, now);
            Some(sink)
        });
        tries.collect()
    }

    #[test]
    fn rests_double_up_to_the_largest_penalty_and_never_turn_back() {
        let mut policy = FailoverPolicy::new([None]).unwrap();
        let mut now = at(0);
        let mut rests = Vec::new();
        for _ in 0..70 {
            assert_eq!(fail_all(&mut policy, now), [0]);
            let until = policy.resting_until(0).unwrap();
            rests.push(until.since(now).as_secs());
            now = until;
        }
        assert_eq!(rests[..6], [2, 4, 8, 16, 30, 30]);
        assert!(rests[5..].iter().all(|&rest| rest == 30));
    }

    #[test]
    fn sinks_without_a_priority_are_tried_in_their_order_after_the_others() {
        let mut policy = FailoverPolicy::new([None, Some(0), None, Some(7)]).unwrap();
        assert_eq!(fail_all(&mut policy, at(0)), [3, 1, 0, 2]);
        assert_eq!(fail_all(&mut policy, at(1_999)), [0; 0], "all of them rest");
    }

    #[test]
    fn a_sink_whose_rest_is_over_is_tried_first_even_if_a_better_one_lives() {
        let mut policy = FailoverPolicy::new([Some(1), Some(2)]).unwrap();
        policy.failed(0, at(0));
        policy.begin(at(1_999));
        assert_eq!(policy.next(), Some(1));
        policy.begin(at(2_000));
        assert_eq!(policy.next(), Some(0));
        policy.delivered(0, at(2_000));
        policy.begin(at(2_001));
        assert_eq!(policy.next(), Some(1));
    }

    #[test]
    fn the_rest_that_was_over_first_comes_first() {
        let mut policy = FailoverPolicy::new([Some(3), Some(2), Some(1)]).unwrap();
        policy.failed(0, at(10));
        policy.failed(1, at(5));
        assert_eq!(fail_all(&mut policy, at(9_000)), [1, 0, 2]);
    }

    #[test]
    fn a_delivery_forgets_the_failures_before_it() {
        let mut policy = FailoverPolicy::new([None]).unwrap();
        policy.failed(0, at(0));
        policy.failed(0, at(0));
        policy.delivered(0, at(0));
        policy.failed(0, at(0));
        assert_eq!(policy.resting_until(0), Some(at(2_000)));
    }

    #[test]
    fn equal_priorities_are_refused_also_with_one_that_was_not_said() {
        let equal = |first, second, priority| EqualPriorities { first, second, priority };
        assert_eq!(FailoverPolicy::new([Some(5), None, Some(5)]).unwrap_err(), equal(0, 2, 5));
        assert_eq!(FailoverPolicy::new([Some(-1), None]).unwrap_err(), equal(0, 1, -1));
    }
}
