use std::sync::Arc;

use super::snapshot::AgentSnapshot;

/// What a stopped agent left behind.
#[derive(Debug, Clone)]
pub struct AgentReport {
    /// The state at the end.
    pub snapshot: AgentSnapshot,
    /// Channels that were not empty.
    pub left: Vec<LeftInChannel>,
    /// Components that did not end in their grace period, and were dropped.
    pub overdue: Vec<Arc<str>>,
}

/// Events that stayed in a channel: lost with a channel in memory, there at the next start in a durable one.
/// Whoever waits for their tokens is not told that they were delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftInChannel {
    /// The channel's name.
    pub channel: Arc<str>,
    /// How many events.
    pub events: usize,
}

impl AgentReport {
    /// Whether nothing was left and nobody was late.
    pub fn is_clean(&self) -> bool {
        self.left.is_empty() && self.overdue.is_empty()
    }
}
