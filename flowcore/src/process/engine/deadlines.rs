use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::base::Timestamp;

/// How long what comes of a tuple may take, before the tuple counts as failed and is sent again.
///
/// A `Duration` is a deadline by itself: that of [`done_within`](Self::done_within).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    after: Duration,
    until: Until,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Done,
    Settled,
}

impl Deadline {
    /// No task may have work left for it after `time`. What a window or a bolt keeps on purpose may take
    /// longer. At least a millisecond.
    pub const fn done_within(time: Duration) -> Self {
        Self { after: time, until: Until::Done }
    }

    /// Everything that came of it must be safe after `time`, what is kept too, as in Storm. It must be longer than
    /// any window that a tuple may wait in. At least a millisecond.
    pub const fn settled_within(time: Duration) -> Self {
        Self { after: time, until: Until::Settled }
    }

    pub(crate) fn after(self) -> Duration {
        self.after
    }

    /// What deadlines are rounded up to: a twentieth.
    fn step(self) -> Duration {
        (self.after / 20).max(Duration::from_millis(1))
    }
}

impl From<Duration> for Deadline {
    fn from(time: Duration) -> Self {
        Self::done_within(time)
    }
}

/// When which root batch has taken too long. Coarse, so that roots that are sent one after the other expire
/// together. Pure.
#[derive(Debug)]
pub(crate) struct Deadlines {
    deadline: Option<Deadline>,
    due: BTreeSet<(Timestamp, u64)>,
    at: HashMap<u64, Timestamp>,
}

impl Deadlines {
    pub(crate) fn new(deadline: Option<Deadline>) -> Self {
        Self { deadline, due: BTreeSet::new(), at: HashMap::new() }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.deadline.is_some()
    }

    /// A root is sent.
    pub(crate) fn start(&mut self, root: u64, now: Timestamp) {
        let Some(deadline) = self.deadline else { return };
        let step = deadline.step();
        let at = (now + deadline.after + step.saturating_sub(Duration::from_millis(1))).floor(step);
        self.at.insert(root, at);
        self.due.insert((at, root));
    }

    /// It begins anew for a root that has not expired.
    pub(crate) fn extend(&mut self, root: u64, now: Timestamp) {
        if self.end(root) {
            self.start(root, now);
        }
    }

    /// No task has work left for a root.
    pub(crate) fn done(&mut self, root: u64) {
        if self.deadline.is_some_and(|deadline| deadline.until == Until::Done) {
            self.end(root);
        }
    }

    /// A root was settled. Returns whether it had a deadline.
    pub(crate) fn end(&mut self, root: u64) -> bool {
        let at = if self.is_on() { self.at.remove(&root) } else { None };
        at.is_some_and(|at| self.due.remove(&(at, root)))
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A root that has expired.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<u64> {
        let (_, root) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.end(root);
        Some(root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_root_expires_after_its_time_and_at_most_a_twentieth_later() {
        for millis in [1, 2, 19, 20, 33, 100, 1_000, 30_000] {
            let after = Duration::from_millis(millis);
            for start in 0..200 {
                let mut deadlines = Deadlines::new(Some(after.into()));
                deadlines.start(1, at(start));
                let next = deadlines.next().unwrap();
                assert!(next >= at(start) + after && next <= at(start) + after + after / 20, "{after:?}");
                assert_eq!(deadlines.take(next - Duration::from_millis(1)), None);
                assert_eq!((deadlines.take(next), deadlines.take(next)), (Some(1), None));
            }
        }
    }

    #[test]
    fn a_root_that_has_ended_does_not_expire_and_one_that_is_extended_expires_later() {
        let mut deadlines = Deadlines::new(Some(Deadline::settled_within(Duration::from_millis(100))));
        for root in 1..5 {
            deadlines.start(root, at(0));
        }
        deadlines.done(1);
        assert!(deadlines.end(2));
        deadlines.extend(2, at(50));
        deadlines.extend(3, at(50));
        assert_eq!((deadlines.take(at(100)), deadlines.take(at(100))), (Some(1), Some(4)));
        assert_eq!((deadlines.take(at(149)), deadlines.take(at(150))), (None, Some(3)));
        assert_eq!((deadlines.next(), deadlines.at.len()), (None, 0));
    }

    #[test]
    fn without_a_deadline_nothing_is_remembered() {
        let mut deadlines = Deadlines::new(None);
        deadlines.start(1, at(0));
        deadlines.extend(1, at(0));
        assert_eq!((deadlines.next(), deadlines.take(Timestamp::MAX), deadlines.at.len()), (None, None, 0));
    }
}
