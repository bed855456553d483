use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::process::{Bolt, Tuple};

/// Shows a bolt the tuples of a parcel before it executes them.
pub(super) struct Ahead<I> {
    tuples: I,
    /// The tuple of the parcel that was not shown.
    next: u32,
}

impl<'a, T: Tuple + ?Sized, I: Iterator<Item = (u32, &'a T)>> Ahead<I> {
    /// About as many reads of memory as a core has under way at once.
    const TUPLES: u32 = 16;

    /// `tuples` are those from `at` on.
    pub(super) fn new(tuples: I, at: u32) -> Self {
        Self { tuples, next: at }
    }

    /// Whether the tuple `at` is to be shown before it is executed.
    #[inline]
    pub(super) fn is_due(&self, at: u32) -> bool {
        at == self.next
    }

    /// Shows the next few. What panics here panics again when it is executed, and fails then.
    #[inline]
    pub(super) fn show<B: Bolt<T>>(&mut self, bolt: &B) {
        let mut few = self.tuples.by_ref().take(Self::TUPLES as usize);
        let shown = catch_unwind(AssertUnwindSafe(|| few.all(|(_, tuple)| bolt.look_ahead(tuple))));
        self.next = if let Ok(true) = shown { self.next + Self::TUPLES } else { u32::MAX };
    }
}
