use std::collections::VecDeque;

use super::axis::sealed::FARTHEST;
use super::grid::Grid;
use super::{Pane, Window, WindowAxis, WindowSpec};
use crate::base::Timestamp;
use crate::process::observe::OpenWindow;

/// Windows by time of processing.
pub type TimeWindows<P> = Windows<P, Timestamp>;

/// Windows by number of tuples. They take no notice of the time.
pub type CountWindows<P> = Windows<P, u64>;

/// The open windows of one task: pure, told the time, never asking for it.
///
/// A window is given once, if it holds anything, in the order of the windows: by [`close`](Self::close) when
/// it has ended, or by [`flush`](Self::flush). A closed window never opens again: when the clock goes back,
/// what arrives goes into the earliest window that is still open; what arrived while the clock was ahead waits
/// until the time of its window has come. Work is for panes that hold something, so
/// a long silence costs nothing. Memory is one pane for every stretch of an open window in which something
/// arrived.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::window::{Aggregate, Count, TimeWindows, WindowSpec};
/// use std::time::Duration;
///
/// let at = Timestamp::from_millis;
/// let mut windows = TimeWindows::<Count>::new(WindowSpec::tumbling(Duration::from_secs(30))?);
/// windows.add(at(29_999), |count| count.add("in the first"));
/// windows.add(at(30_000), |count| count.add("in the second"));
/// assert_eq!(windows.next_close(), Some(at(30_000)));
///
/// let closed: Vec<_> = windows.close(at(30_000)).collect();
/// assert_eq!(closed.len(), 1);
/// assert_eq!((closed[0].window.start, closed[0].window.end), (at(0), at(30_000)));
/// assert_eq!(closed[0].contents.get(), 1);
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
#[derive(Debug)]
pub struct Windows<P, B = Timestamp> {
    spec: WindowSpec<B>,
    /// Those that hold something, in order.
    panes: VecDeque<(i64, P)>,
    /// The start of the earliest window that was not given yet: no pane lies before it.
    open_from: i64,
    /// The end of the earliest window that holds something.
    next_end: i64,
    arrived: i64,
}

/// A window that will not change any more, and what it holds.
#[derive(Debug)]
pub struct ClosedWindow<P, B = Timestamp> {
    /// Which one.
    pub window: Window<B>,
    /// All of it.
    pub contents: P,
}

const NEVER: i64 = i64::MAX;

impl<P: Pane, B: WindowAxis> Windows<P, B> {
    /// No tuples yet.
    pub fn new(spec: WindowSpec<B>) -> Self {
        // The earliest position of all has a window that starts before it.
        let open_from = spec.grid.first_window_of(-FARTHEST);
        Self { spec, panes: VecDeque::new(), open_from, next_end: NEVER, arrived: 0 }
    }

    /// Lets `add` put a tuple into its pane. `None`, without a call, when it lies between two windows.
    #[inline]
    pub fn add<R>(&mut self, now: Timestamp, add: impl FnOnce(&mut P) -> R) -> Option<R> {
        let position = B::position(now, self.arrived);
        self.arrived += 1;
        let width = self.spec.grid.width;
        match self.panes.back_mut() {
            Some((start, pane)) if (*start..*start + width).contains(&position) => Some(add(pane)),
            _ => self.pane(position).map(add),
        }
    }

    fn pane(&mut self, position: i64) -> Option<&mut P> {
        // A pane of closed windows only is over: its tuples go to the first that is open.
        let start = self.spec.grid.pane_of(position)?.max(self.open_from);
        let at = self.panes.partition_point(|(other, _)| *other < start);
        if self.panes.get(at).is_none_or(|(other, _)| *other != start) {
            self.panes.insert(at, (start, P::default()));
            self.next_end = self.find_next_end();
        }
        self.panes.get_mut(at).map(|(_, pane)| pane)
    }

    /// Whether [`close`](Self::close) would give a window.
    #[inline]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.next_end <= B::position(now, self.arrived)
    }

    /// When the next window closes that holds something. `None` for count windows: a tuple closes them.
    pub fn next_close(&self) -> Option<Timestamp> {
        (B::TIMED && self.next_end != NEVER).then(|| Timestamp::from_millis(self.next_end))
    }

    /// Every window that has ended by `now` and holds something, earliest first. Those that were not taken
    /// from the iterator stay open.
    pub fn close(&mut self, now: Timestamp) -> impl Iterator<Item = ClosedWindow<P, B>> {
        let until = B::position(now, self.arrived);
        std::iter::from_fn(move || self.close_first(until, false))
    }

    /// At the end of the input: every window that holds something, marked as cut short, earliest first.
    /// [`close`](Self::close) those that have ended before.
    pub fn flush(&mut self) -> impl Iterator<Item = ClosedWindow<P, B>> {
        std::iter::from_fn(|| self.close_first(NEVER - 1, true))
    }

    /// The panes that hold something, in order.
    pub fn panes(&self) -> impl Iterator<Item = &P> {
        self.panes.iter().map(|(_, pane)| pane)
    }

    /// Every window that holds something, earliest first: what it is, and its panes.
    pub(super) fn open(&self) -> impl Iterator<Item = (OpenWindow, impl Iterator<Item = &P>)> {
        let Grid { size, slide, .. } = self.spec.grid;
        let mut from = self.open_from;
        std::iter::from_fn(move || {
            let (first, _) = self.panes.get(self.panes.partition_point(|(pane, _)| *pane < from))?;
            let start = self.spec.grid.first_window_of(*first).max(from);
            from = start + slide;
            let end = start + size;
            let window = B::open_window(B::from_position(start), B::from_position(end), self.arrived);
            let panes = self.panes.iter().skip(self.panes.partition_point(|(pane, _)| *pane < start));
            Some((window, panes.take_while(move |(pane, _)| *pane < end).map(|(_, pane)| pane)))
        })
    }

    fn close_first(&mut self, until: i64, cut_short: bool) -> Option<ClosedWindow<P, B>> {
        if self.next_end > until {
            return None;
        }
        let end = self.next_end;
        let Grid { size, slide, .. } = self.spec.grid;
        let start = end - size;
        let mut contents = self.take_until(end.min(start + slide));
        for (_, pane) in self.panes.iter().take_while(|(start, _)| *start < end) {
            contents.merge(pane);
        }
        self.open_from = start + slide;
        self.next_end = self.find_next_end();
        let (start, end) = (B::from_position(start), B::from_position(end));
        Some(ClosedWindow { window: Window { start, end, cut_short }, contents })
    }

    /// What lies before `end`, which no later window needs.
    fn take_until(&mut self, end: i64) -> P {
        let leave = |panes: &mut VecDeque<(i64, P)>| {
            panes.pop_front_if(|(start, _)| *start < end).map(|(_, pane)| pane)
        };
        let mut contents = leave(&mut self.panes).unwrap_or_default();
        while let Some(pane) = leave(&mut self.panes) {
            contents.absorb(pane);
        }
        contents
    }

    /// Straight to the earliest open window that holds something, however long nothing arrived.
    fn find_next_end(&self) -> i64 {
        let Some(&(first, _)) = self.panes.front() else { return NEVER };
        let grid = &self.spec.grid;
        grid.first_window_of(first).max(self.open_from) + grid.size
    }
}
