/// What a stretch of a window holds. A sliding window is put together from several.
///
/// ```
/// use flowcore::process::window::{Aggregate, Pane};
///
/// #[derive(Default)]
/// struct Largest(u64);
///
/// impl Pane for Largest {
///     fn merge(&mut self, later: &Self) {
///         self.0 = self.0.max(later.0);
///     }
/// }
///
/// impl Aggregate<u64> for Largest {
///     fn add(&mut self, tuple: &u64) {
///         self.0 = self.0.max(*tuple);
///     }
/// }
///
/// let mut largest = Largest::default();
/// largest.add(&3);
/// largest.merge(&Largest(7));
/// assert_eq!(largest.0, 7);
/// ```
pub trait Pane: Default {
    /// Adds what `later` holds; `later` stays as it is, for the windows that follow.
    fn merge(&mut self, later: &Self);

    /// The same when no other window needs `later`.
    fn absorb(&mut self, later: Self) {
        self.merge(&later);
    }

    /// How many entries (keys, items) it holds in memory, in constant time.
    fn entries(&self) -> usize {
        1
    }
}

/// A [`Pane`] that says how a tuple is added to it.
pub trait Aggregate<In: ?Sized>: Pane {
    /// Adds one tuple.
    fn add(&mut self, tuple: &In);
}
