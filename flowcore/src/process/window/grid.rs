/// How windows and panes lie on an axis. Windows start at `offset` plus multiples of `slide`; every window is
/// made of whole panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) size: i64,
    pub(super) slide: i64,
    pub(super) offset: i64,
    /// From the start of a pane to that of the next.
    step: i64,
    /// How much of a step belongs to a window at all.
    pub(super) width: i64,
}

impl Grid {
    /// `size` and `slide` are at least 1.
    pub(super) fn new(size: i64, slide: i64, offset: i64) -> Self {
        let offset = offset.rem_euclid(slide);
        if slide >= size {
            // Windows do not overlap: each is one pane.
            return Self { size, slide, offset, step: slide, width: size };
        }
        let pane = greatest_common_divisor(size, slide);
        Self { size, slide, offset, step: pane, width: pane }
    }

    pub(super) fn panes_per_window(&self) -> i64 {
        self.size / self.width
    }

    /// The start of the pane that `position` is in; `None` in a gap between windows.
    #[inline]
    pub(super) fn pane_of(&self, position: i64) -> Option<i64> {
        let into = (position - self.offset).rem_euclid(self.step);
        (into < self.width).then_some(position - into)
    }

    /// The start of the earliest window that holds the pane at `start`.
    pub(super) fn first_window_of(&self, start: i64) -> i64 {
        let before = start - self.size;
        before - (before - self.offset).rem_euclid(self.slide) + self.slide
    }

    /// The start of the last window that holds the pane at `start`.
    pub(super) fn last_window_of(&self, start: i64) -> i64 {
        start - (start - self.offset).rem_euclid(self.slide)
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
