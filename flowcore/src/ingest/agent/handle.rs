use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::builder::Agent;
use super::change::{AgentStops, Applied, Change, Unchanged};
use super::error::AgentError;
use super::report::AgentReport;
use super::snapshot::AgentSnapshot;
use super::supervisor::{Request, Shared, Stage};
use crate::base::{Clock, TaskEnd, TaskSet};
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
    pub(super) changes: mpsc::Sender<Change<T>>,
    /// How the supervisor ended, when it has.
    pub(super) end: Option<(Arc<str>, TaskEnd<()>)>,
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
        self.shared.channel(name)
    }

    /// Becomes `next` and goes on running. What is `unchanged` stays as it is, as long as its channels stay;
    /// all else is stopped and what `next` has instead is started, in this order:
    ///
    /// 1. sources that go return; channels that go, unless they are durable, are closed and drained by their
    ///    sinks; the other sinks that go settle the transaction that they have open: all this within the grace
    ///    period, after which sinks are dropped and what is left in such a channel is lost, and reported;
    /// 2. channels that differ from one of the same name [in their limits alone](crate::ingest::ChannelFactory)
    ///    get these, keep their events, and what is connected to them stays; new ones are opened;
    /// 3. new sinks start; sources that went get their last receipts, for what stayed in a channel too; then
    ///    new sources start.
    ///
    /// Name, clock and grace period stay those that it has. A channel that cannot be opened is in the answer,
    /// and what is connected to it is not started: applying the same agent again tries it again. Once asked,
    /// the change is made even if nobody waits for the answer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::event::Event;
    /// use flowcore::ingest::agent::Unchanged;
    /// use flowcore::ingest::sink::NullSink;
    /// use flowcore::ingest::source::SeqSource;
    /// use flowcore::ingest::{Agent, AgentBuilder, MemoryChannel};
    ///
    /// let agent = |batch: usize| -> Agent<Event> {
    ///     AgentBuilder::new("numbers")
    ///         .channel("memory", MemoryChannel::builder())
    ///         .source("seq", SeqSource::new).into(["memory"])
    ///         .sink("null", NullSink::new).batch(batch).from("memory")
    ///         .build().unwrap()
    /// };
    /// let handle = agent(100).start().await?;
    /// let applied = handle.apply(agent(500), Unchanged::new().channel("memory").source("seq")).await?;
    /// assert_eq!(applied.stopped, ["sink null".into()]);
    /// assert_eq!(applied.started, ["sink null".into()]);
    /// handle.stop().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`AgentStops`] when the agent stops or has failed, also when that happens meanwhile.
    pub async fn apply(&self, next: Agent<T>, unchanged: Unchanged) -> Result<Applied, AgentStops> {
        let (answer, answered) = oneshot::channel();
        let change = Change { next: next.plan, unchanged, answer };
        self.changes.send(change).await.map_err(|_| AgentStops)?;
        answered.await.unwrap_or(Err(AgentStops))
    }

    /// Shows in its snapshots why a change that somebody wants is not made, or that there is no such change.
    pub fn set_refused(&self, why: Option<Arc<str>>) {
        self.shared.set_refused(why);
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
        self.finished().await;
        if let Some((name, TaskEnd::Panicked(panic))) = self.end {
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

    /// Begins what [`finish`](Self::finish) does, and waits for it without giving up the handle. Safe to cancel:
    /// then `finish` goes on waiting, or [`abandon`](Self::abandon) ends it.
    pub async fn finished(&mut self) {
        self.shared.ask(Request::Finish);
        if self.end.is_none() {
            self.end = self.supervisor.next().await;
        }
    }

    /// Ends at once: drops all components with the transactions that they have open, and drains nothing. What was
    /// committed and is on disk is there when the agent is started again; what channels left for later, such as
    /// to write down what was taken, they do now, for at most `time` together.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::event::Event;
    /// use flowcore::ingest::sink::NullSink;
    /// use flowcore::ingest::source::SeqSource;
    /// use flowcore::ingest::{AgentBuilder, MemoryChannel};
    /// use std::time::Duration;
    ///
    /// let handle = AgentBuilder::<Event>::new("numbers")
    ///     .channel("memory", MemoryChannel::builder())
    ///     .source("seq", SeqSource::new).into(["memory"])
    ///     .sink("null", NullSink::new).from("memory")
    ///     .build()?
    ///     .start()
    ///     .await?;
    /// handle.abandon(Duration::from_secs(1)).await;
    /// # Ok(()) }
    /// ```
    pub async fn abandon(self, time: Duration) {
        let Self { shared, supervisor, .. } = self;
        drop(supervisor);
        let clock = Clock::system();
        tokio::select! {
            () = shared.settle_channels() => {}
            () = clock.sleep(time) => {}
        }
    }

    /// Waits until every source has ended by itself, then drains and stops the rest. An agent without
    /// sources goes on until it fails.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn wait(self) -> Result<AgentReport, AgentError> {
        let endless = self.shared.has_no_sources();
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
