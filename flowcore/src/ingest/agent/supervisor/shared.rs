use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use crate::base::Panic;
use crate::ingest::Channel;
use crate::ingest::agent::error::{AgentError, AgentErrorKind};
use crate::ingest::agent::life::Life;
use crate::ingest::agent::report::{AgentReport, LeftInChannel};
use crate::ingest::agent::snapshot::{Activity, AgentSnapshot, ChannelStatus, SinkStatus, SourceStatus};
use crate::ingest::agent::tally::Tally;
use crate::ingest::metrics::{ChannelTally, Counter};

/// What an agent's handle and its supervisor share.
pub(crate) struct Shared<T: Send + 'static> {
    pub(crate) name: Arc<str>,
    pub(crate) channels: Vec<OpenChannel<T>>,
    pub(crate) sources: Vec<Arc<Life>>,
    pub(crate) sinks: Vec<SinkEntry>,
    /// Sources that run.
    pub(crate) running: Tally,
    request: watch::Sender<Request>,
    stage: watch::Sender<Stage>,
    failure: watch::Sender<Option<AgentError>>,
}

pub(crate) struct OpenChannel<T: Send + 'static> {
    pub(crate) name: Arc<str>,
    pub(crate) type_name: Option<Arc<str>>,
    pub(crate) channel: Arc<dyn Channel<T>>,
    pub(crate) tally: Arc<ChannelTally>,
    pub(crate) written_elsewhere: bool,
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
    pub(crate) fn new(
        name: Arc<str>,
        channels: Vec<OpenChannel<T>>,
        sources: Vec<Arc<Life>>,
        sinks: Vec<SinkEntry>,
    ) -> Self {
        Self {
            name,
            channels,
            sources,
            sinks,
            running: Tally::new(),
            request: watch::Sender::new(Request::Run),
            stage: watch::Sender::new(Stage::Starting),
            failure: watch::Sender::new(None),
        }
    }

    pub(crate) fn ask(&self, request: Request) {
        self.request.send_modify(|old| *old = request.max(*old));
    }

    pub(crate) fn is_asked(&self, request: Request) -> bool {
        *self.request.borrow() >= request
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
        for open in self.channels.iter().filter(|open| which(open)) {
            open.channel.close();
        }
    }

    pub(crate) fn snapshot(&self) -> AgentSnapshot {
        AgentSnapshot {
            agent: self.name.clone(),
            sources: self.sources.iter().map(|life| source_status(life)).collect(),
            channels: self.channels.iter().map(OpenChannel::status).collect(),
            sinks: self.sinks.iter().map(sink_status).collect(),
        }
    }

    pub(crate) fn report(&self) -> AgentReport {
        let lives = self.sources.iter().chain(self.sinks.iter().map(|sink| &sink.life));
        let overdue = lives.filter(|life| life.overdue.load(Ordering::Relaxed)).map(|life| life.name.clone());
        let overdue = overdue.collect();
        let left = self.channels.iter().filter_map(|open| {
            let state = open.channel.state();
            let events = state.waiting + state.taken;
            (events > 0).then(|| LeftInChannel { channel: open.name.clone(), events })
        });
        AgentReport { snapshot: self.snapshot(), left: left.collect(), overdue }
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
        delivered: life.counters.get(Counter::EventDrainSuccess),
        failed_attempts: life.failed_attempts.load(Ordering::Relaxed),
        restarts: life.restarts.load(Ordering::Relaxed),
        last_error: life.last_error(),
        members: Vec::new(),
    }
}
