use super::{Aggregate, Pane};

/// Every tuple, in the order of arrival within each pane: for results that cannot be had incrementally.
///
/// ```
/// use flowcore::process::window::{Aggregate, Collect};
/// let mut words = Collect::<String>::default();
/// words.add("to");
/// words.add("be");
/// assert_eq!(words.as_slice(), ["to", "be"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collect<T>(Vec<T>);

impl<T> Collect<T> {
    /// The tuples.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The tuples, by value.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for Collect<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Pane for Collect<T> {
    fn merge(&mut self, later: &Self) {
        self.0.extend_from_slice(&later.0);
    }

    fn absorb(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    fn entries(&self) -> usize {
        self.0.len()
    }
}

impl<T: Clone, In: ToOwned<Owned = T> + ?Sized> Aggregate<In> for Collect<T> {
    fn add(&mut self, tuple: &In) {
        self.0.push(tuple.to_owned());
    }
}
