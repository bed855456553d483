use std::time::Duration;

use super::{Closes, OpenWindow, WindowBounds};
use crate::base::Timestamp;

/// Which windows of a task should have closed some time ago, and of which that was said. Pure.
///
/// A window of the clock should close when the clock says so. One of event time should close when the watermark
/// of any input has come so far or, when no watermark moves, when the clock has.
#[derive(Debug)]
pub(crate) struct Overdue {
    after: Duration,
    looked: Timestamp,
    /// When a window may become overdue though nothing happens.
    next: Option<Timestamp>,
    /// Something has happened since it looked.
    touched: bool,
    known: Vec<Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    bounds: WindowBounds,
    /// When it was first seen that a watermark had passed it.
    passed: Option<Timestamp>,
    told: bool,
}

/// How far the inputs of a task are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lead {
    /// The largest watermark of any of them.
    pub(crate) watermark: Option<Timestamp>,
    /// When one of them moved last.
    pub(crate) moved: Timestamp,
}

/// It looks no more often than this.
const PAUSE: Duration = Duration::from_secs(1);

impl Overdue {
    pub(crate) fn new(after: Duration, now: Timestamp) -> Self {
        Self { after, looked: now, next: None, touched: false, known: Vec::new() }
    }

    /// The task has done something: its windows may be others.
    #[inline]
    pub(crate) fn touch(&mut self) {
        self.touched = true;
    }

    /// When to look again.
    pub(crate) fn look_at(&self) -> Option<Timestamp> {
        let soon = self.touched.then(|| self.looked + PAUSE);
        soon.into_iter().chain(self.next).min()
    }

    /// Looks at the open windows, and returns those that are overdue since it looked last.
    pub(crate) fn look<'a>(
        &mut self,
        now: Timestamp,
        lead: Lead,
        windows: impl Iterator<Item = &'a OpenWindow>,
    ) -> Vec<OpenWindow> {
        let mut overdue = Vec::new();
        let mut known: Vec<Known> = Vec::new();
        (self.looked, self.touched, self.next) = (now, false, None);
        for window in windows {
            if known.iter().any(|known| known.bounds == window.bounds) {
                continue;
            }
            let passed = self.passed(now, lead, window);
            let due = self.due(now, lead, window);
            let is_told = self.find(window).is_some_and(|known| known.told);
            let is_overdue = self.is_late(now, due);
            if is_overdue && !is_told {
                overdue.push(window.clone());
            }
            let told = is_told || is_overdue;
            known.push(Known { bounds: window.bounds, passed, told });
            let next = expected(window, lead).map(|at| due.map_or(at, |due| due.min(at)) + self.after);
            let next = next.filter(|_| !told).map(|at| at.max(now + PAUSE));
            self.next = self.next.into_iter().chain(next).min();
        }
        self.known = known;
        overdue
    }

    /// Whether a window is overdue now.
    pub(crate) fn is_overdue(&self, now: Timestamp, lead: Lead, window: &OpenWindow) -> bool {
        self.is_late(now, self.due(now, lead, window))
    }

    fn is_late(&self, now: Timestamp, due: Option<Timestamp>) -> bool {
        due.is_some_and(|due| now.since(due) >= self.after)
    }

    fn find(&self, window: &OpenWindow) -> Option<&Known> {
        self.known.iter().find(|known| known.bounds == window.bounds)
    }

    /// Since when it should have closed.
    fn due(&self, now: Timestamp, lead: Lead, window: &OpenWindow) -> Option<Timestamp> {
        let expected = expected(window, lead).filter(|at| *at <= now);
        self.passed(now, lead, window).into_iter().chain(expected).min()
    }

    /// Since when some watermark has passed it.
    fn passed(&self, now: Timestamp, lead: Lead, window: &OpenWindow) -> Option<Timestamp> {
        let Closes::Watermark(at) = window.closes else { return None };
        let has_passed = lead.watermark.is_some_and(|watermark| watermark >= at);
        has_passed.then(|| self.find(window).and_then(|known| known.passed).unwrap_or(now))
    }
}

