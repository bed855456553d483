use super::{Aggregate, Pane};

/// How many tuples.
///
/// ```
/// use flowcore::process::window::{Aggregate, Count};
/// let mut count = Count::default();
/// count.add(&"an order");
/// assert_eq!(count.get(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count(u64);

impl Count {
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Pane for Count {
    fn merge(&mut self, later: &Self) {
        self.0 += later.0;
    }
}

impl<In: ?Sized> Aggregate<In> for Count {
    fn add(&mut self, _tuple: &In) {
        self.0 += 1;
    }
}
