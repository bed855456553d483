use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Counter;

/// The counters of one component. Clones are handles on the same ones, and they stay when the component is
/// made anew.
///
/// ```
/// use flowcore::ingest::metrics::{Counter, Counters};
///
/// let counters = Counters::new();
/// counters.add(Counter::EventReadFail, 2);
/// let connection = counters.raise(Counter::OpenConnection);
/// assert_eq!(counters.get(Counter::OpenConnection), 1);
/// drop(connection);
/// let counts = counters.counts();
/// assert_eq!((counts.get(Counter::OpenConnection), counts.get(Counter::EventReadFail)), (0, 2));
/// ```
#[derive(Debug, Clone)]
pub struct Counters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    counts: [AtomicU64; Counter::ALL],
    /// A bit for each counter that its component counts alone.
    owned: AtomicU64,
}

/// Counts one while it is there: an open connection, as long as its task.
#[derive(Debug)]
#[must_use = "what is not kept is not counted"]
pub struct Raised {
    counters: Counters,
    counter: Counter,
}

/// A connection that was counted; it is counted as closed when this is dropped.
#[derive(Debug)]
#[must_use = "what is dropped is closed"]
pub struct Connected {
    counters: Counters,
}

/// What counters were at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts([u64; Counter::ALL]);

impl Counters {
    /// All zero.
    pub fn new() -> Self {
        let counts = std::array::from_fn(|_| AtomicU64::new(0));
        Self(Arc::new(Shared { counts, owned: AtomicU64::new(0) }))
    }

    fn of(&self, counter: Counter) -> Option<&AtomicU64> {
        self.0.counts.get(counter as usize)
    }

    /// Takes a counter over that the agent counts for every component: from now on this component counts it
    /// alone. So far that is [`Counter::EventDrainSuccess`].
    ///
    /// ```
    /// use flowcore::ingest::metrics::{Counter, Counters};
    ///
    /// let counters = Counters::new();
    /// counters.own(Counter::EventDrainSuccess);
    /// assert!(counters.is_owned(Counter::EventDrainSuccess));
    /// assert!(!counters.is_owned(Counter::EventDrainAttempt));
    /// ```
    pub fn own(&self, counter: Counter) {
        self.0.owned.fetch_or(1 << counter as u64, Ordering::Relaxed);
    }

    /// Whether its component counts it alone.
    pub fn is_owned(&self, counter: Counter) -> bool {
        self.0.owned.load(Ordering::Relaxed) & (1 << counter as u64) != 0
    }

    /// Counts `more`: for a batch at once.
    pub fn add(&self, counter: Counter, more: u64) {
        if let Some(count) = self.of(counter) {
            count.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Says what it is now: for what can go down, or is counted elsewhere.
    pub fn set(&self, counter: Counter, value: u64) {
        if let Some(count) = self.of(counter) {
            count.store(value, Ordering::Relaxed);
        }
    }

    /// Counts one until what is returned is dropped.
    pub fn raise(&self, counter: Counter) -> Raised {
        self.add(counter, 1);
        Raised { counters: self.clone(), counter }
    }

    /// Counts a connection of a sink that was made, and its end when what is returned is dropped.
    pub fn connected(&self) -> Connected {
        self.add(Counter::ConnectionCreated, 1);
        Connected { counters: self.clone() }
    }

    /// What it is now.
    pub fn get(&self, counter: Counter) -> u64 {
        self.of(counter).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// What all of them are now.
    pub fn counts(&self) -> Counts {
        Counts(std::array::from_fn(|at| {
            self.0.counts.get(at).map_or(0, |count| count.load(Ordering::Relaxed))
        }))
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Some(count) = self.counters.of(self.counter) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.counters.add(Counter::ConnectionClosed, 1);
    }
}

impl Counts {
    /// What this one was.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0.get(counter as usize).copied().unwrap_or(0)
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self([0; Counter::ALL])
    }
}
