use std::time::Duration;

use super::counted_windows::CountedWindows;
use super::grid_windows::GridWindows;
use super::rules::{Rules, millis};
use super::session_windows::SessionWindows;
use super::{Core, SessionSpec};
use crate::base::Timestamp;
use crate::process::window::{Pane, WindowAxis, WindowSpec, WindowSpecError};

/// Windows by event time: how they lie, when they give results, how much they may hold.
///
/// A window gives its result when the watermark has come to its end, once for each key that it held. Without
/// more said, what comes after that is late and is put aside.
///
/// | lay-out | |
/// |---|---|
/// | [`WindowSpec`] of time | tumbling and sliding windows |
/// | [`SessionSpec`] | a window for each stretch of activity |
/// | [`WindowSpec`] of counts | a window for so many tuples of a key, in the order of their timestamps |
///
/// ```
/// use flowcore::process::window::{EventWindows, SessionSpec, WindowSpec};
/// use std::time::Duration;
///
/// let minutes = WindowSpec::tumbling(Duration::from_mins(1))?;
/// let shown_while_open = EventWindows::of(minutes)
///     .allowed_lateness(Duration::from_secs(30))
///     .early_every(Duration::from_secs(5));
/// let visits = EventWindows::of(SessionSpec::with_gap(Duration::from_mins(30))?).max_entries(100_000);
/// let hundreds = EventWindows::of(WindowSpec::tumbling_count(100)?);
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
///
/// What means nothing for count windows does not compile:
///
/// ```compile_fail,E0599
/// # use flowcore::process::window::{EventWindows, WindowSpec};
/// # use std::time::Duration;
/// let hundreds = EventWindows::of(WindowSpec::tumbling_count(100).unwrap());
/// hundreds.allowed_lateness(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventWindows<L = WindowSpec> {
    layout: L,
    rules: Rules,
}

impl<L: Layout> EventWindows<L> {
    /// Windows that lie as `layout` says.
    pub fn of(layout: L) -> Self {
        Self { layout, rules: Rules::default() }
    }

    /// How many tuples of a task may wait for a result to be acknowledged; ten million unless set, at least 1.
    /// They are marked in a bitmap, but their spout holds them, too.
    ///
    /// Because the watermark comes behind the tuples, a task that has no room has to go on reading. So a tuple
    /// that finds none fails, and is tried again like any that failed: by then, a window may have closed.
    #[must_use]
    pub fn max_kept(mut self, tuples: usize) -> Self {
        self.rules.max_kept = tuples.max(1);
        self
    }

    /// How many entries a task may hold; a million unless set, at least 1. An entry is what a key has in
    /// a window (for sliding windows: in a stretch of one), a session, or a tuple that is kept as it is. A tuple
    /// that would be one more fails as with [`max_kept`](Self::max_kept).
    #[must_use]
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.rules.max_entries = entries.max(1);
        self
    }

    /// How much later than the clock a timestamp may be; unlimited unless set or said by the
    /// [`EventTime`](crate::process::time::EventTime) of the stream. A tuple beyond is put aside, with
    /// [`LateReason::TooFarAhead`](super::LateReason).
    #[must_use]
    pub fn max_ahead(mut self, time: Duration) -> Self {
        self.rules.max_ahead = Some(time);
        self
    }

    /// The same, unless something was said.
    pub(in crate::process) fn or_max_ahead(mut self, time: Option<Duration>) -> Self {
        self.rules.max_ahead = self.rules.max_ahead.or(time);
        self
    }

    pub(super) fn max_ahead_millis(&self) -> i64 {
        self.rules.max_ahead.map_or(i64::MAX, millis)
    }

    pub(super) fn open<K, A>(&self) -> L::Windows<K, A>
    where
        K: std::hash::Hash + Eq + Clone + Send + 'static,
        A: Pane + Send + 'static,
    {
        self.layout.windows(self.rules)
    }
}

impl<L: TimeLayout> EventWindows<L> {
    /// How long after its end a window takes tuples; not at all unless set. It is event time: the watermark
    /// has to come so far behind the end.
    ///
    /// Each tuple that comes in this time gives a correction, see [`Firing::Late`](super::Firing). What is in
    /// a window stays in memory until then, and is acknowledged before, with its result: a task that is made
    /// anew in between gives corrections without it.
    #[must_use]
    pub fn allowed_lateness(mut self, lateness: Duration) -> Self {
        self.rules.lateness = millis(lateness);
        self
    }

