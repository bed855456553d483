use std::sync::Arc;

use super::error::AgentError;
use super::report::AgentReport;
use super::snapshot::AgentSnapshot;
use super::supervisor::{Request, Shared, Stage};
use crate::base::{TaskEnd, TaskSet};
use crate::event::Event;
use crate::ingest::Channel;

/// A running agent. Dropping it aborts all of its components: call [`stop`](Self::stop) instead.
///
/// Where a topology stands behind a channel, the order is: [`stop_sources`](Self::stop_sources), then stop
/// the topology, which drains the channel, then [`finish`](Self::finish).
#[must_use = "an agent whose handle is dropped is aborted"]
pub struct AgentHandle<T: Send + 'static = Event> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) supervisor: TaskSet<()>,
}

/// Reads an agent's snapshots, for a monitor. Clones read the same agent, also after it has stopped.
#[derive(Clone)]
pub struct AgentObserver {
    read: Arc<dyn Fn() -> AgentSnapshot + Send + Sync>,
}

impl AgentObserver {
    /// What the agent does now.
    pub fn snapshot(&self) -> AgentSnapshot {
        (self.read)()
    }
}

impl std::fmt::Debug for AgentObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentObserver").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> AgentHandle<T> {
    /// What it does now.
    pub fn snapshot(&self) -> AgentSnapshot {
        self.shared.snapshot()
    }

    /// Reads snapshots beside the handle, also while it stops.
    pub fn observer(&self) -> AgentObserver {
        let shared = self.shared.clone();
        AgentObserver { read: Arc::new(move || shared.snapshot()) }
    }

    /// One of its channels, for a bridge or a test.
    pub fn channel(&self, name: &str) -> Option<Arc<dyn Channel<T>>> {
        self.shared.channels.iter().find(|open| &*open.name == name).map(|open| open.channel.clone())
    }

    /// Waits until the agent fails; for ever if it does not. Safe to cancel.
    pub async fn failed(&self) -> AgentError {
        self.shared.failed().await
    }

    /// Waits until every source has ended by itself, was stopped, or failed. Safe to cancel.
    pub async fn sources_ended(&self) {
        self.shared.reached(Stage::Running).await;
        self.shared.running.zero().await;
    }

    /// Stops the sources, each within the grace period, then closes the channels that only they put into:
    /// what is in those can still be taken. Returns when that is done. Sinks go on.
    pub async fn stop_sources(&self) {
        self.shared.ask(Request::StopSources);
        self.shared.reached(Stage::SourcesStopped).await;
    }

    /// Stops the rest (the sources too, if they still run): closes all channels, waits until the sinks have
    /// drained them or the grace period is over, then lets sources take their last receipts and close.
    ///
    /// # Errors
    /// [`AgentError`] when the agent had failed, or fails while it stops.
    pub async fn finish(mut self) -> Result<AgentReport, AgentError> {
        self.shared.ask(Request::Finish);
        let end = self.supervisor.next().await;
        if let Some((name, TaskEnd::Panicked(panic))) = end {
            return Err(self.shared.broken(&name, panic));
        }
        match self.shared.failure() {
            Some(error) => Err(error),
            None => Ok(self.shared.report()),
        }
    }

    /// Stops everything: [`stop_sources`](Self::stop_sources), then [`finish`](Self::finish).
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn stop(self) -> Result<AgentReport, AgentError> {
        self.finish().await
    }

    /// Waits until every source has ended by itself, then drains and stops the rest. An agent without
    /// sources goes on until it fails.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn wait(self) -> Result<AgentReport, AgentError> {
        let endless = self.shared.sources.is_empty();
        tokio::select! {
            _ = self.failed() => {}
            () = self.sources_ended(), if !endless => {}
        }
        self.finish().await
    }
}

impl<T: Send + 'static> std::fmt::Debug for AgentHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentHandle").field("agent", &self.shared.name).finish_non_exhaustive()
    }
}
