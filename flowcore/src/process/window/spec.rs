use std::marker::PhantomData;
use std::time::Duration;

use super::WindowAxis;
use super::axis::sealed::FARTHEST;
use super::grid::Grid;
use crate::base::Timestamp;

/// How long windows are and how far apart: by time or by count, tumbling or sliding.
///
/// Time windows start at multiples of the slide from 1970, plus an offset. Count windows end after every
/// slide-th tuple of the task and reach back over the last `size`, so the first ones hold fewer. Where the
/// slide is larger than the size, what lies between two windows is in none.
///
/// ```
/// use flowcore::process::window::WindowSpec;
/// use std::time::Duration;
///
/// let half_minutes = WindowSpec::tumbling(Duration::from_secs(30))?;
/// let days_in_seoul = WindowSpec::tumbling(Duration::from_hours(24))?.offset(Duration::from_hours(15))?;
/// let last_hundred = WindowSpec::sliding_count(100, 10)?;
///
/// let error = WindowSpec::tumbling(Duration::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "window size must be positive");
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSpec<B = Timestamp> {
    pub(super) grid: Grid,
    axis: PhantomData<B>,
}

/// Why windows cannot be laid out like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowSpecError {
    /// A size or slide of nothing.
    #[error("window {0} must be positive")]
    Zero(&'static str),
    /// Time is counted in milliseconds.
    #[error("window {0} of {1:?} is not a whole number of milliseconds")]
    NotWholeMillis(&'static str, Duration),
    /// Larger than positions on the axis can be.
    #[error("window {0} is too large")]
    TooLarge(&'static str),
    /// A sliding window is put together from stretches as long as the greatest common divisor of size and
    /// slide; that many would be slow and large.
    #[error("windows of {size} that slide by {slide} have {panes} panes, at most {} are possible", WindowSpec::<Timestamp>::MAX_PANES)]
    TooManyPanes {
        /// The size, in milliseconds or tuples.
        size: i64,
        /// The slide, in milliseconds or tuples.
        slide: i64,
        /// How many panes a window would have.
        panes: i64,
    },
    /// What windows that overlap have shown is needed for the next ones: it cannot be forgotten.
    #[error(
        "windows of {size} ms that slide by {slide} ms overlap: they cannot discard what they have shown"
    )]
    DiscardingOverlaps {
        /// The size, in milliseconds.
        size: i64,
        /// The slide, in milliseconds.
        slide: i64,
    },
}

impl<B: WindowAxis> WindowSpec<B> {
    /// The most panes that a window can have: its size divided by the greatest common divisor of its size
    /// and its slide.
    pub const MAX_PANES: i64 = 65_536;

    fn on_grid(grid: Grid) -> Result<Self, WindowSpecError> {
        let panes = grid.panes_per_window();
        if panes > Self::MAX_PANES {
            return Err(WindowSpecError::TooManyPanes { size: grid.size, slide: grid.slide, panes });
        }
        Ok(Self { grid, axis: PhantomData })
    }
}

impl WindowSpec<Timestamp> {
    /// Windows that follow one another without gap or overlap.
    ///
    /// # Errors
    /// [`WindowSpecError`] if `size` is zero, or no whole number of milliseconds.
    pub fn tumbling(size: Duration) -> Result<Self, WindowSpecError> {
        Self::sliding(size, size)
    }

    /// Windows of `size`, one every `slide`.
    ///
    /// # Errors
    /// [`WindowSpecError`] if one is zero or no whole number of milliseconds, or if a window has more than
    /// [`MAX_PANES`](Self::MAX_PANES) panes.
    pub fn sliding(size: Duration, slide: Duration) -> Result<Self, WindowSpecError> {
        let (size, slide) = (positive_millis("size", size)?, positive_millis("slide", slide)?);
        Self::on_grid(Grid::new(size, slide, 0))
    }

    /// The same windows, later by `offset`. For days of a zone that is nine hours ahead of UTC, take 15 hours.
    ///
    /// # Errors
    /// [`WindowSpecError`] if it is no whole number of milliseconds.
    pub fn offset(self, offset: Duration) -> Result<Self, WindowSpecError> {
        let offset = whole_millis("offset", offset)?;
        Self::on_grid(Grid::new(self.grid.size, self.grid.slide, offset))
    }
}

impl WindowSpec<u64> {
    /// A window for every `size` tuples.
    ///
    /// # Errors
    /// [`WindowSpecError`] if `size` is zero.
    pub fn tumbling_count(size: u64) -> Result<Self, WindowSpecError> {
        Self::sliding_count(size, size)
    }

    /// After every `slide` tuples, a window over the last `size`.
    ///
    /// # Errors
    /// [`WindowSpecError`] if one is zero, or if a window has more than [`MAX_PANES`](Self::MAX_PANES) panes.
    pub fn sliding_count(size: u64, slide: u64) -> Result<Self, WindowSpecError> {
        let (size, slide) = (positive("size", size.into())?, positive("slide", slide.into())?);
        Self::on_grid(Grid::new(size, slide, slide - size))
    }
}

pub(super) fn positive_millis(what: &'static str, duration: Duration) -> Result<i64, WindowSpecError> {
    if duration.is_zero() {
        return Err(WindowSpecError::Zero(what));
    }
    whole_millis(what, duration)
}

fn whole_millis(what: &'static str, duration: Duration) -> Result<i64, WindowSpecError> {
    if !duration.subsec_nanos().is_multiple_of(1_000_000) {
        return Err(WindowSpecError::NotWholeMillis(what, duration));
    }
    in_range(what, duration.as_millis())
}

fn positive(what: &'static str, value: u128) -> Result<i64, WindowSpecError> {
    if value == 0 { Err(WindowSpecError::Zero(what)) } else { in_range(what, value) }
}

fn in_range(what: &'static str, value: u128) -> Result<i64, WindowSpecError> {
    let value = i64::try_from(value).ok().filter(|&value| value <= FARTHEST);
    value.ok_or(WindowSpecError::TooLarge(what))
}
