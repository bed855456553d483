use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::error::ComponentError;
use super::plan::Plan;
use super::report::LeftInChannel;

/// Which components of a running agent stay as they are when it becomes another: see
/// [`AgentHandle::apply`](super::AgentHandle::apply).
///
/// ```
/// use flowcore::ingest::agent::Unchanged;
/// let unchanged = Unchanged::new().channel("memory").source("orders");
/// assert!(unchanged.sources.contains("orders") && unchanged.sinks.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unchanged {
    /// Names of channels.
    pub channels: BTreeSet<Arc<str>>,
    /// Names of sources.
    pub sources: BTreeSet<Arc<str>>,
    /// Names of sinks that are alone, and of groups.
    pub sinks: BTreeSet<Arc<str>>,
}

impl Unchanged {
    /// Nothing stays.
    pub fn new() -> Self {
        Self::default()
    }

    /// This channel stays.
    #[must_use]
    pub fn channel(mut self, name: impl Into<Arc<str>>) -> Self {
        self.channels.insert(name.into());
        self
    }

    /// This source stays.
    #[must_use]
    pub fn source(mut self, name: impl Into<Arc<str>>) -> Self {
        self.sources.insert(name.into());
        self
    }

    /// This sink, or group, stays.
    #[must_use]
    pub fn sink(mut self, name: impl Into<Arc<str>>) -> Self {
        self.sinks.insert(name.into());
        self
    }
}

/// What was done to a running agent. Components are named with their kind: `source r1`. One that was
/// restarted is in both lists.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// Components that were stopped.
    pub stopped: Vec<Arc<str>>,
    /// Components that were started.
    pub started: Vec<Arc<str>>,
    /// Channels that kept their events and have other limits now.
    pub resized: Vec<Arc<str>>,
    /// Channels that could not be opened. What is connected to them was not started.
    pub failed: Vec<FailedChannel>,
    /// Events that were left in channels that are gone, and are lost.
    pub left: Vec<LeftInChannel>,
    /// Components that did not end in their grace period, and were dropped.
    pub overdue: Vec<Arc<str>>,
}

/// A channel that could not be opened.
#[derive(Debug, Clone)]
pub struct FailedChannel {
    /// Its name.
    pub channel: Arc<str>,
    /// Why.
    pub error: Arc<ComponentError>,
}

impl Applied {
    /// Whether nothing had to be done.
    pub fn is_nothing(&self) -> bool {
        self.stopped.is_empty()
            && self.started.is_empty()
            && self.resized.is_empty()
            && self.failed.is_empty()
    }

    /// Whether anything is otherwise than before.
    pub(super) fn has_changed(&self) -> bool {
        !(self.stopped.is_empty() && self.started.is_empty() && self.resized.is_empty())
    }
}

/// The agent stops, or has failed: it does not change any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the agent stops and is not changed")]
pub struct AgentStops;

/// What a handle asks of the supervisor.
pub(super) struct Change<T: Send + 'static> {
    pub(super) next: Plan<T>,
    pub(super) unchanged: Unchanged,
    pub(super) answer: oneshot::Sender<Result<Applied, AgentStops>>,
}
