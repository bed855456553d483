use std::future::pending;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::base::{Clock, Panic};
use crate::ingest::Channel;
use crate::ingest::agent::error::{AgentError, AgentErrorKind};
use crate::ingest::agent::life::Life;
use crate::ingest::agent::report::{AgentReport, LeftInChannel};
use crate::ingest::agent::snapshot::{
    Activity, AgentSnapshot, ChangeStatus, ChannelStatus, SinkStatus, SourceStatus,
};
use crate::ingest::agent::tally::Tally;
use crate::ingest::metrics::ChannelTally;

/// What an agent's handle and its supervisor share.
pub(crate) struct Shared<T: Send + 'static> {
    pub(crate) name: Arc<str>,
    clock: Clock,
    parts: Mutex<Parts<T>>,
    changes: Mutex<ChangeStatus>,
    /// Sources that run.
    pub(crate) running: Tally,
    request: watch::Sender<Request>,
    stage: watch::Sender<Stage>,
    failure: watch::Sender<Option<AgentError>>,
}

/// What an agent has now, in the order in which it was added.
pub(crate) struct Parts<T: Send + 'static> {
    pub(crate) channels: Vec<OpenChannel<T>>,
    pub(crate) sources: Vec<Arc<Life>>,
    pub(crate) sinks: Vec<SinkEntry>,
}

pub(crate) struct OpenChannel<T: Send + 'static> {
    pub(crate) name: Arc<str>,
    pub(crate) type_name: Option<Arc<str>>,
    /// As its factory made it.
    pub(crate) own: Arc<dyn Channel<T>>,
    /// The same, counted.
    pub(crate) channel: Arc<dyn Channel<T>>,
    pub(crate) tally: Arc<ChannelTally>,
    pub(crate) written_elsewhere: bool,
}

impl<T: Send + 'static> OpenChannel<T> {
    /// What is in it.
    pub(crate) fn left(&self) -> Option<LeftInChannel> {
        let state = self.channel.state();
        let events = state.waiting + state.taken;
        (events > 0).then(|| LeftInChannel { channel: self.name.clone(), events })
    }
}

impl<T: Send + 'static> Clone for OpenChannel<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            type_name: self.type_name.clone(),
            own: self.own.clone(),
            channel: self.channel.clone(),
            tally: self.tally.clone(),
            written_elsewhere: self.written_elsewhere,
        }
    }
}

pub(crate) struct SinkEntry {
    pub(crate) life: Arc<Life>,
    pub(crate) channel: Arc<str>,
    /// The sinks of a group.
    pub(crate) members: Vec<Arc<Life>>,
}

/// What the handle wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Request {
    Run,
    StopSources,
    Finish,
}

/// How far the supervisor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Starting,
    Running,
    SourcesStopped,
}