/// When the clock alone says that a window should close.
fn expected(window: &OpenWindow, lead: Lead) -> Option<Timestamp> {
    match window.closes {
        Closes::Clock(at) => Some(at),
        Closes::Watermark(at) => Some(at.max(lead.moved)),
        Closes::Tuples(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn lead(watermark: i64, moved: i64) -> Lead {
        Lead { watermark: Some(at(watermark)), moved: at(moved) }
    }

    fn minute() -> Overdue {
        Overdue::new(Duration::from_mins(1), at(0))
    }

    #[test]
    fn a_window_of_the_clock_is_overdue_a_minute_after_its_end_and_told_once() {
        let (mut overdue, window) = (minute(), OpenWindow::in_clock_time(at(0), at(10)));
        let mut look = |now| overdue.look(at(now), lead(0, 0), [&window].into_iter()).len();
        assert_eq!([look(9), look(69), look(70), look(71), look(500)], [0, 0, 1, 0, 0]);
    }

    #[test]
    fn the_next_look_is_when_a_window_may_become_overdue() {
        let (mut overdue, window) = (minute(), OpenWindow::in_clock_time(at(0), at(10)));
        assert_eq!(overdue.look_at(), None, "nothing has happened");
        overdue.touch();
        assert_eq!(overdue.look_at(), Some(at(1)));
        overdue.look(at(1), lead(0, 0), [&window].into_iter());
        assert_eq!(overdue.look_at(), Some(at(70)));
        overdue.look(at(70), lead(0, 0), [&window].into_iter());
        assert_eq!(overdue.look_at(), None, "it was told");
    }

    #[test]
    fn an_event_time_window_is_overdue_a_minute_after_the_first_input_has_passed_it() {
        let (mut overdue, window) = (minute(), OpenWindow::in_event_time(at(0), at(10)));
        let mut look = |now, lead| overdue.look(at(now), lead, [&window].into_iter()).len();
        assert_eq!(look(1000, lead(9, 1000)), 0);
        assert_eq!(look(1100, lead(9, 1100)), 0, "the slowest holds it back, but none has passed it");
        assert_eq!(look(1101, lead(10, 1101)), 0);
        assert_eq!(look(1160, lead(10, 1160)), 0);
        assert_eq!(look(1161, lead(99, 1161)), 1);
    }

    #[test]
    fn when_no_watermark_moves_the_clock_counts() {
        let (mut overdue, window) = (minute(), OpenWindow::in_event_time(at(0), at(500)));
        let mut look = |now, lead| overdue.look(at(now), lead, [&window].into_iter()).len();
        assert_eq!(look(400, lead(9, 100)), 0, "the clock is before its end as well");
        assert_eq!(look(559, lead(9, 100)), 0);
        assert_eq!(look(560, lead(9, 100)), 1);
        let mut old = minute();
        assert_eq!(
            old.look(at(9000), lead(9, 8990), [&window].into_iter()).len(),
            0,
            "old data, and they move"
        );
    }

    #[test]
    fn a_count_window_is_never_overdue_and_a_window_that_has_closed_is_forgotten() {
        let (mut overdue, count) = (minute(), OpenWindow::of_tuples(0, 10, 3));
        assert_eq!(overdue.look(at(9000), lead(0, 0), [&count].into_iter()).len(), 0);
        assert_eq!(overdue.look_at(), None);
        let window = OpenWindow::in_clock_time(at(0), at(10));
        assert_eq!(overdue.look(at(100), lead(0, 0), [&window].into_iter()).len(), 1);
        assert_eq!(overdue.look(at(101), lead(0, 0), [].into_iter()).len(), 0);
        assert!(overdue.known.is_empty());
    }
}
