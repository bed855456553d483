use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

/// The bounds of one window: `start` is inside, `end` is not.
///
/// Bounds in time are [`Timestamp`]s. Bounds of a count window are ordinals of the task's tuples, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window<B = Timestamp> {
    /// The first instant (or tuple) that belongs to it.
    pub start: B,
    /// The first instant (or tuple) after it.
    pub end: B,
    /// The input ended before the window did: its result may be incomplete.
    pub cut_short: bool,
}

/// What windows are laid out on: [`Timestamp`] for time, `u64` for count. It cannot be implemented elsewhere.
pub trait WindowAxis: sealed::Axis {}

impl WindowAxis for Timestamp {}
impl WindowAxis for u64 {}

pub(super) mod sealed {
    use crate::base::Timestamp;
    use crate::process::observe::OpenWindow;

    /// Positions on either axis are whole numbers; far from overflow, so that sums of three never do.
    pub trait Axis: Copy + Ord + std::fmt::Debug + Send + Sync + 'static {
        /// Whether windows close by a timer.
        const TIMED: bool;
        /// Where a tuple lies that arrives `now` after `arrived` others.
        fn position(now: Timestamp, arrived: i64) -> i64;
        fn from_position(position: i64) -> Self;
        /// The window between two positions, for who asks why it is open.
        fn open_window(start: Self, end: Self, arrived: i64) -> OpenWindow;
    }

    pub(in crate::process::window) const FARTHEST: i64 = i64::MAX / 8;

    impl Axis for Timestamp {
        const TIMED: bool = true;

        #[inline]
        fn position(now: Timestamp, _arrived: i64) -> i64 {
            now.as_millis().clamp(-FARTHEST, FARTHEST)
        }

        fn from_position(position: i64) -> Self {
            Self::from_millis(position)
        }

        fn open_window(start: Self, end: Self, _arrived: i64) -> OpenWindow {
            OpenWindow::in_clock_time(start, end)
        }
    }

    impl Axis for u64 {
        const TIMED: bool = false;

        #[inline]
        fn position(_now: Timestamp, arrived: i64) -> i64 {
            arrived.min(FARTHEST)
        }

        /// The first windows of a sliding count reach back before the first tuple: they start with it.
        fn from_position(position: i64) -> Self {
            u64::try_from(position).unwrap_or(0)
        }

        fn open_window(start: Self, end: Self, arrived: i64) -> OpenWindow {
            OpenWindow::of_tuples(start, end, Self::from_position(arrived))
        }
    }
}
