use crate::base::Timestamp;
use crate::process::window::Pane;

/// Tuples with their timestamps: for results that need all of them, in order.
#[derive(Debug, Clone)]
pub struct InOrder<T>(Vec<(Timestamp, T)>);

impl<T> InOrder<T> {
    /// One more tuple.
    pub fn push(&mut self, at: Timestamp, tuple: T) {
        self.0.push((at, tuple));
    }

    /// By timestamp, and within one by arrival.
    pub fn into_vec(mut self) -> Vec<T> {
        // Stretches are put together in the order of time, and in each the tuples lie as they came.
        self.0.sort_by_key(|(at, _)| *at);
        self.0.into_iter().map(|(_, tuple)| tuple).collect()
    }
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Pane for InOrder<T> {
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
