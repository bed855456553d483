use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::process::{Bolt, Tuple};

/// Shows a bolt the tuples of a parcel before it executes them.
pub(super) struct Ahead<I> {
    tuples: I,
    /// The tuple of the parcel before which the next few are due.
    due: u32,
}

impl<'a, T: Tuple + ?Sized, I: Iterator<Item = (u32, &'a T)>> Ahead<I> {
    /// Some times as many as a core has reads of memory under way at once, so that it has all the time; what they
    /// read has room in its first cache.
    const TUPLES: u32 = 64;

    /// `tuples` are those from `at` on.
    pub(super) fn new(tuples: I, at: u32) -> Self {
        Self { tuples, due: at }
    }

    /// The tuple before which it wants to be asked.
    #[inline]
    pub(super) fn due(&self) -> u32 {
        self.due
    }

    /// The turn of the tuple `at` has come: shows the next few, if that is due.
    #[inline]
    pub(super) fn before<B: Bolt<T>>(&mut self, at: u32, bolt: &B) {
        self.due = match at.cmp(&self.due) {
            Ordering::Less => return,
            Ordering::Equal if self.show(bolt) => at.saturating_add(Self::TUPLES),
            // There is no use in it, or some were executed without a turn of their own.
            Ordering::Equal | Ordering::Greater => u32::MAX,
        };
    }

    /// Returns whether it is worth it. What panics here panics again when it is executed, and fails then.
    #[inline]
    fn show<B: Bolt<T>>(&mut self, bolt: &B) -> bool {
        let mut few = self.tuples.by_ref().take(Self::TUPLES as usize);
        let shown = catch_unwind(AssertUnwindSafe(|| few.all(|(_, tuple)| bolt.look_ahead(tuple))));
        matches!(shown, Ok(true))
    }
}