impl<T: Send + 'static> Shared<T> {
    pub(crate) fn new(name: Arc<str>, clock: Clock) -> Self {
        Self {
            name,
            clock,
            parts: Mutex::new(Parts { channels: Vec::new(), sources: Vec::new(), sinks: Vec::new() }),
            changes: Mutex::default(),
            running: Tally::new(),
            request: watch::Sender::new(Request::Run),
            stage: watch::Sender::new(Stage::Starting),
            failure: watch::Sender::new(None),
        }
    }

    /// Becoming another agent was done.
    pub(crate) fn set_applied(&self) {
        let now = self.clock.now();
        let mut changes = self.changes();
        changes.applied += 1;
        changes.last_applied = Some(now);
    }

    pub(crate) fn set_refused(&self, why: Option<Arc<str>>) {
        let now = self.clock.now();
        let mut changes = self.changes();
        changes.refused_since = why.as_ref().map(|_| changes.refused_since.unwrap_or(now));
        changes.refused = why;
    }

    fn parts(&self) -> MutexGuard<'_, Parts<T>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> MutexGuard<'_, ChangeStatus> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what it has from now on.
    pub(crate) fn publish(&self, parts: Parts<T>) {
        // What is dropped may run foreign code: not under the lock.
        let _before = std::mem::replace(&mut *self.parts(), parts);
    }

    pub(crate) fn channel(&self, name: &str) -> Option<Arc<dyn Channel<T>>> {
        self.parts().channels.iter().find(|open| &*open.name == name).map(|open| open.channel.clone())
    }

    pub(crate) fn has_no_sources(&self) -> bool {
        self.parts().sources.is_empty()
    }

    pub(crate) fn ask(&self, request: Request) {
        self.request.send_modify(|old| *old = request.max(*old));
    }

    /// Whether the sources are to stop, or the agent has failed.
    pub(crate) fn is_ending(&self) -> bool {
        *self.request.borrow() >= Request::StopSources || self.failure.borrow().is_some()
    }

    /// None when the agent ends before.
    pub(crate) async fn unless_ending<O>(&self, work: impl Future<Output = O>) -> Option<O> {
        tokio::select! {
            biased;
            () = self.asked(Request::StopSources) => None,
            _ = self.failed() => None,
            out = work => Some(out),
        }
    }

    pub(crate) async fn asked(&self, request: Request) {
        // The sender is held here: it cannot go away. The same holds below.
        let _ = self.request.subscribe().wait_for(|asked| *asked >= request).await;
    }

    pub(crate) fn reach(&self, stage: Stage) {
        self.stage.send_replace(stage);
    }

    pub(crate) async fn reached(&self, stage: Stage) {
        let _ = self.stage.subscribe().wait_for(|reached| *reached >= stage).await;
    }

    /// The first failure is the agent's.
    pub(crate) fn fail(&self, error: AgentError) {
        self.failure.send_modify(|failure| *failure = failure.take().or(Some(error)));
    }

    pub(crate) fn failure(&self) -> Option<AgentError> {
        self.failure.borrow().clone()
    }

    pub(crate) async fn failed(&self) -> AgentError {
        let mut failure = self.failure.subscribe();
        let failed = failure.wait_for(Option::is_some).await.ok().and_then(|failure| (*failure).clone());
        match failed {
            Some(error) => error,
            None => pending().await,
        }
    }

    pub(crate) fn broken(&self, task: &Arc<str>, panic: Panic) -> AgentError {
        AgentError::new(&self.name, task, AgentErrorKind::Fatal, Arc::new(panic.into()))
    }

    pub(crate) fn close_channels(&self, which: impl Fn(&OpenChannel<T>) -> bool) {
        for open in self.parts().channels.iter().filter(|open| which(open)) {
            open.channel.close();
        }
    }

    /// What channels left for later is done when this returns.
    pub(crate) fn settle_channels(&self) -> impl Future<Output = ()> + Send + 'static {
        let channels: Vec<_> = self.parts().channels.iter().map(|open| open.channel.clone()).collect();
        async move {
            for channel in channels {
                channel.settle().await;
            }
        }
    }

    pub(crate) fn snapshot(&self) -> AgentSnapshot {
        let parts = self.parts();
        AgentSnapshot {
            agent: self.name.clone(),
            sources: parts.sources.iter().map(|life| source_status(life)).collect(),
            channels: parts.channels.iter().map(OpenChannel::status).collect(),
            sinks: parts.sinks.iter().map(sink_status).collect(),
            changes: self.changes().clone(),
        }
    }

    pub(crate) fn report(&self) -> AgentReport {
        let parts = self.parts();
        let lives = parts.sources.iter().chain(parts.sinks.iter().map(|sink| &sink.life));
        let overdue = lives.filter(|life| life.overdue.load(Ordering::Relaxed)).map(|life| life.name.clone());
        let overdue = overdue.collect();
        let left = parts.channels.iter().filter_map(OpenChannel::left).collect();
        drop(parts);
        AgentReport { snapshot: self.snapshot(), left, overdue }
    }
}

impl<T: Send + 'static> OpenChannel<T> {
    fn status(&self) -> ChannelStatus {
        let activity = Activity {
            type_name: self.type_name.clone(),
            started: self.tally.started.get(),
            stopped: self.tally.stopped.get(),
            counts: self.tally.counters.counts(),
            ..Activity::default()
        };
        ChannelStatus {
            name: self.name.clone(),
            state: self.channel.state(),
            health: self.channel.health(),
            activity,
            put_delays: self.tally.put.delays(),
            take_delays: self.tally.take.delays(),
        }
    }
}

/// Of those that a source has set aside.
const SHOWN_ASIDE: usize = 100;

fn source_status(life: &Life) -> SourceStatus {
    SourceStatus {
        name: life.name.clone(),
        state: life.state(),
        activity: life.activity(),
        batch_delays: life.wrote.delays.delays(),
        channels: life.channels.clone(),
        written: life.wrote.written(),
        unrouted: life.wrote.unrouted(),
        not_taken: life.wrote.not_taken(),
        set_aside_count: life.set_aside.count(),
        set_aside: life.set_aside.list(SHOWN_ASIDE),
        restarts: life.restarts.load(Ordering::Relaxed),
        last_error: life.last_error(),
    }
}

fn sink_status(SinkEntry { life, channel, members }: &SinkEntry) -> SinkStatus {
    let members = members.iter().map(|life| one_sink(life, channel)).collect();
    SinkStatus { members, ..one_sink(life, channel) }
}

fn one_sink(life: &Life, channel: &Arc<str>) -> SinkStatus {
    SinkStatus {
        name: life.name.clone(),
        channel: channel.clone(),
        state: life.state(),
        activity: life.activity(),
        send_delays: life.sends.delays(),
        delivered: life.delivered.load(Ordering::Relaxed),
        failed_attempts: life.failed_attempts.load(Ordering::Relaxed),
        restarts: life.restarts.load(Ordering::Relaxed),
        last_error: life.last_error(),
        members: Vec::new(),
    }
}
