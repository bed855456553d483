use std::time::Duration;

use crate::base::{Clock, Stopwatch};
use crate::event::Event;

/// Lines that wait for others of their batch.
pub(super) struct Pending {
    pub(super) events: Vec<Event>,
    batch: usize,
    timeout: Option<Duration>,
    since: Option<Stopwatch>,
}

impl Pending {
    pub(super) fn new(batch: usize, timeout: Option<Duration>) -> Self {
        Self { events: Vec::new(), batch, timeout, since: None }
    }

    /// A batch that is full, or one that nobody waits for longer.
    pub(super) fn due(&mut self, clock: &Clock, is_end: bool) -> Option<Vec<Event>> {
        let rest = match self.events.len() {
            0 => return None,
            events if events >= self.batch => self.events.split_off(self.batch),
            _ if is_end || self.wait(clock) == Some(Duration::ZERO) => Vec::new(),
            _ => return None,
        };
        self.since = None;
        Some(std::mem::replace(&mut self.events, rest))
    }

    /// How long what is there may still wait; `None` if nothing is there.
    pub(super) fn wait(&mut self, clock: &Clock) -> Option<Duration> {
        if self.events.is_empty() {
            return None;
        }
        let Some(timeout) = self.timeout else { return Some(Duration::ZERO) };
        let since = self.since.get_or_insert_with(|| clock.stopwatch());
        Some(timeout.saturating_sub(since.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(lines: usize, timeout: Option<Duration>) -> Pending {
        let mut pending = Pending::new(2, timeout);
        pending.events = vec![Event::new("line"); lines];
        pending
    }

    fn sizes(pending: &mut Pending, is_end: bool) -> Vec<usize> {
        let clock = Clock::system();
        std::iter::from_fn(|| pending.due(&clock, is_end)).map(|batch| batch.len()).collect()
    }

    #[test]
    fn full_batches_go_at_once_and_the_rest_waits_for_its_time_or_the_end() {
        let hour = Some(Duration::from_hours(1));
        let mut waiting = pending(5, hour);
        assert_eq!(sizes(&mut waiting, false), [2, 2]);
        assert!(waiting.wait(&Clock::system()) > Some(Duration::from_mins(59)));
        assert_eq!(sizes(&mut waiting, true), [1]);
        assert_eq!(waiting.wait(&Clock::system()), None);
        assert_eq!(sizes(&mut pending(3, Some(Duration::ZERO)), false), [2, 1]);
    }

    #[test]
    fn without_a_time_nothing_waits() {
        assert_eq!(sizes(&mut pending(5, None), false), [2, 2, 1]);
    }
}
