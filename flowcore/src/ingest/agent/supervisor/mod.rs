mod attend;
mod changing;
mod leaving;
mod shared;
mod starting;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::change::Change;
use super::control::Control;
use super::error::AgentError;
use super::life::Life;
use super::prepare::Workshop;
use super::sink_runner::SinkRunner;
use super::source_runner::SourceRunner;
use super::tally::Tally;
use crate::base::TaskSet;

pub(super) use shared::{OpenChannel, Parts, Request, Shared, SinkEntry, Stage};

/// The task that starts all components of an agent, watches them, changes them, and stops them in order.
pub(super) struct Supervisor<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    workshop: Workshop,
    channels: Vec<OpenChannel<T>>,
    crew: Crew,
    /// Those that go while the agent changes.
    leaving: Crew,
    /// Those that are shown although nothing runs them: their channel could not be opened.
    waiting: Crew,
    keeps_going: bool,
    tasks: TaskSet<Result<(), AgentError>>,
    lives: HashMap<Arc<str>, Arc<Life>>,
    /// How many components were started: no two tasks have the same name.
    started: u64,
}

#[derive(Default)]
struct Crew {
    sources: Vec<Control>,
    sinks: Vec<Control>,
}

impl Crew {
    fn all(&self) -> impl Iterator<Item = &Control> {
        self.sources.iter().chain(&self.sinks)
    }
}

impl<T: Clone + Send + Sync + 'static> Supervisor<T> {
    pub(super) fn new(
        shared: Arc<Shared<T>>,
        workshop: Workshop,
        channels: Vec<OpenChannel<T>>,
        keeps_going: bool,
    ) -> Self {
        Self {
            shared,
            workshop,
            channels,
            crew: Crew::default(),
            leaving: Crew::default(),
            waiting: Crew::default(),
            keeps_going,
            tasks: TaskSet::new(),
            lives: HashMap::new(),
            started: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        sinks: Vec<SinkRunner<T>>,
        sources: Vec<SourceRunner<T>>,
        changes: mpsc::Receiver<Change<T>>,
    ) {
        self.start_sinks(sinks).await;
        self.start_sources(sources);
        self.shared.reach(Stage::Running);
        self.change_until_stopped(changes).await;

        self.crew.sources.iter().for_each(Control::stop);
        let shared = self.shared.clone();
        self.attend(shared.running.zero()).await;
        shared.close_channels(|open| !open.written_elsewhere);
        shared.reach(Stage::SourcesStopped);
        self.attend_until_asked(Request::Finish).await;

        shared.close_channels(|_| true);
        let sinks = self.crew.sinks.iter().chain(&self.leaving.sinks);
        let alive: Vec<Tally> = sinks.map(|sink| sink.alive.clone()).collect();
        self.attend_for_grace(Tally::all_zero(alive)).await;
        self.crew.all().chain(self.leaving.all()).for_each(Control::end);
        self.join().await;
        self.settle().await;
    }

    /// What channels left for later is done before anybody hears of the end. One whose disk does not answer is
    /// left.
    async fn settle(&mut self) {
        let settled = self.shared.settle_channels();
        self.attend_for_grace(settled).await;
    }

    /// Until it is asked to stop its sources, or has failed.
    async fn change_until_stopped(&mut self, mut changes: mpsc::Receiver<Change<T>>) {
        let shared = self.shared.clone();
        while let Some(Some(change)) = self.attend(shared.unless_ending(changes.recv())).await {
            self.change(change).await;
        }
    }
}
