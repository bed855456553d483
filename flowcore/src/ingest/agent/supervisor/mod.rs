mod shared;

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::error::{AgentError, AgentErrorKind};
use super::life::Life;
use super::sink_runner::SinkRunner;
use super::source_runner::SourceRunner;
use super::tally::Tally;
use crate::base::{Clock, TaskEnd, TaskSet};

pub(super) use shared::{OpenChannel, Request, Shared, SinkEntry, Stage};

/// The task that starts all components of an agent, watches them, and stops them in order.
pub(super) struct Supervisor<T: Send + 'static> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) clock: Clock,
    pub(super) grace: Duration,
    pub(super) sources: Vec<SourceRunner<T>>,
    pub(super) sinks: Vec<SinkRunner<T>>,
    pub(super) signals: Signals,
    pub(super) tasks: TaskSet<Result<(), AgentError>>,
    pub(super) lives: HashMap<Arc<str>, Arc<Life>>,
}

/// What the supervisor tells its components; each turns true once.
pub(super) struct Signals {
    pub(super) stop_sources: watch::Sender<bool>,
    pub(super) give_up: watch::Sender<bool>,
    pub(super) delivered: watch::Sender<bool>,
}

impl Signals {
    pub(super) fn new() -> Self {
        let [stop_sources, give_up, delivered] = std::array::from_fn(|_| watch::Sender::new(false));
        Self { stop_sources, give_up, delivered }
    }
}

impl<T: Send + Sync + 'static> Supervisor<T> {
    pub(super) async fn run(mut self) {
        let alive = Tally::new();
        self.start_sinks(&alive).await;
        self.start_sources();
        self.attend_until_asked(Request::StopSources).await;

        self.signals.stop_sources.send_replace(true);
        let shared = self.shared.clone();
        self.attend(shared.running.zero()).await;
        shared.close_channels(|open| !open.written_elsewhere);
        shared.reach(Stage::SourcesStopped);
        self.attend_until_asked(Request::Finish).await;

        shared.close_channels(|_| true);
        self.attend_for_grace(async move { alive.zero().await }).await;
        self.signals.give_up.send_replace(true);
        self.signals.delivered.send_replace(true);
        self.join().await;
    }

    /// Returns when each has tried to start once.
    async fn start_sinks(&mut self, alive: &Tally) {
        let starting = Tally::new();
        for sink in std::mem::take(&mut self.sinks) {
            let name = self.enter("sink", &sink.life);
            self.tasks.spawn(name, sink.run(starting.count(), alive.count()));
        }
        let shared = self.shared.clone();
        let started = async move {
            tokio::select! {
                () = starting.zero() => {}
                () = shared.asked(Request::StopSources) => {}
                _ = shared.failed() => {}
            }
        };
        self.attend(started).await;
    }

    fn start_sources(&mut self) {
        let sources = std::mem::take(&mut self.sources);
        if self.shared.failure().is_none() && !self.shared.is_asked(Request::StopSources) {
            for source in sources {
                let name = self.enter("source", &source.life);
                let running = self.shared.running.count();
                self.tasks.spawn(name, source.run(running));
            }
        }
        self.shared.reach(Stage::Running);
    }

    fn enter(&mut self, kind: &str, life: &Arc<Life>) -> Arc<str> {
        let name: Arc<str> = format!("{kind} {}", life.name).into();
        self.lives.insert(name.clone(), life.clone());
        name
    }

    async fn attend_until_asked(&mut self, request: Request) {
        let shared = self.shared.clone();
        let asked = async move {
            tokio::select! {
                () = shared.asked(request) => {}
                _ = shared.failed() => {}
            }
        };
        self.attend(asked).await;
    }

    async fn attend_for_grace(&mut self, until: impl Future<Output = ()>) {
        let (clock, grace) = (self.clock.clone(), self.grace);
        let until = async move {
            tokio::select! {
                () = until => {}
                () = clock.sleep(grace) => {}
            }
        };
        self.attend(until).await;
    }

    /// Looks after tasks that end, until `until` is ready.
    async fn attend(&mut self, until: impl Future<Output = ()>) {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                biased;
                Some((name, end)) = self.tasks.next() => self.record(&name, end),
                () = &mut until => return,
            }
        }
    }

    /// Waits for all tasks, and aborts those that take longer than the grace period.
    async fn join(&mut self) {
        let clock = self.clock.clone();
        let mut late = pin!(clock.sleep(self.grace));
        loop {
            tokio::select! {
                biased;
                next = self.tasks.next() => match next {
                    Some((name, end)) => self.record(&name, end),
                    None => return,
                },
                () = &mut late => break,
            }
        }
        self.tasks.abort_all();
        while let Some((name, end)) = self.tasks.next().await {
            self.record(&name, end);
        }
    }

    fn record(&self, name: &Arc<str>, end: TaskEnd<Result<(), AgentError>>) {
        let Some(life) = self.lives.get(name) else { return };
        match end {
            TaskEnd::Done(Ok(())) => {}
            TaskEnd::Done(Err(error)) => self.shared.fail(error),
            // What is contained is a component's own code; this was in a `Drop`.
            TaskEnd::Panicked(panic) => self.shared.fail(life.fail(panic.into(), AgentErrorKind::Fatal)),
            TaskEnd::Aborted => life.set_overdue(),
        }
    }
}
