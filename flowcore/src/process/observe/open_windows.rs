use super::{Closes, OpenWindow};

/// Where a bolt reports its open windows, up to a limit: those that close first stay, the others are counted.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::observe::{OpenWindow, OpenWindows};
///
/// let at = Timestamp::from_millis;
/// let mut windows = OpenWindows::at_most(1);
/// windows.add(OpenWindow::in_event_time(at(60), at(120)));
/// windows.add(OpenWindow::in_event_time(at(0), at(60)));
/// assert_eq!(windows.iter().map(|window| window.closes).next(), Some(flowcore::process::observe::Closes::Watermark(at(60))));
/// assert_eq!(windows.left_out(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct OpenWindows {
    windows: Vec<OpenWindow>,
    most: usize,
    left_out: u64,
    keeps_none: bool,
}

impl OpenWindows {
    /// None yet, and room for `most`.
    pub fn at_most(most: usize) -> Self {
        Self { windows: Vec::new(), most, left_out: 0, keeps_none: false }
    }

    /// One open window.
    pub fn add(&mut self, window: OpenWindow) {
        let at = self.windows.partition_point(|other| rank(other) <= rank(&window));
        if at < self.most {
            self.windows.insert(at, window);
        }
        if at >= self.most || self.windows.len() > self.most {
            self.windows.truncate(self.most);
            self.left_out += 1;
        }
    }

    /// Whether there is no room for one that closes later than those reported: a bolt that reports its windows
    /// in order can stop here, and [count](Self::leave_out) the rest.
    pub fn is_full(&self) -> bool {
        self.windows.len() >= self.most
    }

    /// How many more windows there is room for.
    pub fn room(&self) -> usize {
        self.most.saturating_sub(self.windows.len())
    }

    /// So many more windows are open that are not reported.
    pub fn leave_out(&mut self, windows: u64) {
        self.left_out += windows;
    }

    /// This bolt never has windows: it is not asked again.
    pub fn keeps_none(&mut self) {
        self.keeps_none = true;
    }

    /// The windows, those that close first in front.
    pub fn iter(&self) -> impl Iterator<Item = &OpenWindow> {
        self.windows.iter()
    }

    /// Whether the bolt has said that it never has windows, and reported none.
    pub(crate) fn are_never(&self) -> bool {
        self.keeps_none && self.windows.is_empty()
    }

    pub(crate) fn into_parts(self) -> (Vec<OpenWindow>, u64) {
        (self.windows, self.left_out)
    }

    /// How many more there are.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// What a window is ordered by: the instant that closes it, then where it begins.
fn rank(window: &OpenWindow) -> impl Ord + use<> {
    let at = match window.closes {
        Closes::Clock(at) | Closes::Watermark(at) => at.as_millis(),
        Closes::Tuples(more) => i64::try_from(more).unwrap_or(i64::MAX),
    };
    (at, window.bounds)
}