    /// Collects corrections for so long (by the clock) instead of giving one for each late tuple. They come
    /// sooner when a window is over, or when the watermark closes another one.
    #[must_use]
    pub fn late_every(mut self, interval: Duration) -> Self {
        self.rules.late_every = interval;
        self
    }

    /// Shows what is new in windows that are open, so long (by the clock) after it came. A preview is not
    /// acknowledged and answers for nothing: if it is lost, the result still comes.
    #[must_use]
    pub fn early_every(mut self, interval: Duration) -> Self {
        self.rules.early_every = Some(interval);
        self
    }

    /// Shows what a window that is open holds for a key whenever so many tuples were added to it; at least 1.
    #[must_use]
    pub fn early_every_tuples(mut self, tuples: u64) -> Self {
        self.rules.early_tuples = Some(tuples.max(1));
        self
    }

    /// Forgets what was shown: every result holds what is new since the one before, and all of them have to be
    /// put together. Therefore early results are acknowledged, too: a tuple is safe when all results of its
    /// window up to the one on time are.
    ///
    /// # Errors
    /// [`WindowSpecError::DiscardingOverlaps`] for sliding windows that overlap: they share what they hold.
    pub fn discarding(mut self) -> Result<Self, WindowSpecError> {
        self.layout.check_discarding()?;
        self.rules.discarding = true;
        Ok(self)
    }
}

impl<L: Layout> From<L> for EventWindows<L> {
    fn from(layout: L) -> Self {
        Self::of(layout)
    }
}

/// How windows lie: a [`WindowSpec`] or a [`SessionSpec`]. It cannot be implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how windows lie",
    note = "take a `WindowSpec` or a `SessionSpec`, or `EventWindows::of` one of them"
)]
pub trait Layout: sealed::Layout {}

/// What bounds the windows of a lay-out: instants, or ordinals of tuples.
pub type Bound<L> = <L as sealed::Layout>::Bound;

/// A lay-out by time: these windows can show early what they hold, and correct it late.
pub trait TimeLayout: Layout {
    #[doc(hidden)]
    fn check_discarding(&self) -> Result<(), WindowSpecError> {
        Ok(())
    }
}

impl<L: sealed::Layout> Layout for L {}

impl TimeLayout for SessionSpec {}

impl TimeLayout for WindowSpec<Timestamp> {
    fn check_discarding(&self) -> Result<(), WindowSpecError> {
        let grid = &self.grid;
        if grid.slide >= grid.size {
            return Ok(());
        }
        Err(WindowSpecError::DiscardingOverlaps { size: grid.size, slide: grid.slide })
    }
}

pub(super) mod sealed {
    use std::hash::Hash;

    use super::{Core, CountedWindows, GridWindows, Pane, Rules, SessionSpec, SessionWindows};
    use super::{Timestamp, WindowAxis, WindowSpec};

    pub trait Layout: Clone + Send + Sync + 'static {
        type Bound: WindowAxis;
        type Windows<K, A>: Core<K, A, Bound = Self::Bound>
        where
            K: Hash + Eq + Clone + Send + 'static,
            A: Pane + Send + 'static;

        fn windows<K, A>(&self, rules: Rules) -> Self::Windows<K, A>
        where
            K: Hash + Eq + Clone + Send + 'static,
            A: Pane + Send + 'static;
    }

    macro_rules! layout {
        ($layout:ty, $bound:ty, $windows:ident, |$spec:ident, $rules:ident| $make:expr) => {
            impl Layout for $layout {
                type Bound = $bound;
                type Windows<K, A>
                    = $windows<K, A>
                where
                    K: Hash + Eq + Clone + Send + 'static,
                    A: Pane + Send + 'static;

                fn windows<K, A>(&self, $rules: Rules) -> $windows<K, A>
                where
                    K: Hash + Eq + Clone + Send + 'static,
                    A: Pane + Send + 'static,
                {
                    let $spec = self;
                    $make
                }
            }
        };
    }

    layout!(WindowSpec<Timestamp>, Timestamp, GridWindows, |spec, rules| GridWindows::new(spec.grid, rules));
    layout!(SessionSpec, Timestamp, SessionWindows, |spec, rules| SessionWindows::new(spec.gap, rules));
    layout!(WindowSpec<u64>, u64, CountedWindows, |spec, rules| CountedWindows::new(*spec, rules));
}
