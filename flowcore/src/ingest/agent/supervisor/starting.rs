use std::sync::Arc;

use super::{Crew, Parts, SinkEntry, Supervisor};
use crate::ingest::agent::control::Control;
use crate::ingest::agent::life::Life;
use crate::ingest::agent::plan::{SinkPlan, SourcePlan};
use crate::ingest::agent::sink_runner::SinkRunner;
use crate::ingest::agent::source_runner::SourceRunner;
use crate::ingest::agent::tally::{Counted, Tally};

impl<T: Clone + Send + Sync + 'static> Supervisor<T> {
    /// Takes on sinks whose channels are open; the runners are to be started.
    pub(in crate::ingest::agent) fn enlist_sinks(&mut self, plans: Vec<SinkPlan<T>>) -> Vec<SinkRunner<T>> {
        let enlisted = plans.into_iter().filter_map(|plan| self.workshop.sink(plan, &self.channels));
        let (runners, controls): (Vec<_>, Vec<_>) = enlisted.unzip();
        self.crew.sinks.extend(controls);
        runners
    }

    /// Takes on sources whose channels are open.
    pub(in crate::ingest::agent) fn enlist_sources(
        &mut self,
        plans: Vec<SourcePlan<T>>,
    ) -> Vec<SourceRunner<T>> {
        let enlisted = plans.into_iter().map(|plan| self.workshop.source(plan, &self.channels));
        let (runners, controls): (Vec<_>, Vec<_>) = enlisted.unzip();
        self.crew.sources.extend(controls);
        runners
    }

    /// Returns when each has tried to start once.
    pub(super) async fn start_sinks(&mut self, sinks: Vec<SinkRunner<T>>) {
        let starting = Tally::new();
        for sink in sinks {
            let Some(here) = count(&self.crew.sinks, &sink.life, |control| &control.alive) else { continue };
            let name = self.enter("sink", &sink.life);
            let run = sink.run(starting.count());
            self.tasks.spawn(name, async move {
                let _here = here;
                run.await
            });
        }
        let shared = self.shared.clone();
        self.attend(shared.unless_ending(starting.zero())).await;
    }

    /// None of them if the agent ends already.
    pub(super) fn start_sources(&mut self, sources: Vec<SourceRunner<T>>) {
        for source in sources {
            if self.shared.is_ending() {
                return;
            }
            let alive = count(&self.crew.sources, &source.life, |control| &control.alive);
            let running = count(&self.crew.sources, &source.life, |control| &control.running);
            let name = self.enter("source", &source.life);
            let run = source.run((running, self.shared.running.count()));
            self.tasks.spawn(name, async move {
                let _here = alive;
                run.await
            });
        }
    }

    fn enter(&mut self, kind: &str, life: &Arc<Life>) -> Arc<str> {
        self.started += 1;
        let name: Arc<str> = format!("{kind} {} #{}", life.name, self.started).into();
        self.lives.insert(name.clone(), life.clone());
        name
    }

    /// Shows what it has now.
    pub(in crate::ingest::agent) fn publish(&self) {
        let shown = |of: fn(&Crew) -> &Vec<Control>| of(&self.crew).iter().chain(of(&self.waiting));
        let entry = |sink: &Control| SinkEntry {
            life: sink.life.clone(),
            channel: sink.channels.first().cloned().unwrap_or_default(),
            members: sink.members.clone(),
        };
        self.shared.publish(Parts {
            channels: self.channels.clone(),
            sources: shown(|crew| &crew.sources).map(|source| source.life.clone()).collect(),
            sinks: shown(|crew| &crew.sinks).map(entry).collect(),
        });
    }
}

fn count(controls: &[Control], life: &Arc<Life>, tally: impl Fn(&Control) -> &Tally) -> Option<Counted> {
    controls.iter().find(|control| Arc::ptr_eq(&control.life, life)).map(|control| tally(control).count())
}
