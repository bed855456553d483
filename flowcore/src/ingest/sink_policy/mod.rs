//! Sink policies: which sink of a group delivers a batch (Flume's sink processors).

mod failover;
mod load_balance;
#[cfg(test)]
mod model;

use crate::base::Timestamp;

pub use failover::{EqualPriorities, FailoverPolicy};
pub use load_balance::LoadBalancePolicy;

/// Decides which sink of a group delivers a batch. Pure: it is told the time and what happened.
///
/// For each batch the group calls [`begin`](Self::begin), then [`next`](Self::next) until a sink has
/// delivered it or none is left, and tells the outcome of each try. Sinks are counted from 0 in the order in
/// which they were added to the group; each is tried once for a batch at most.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::ingest::sink_policy::SinkPolicy;
///
/// /// The second sink is tried when the first one fails, however often that is.
/// #[derive(Clone, Default)]
/// struct Spare {
///     tried: usize,
/// }
///
/// impl SinkPolicy for Spare {
///     fn sinks(&self) -> usize {
///         2
///     }
///     fn begin(&mut self, _now: Timestamp) {
///         self.tried = 0;
///     }
///     fn next(&mut self) -> Option<usize> {
///         self.tried += 1;
///         (self.tried <= 2).then(|| self.tried - 1)
///     }
///     fn delivered(&mut self, _sink: usize, _now: Timestamp) {}
///     fn failed(&mut self, _sink: usize, _now: Timestamp) {}
/// }
/// ```
pub trait SinkPolicy: Send + 'static {
    /// How many sinks it decides about.
    fn sinks(&self) -> usize;

    /// There is another batch.
    fn begin(&mut self, now: Timestamp);

    /// The sink that tries it next; `None` when no other one is to try it now.
    fn next(&mut self) -> Option<usize>;

    /// The sink has delivered the batch.
    fn delivered(&mut self, sink: usize, now: Timestamp);

    /// The sink could not be started, or has not delivered the batch.
    fn failed(&mut self, sink: usize, now: Timestamp);

    /// Until when the sink is left out because it failed, to be shown.
    fn resting_until(&self, _sink: usize) -> Option<Timestamp> {
        None
    }
}

/// One second for each doubling, however many there are.
fn doubled_seconds(doublings: u32, most: std::time::Duration) -> std::time::Duration {
    std::time::Duration::from_secs(2_u64.saturating_pow(doublings)).min(most)
}
