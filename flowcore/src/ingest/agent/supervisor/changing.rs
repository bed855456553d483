use std::collections::HashMap;
use std::sync::Arc;

use super::Supervisor;
use crate::ingest::agent::change::{AgentStops, Applied, Change, FailedChannel, Unchanged};
use crate::ingest::agent::control::Control;
use crate::ingest::agent::error::ComponentError;
use crate::ingest::agent::plan::{ChannelPlan, Plan, SinkPlan, SourcePlan};
use crate::ingest::agent::prepare::open;
use crate::ingest::agent::snapshot::ComponentKind;
use crate::ingest::agent::transition::{Connected, Wiring, staying};

/// Becoming another agent while it runs.
impl<T: Clone + Send + Sync + 'static> Supervisor<T> {
    pub(super) async fn change(&mut self, change: Change<T>) {
        let Change { next, unchanged, answer } = change;
        // No moment without a source is the end of all sources.
        let running = self.shared.running.count();
        let applied = self.become_another(next, unchanged).await;
        drop(running);
        if applied.has_changed() {
            self.shared.set_applied();
        }
        let answered = if self.shared.is_ending() { Err(AgentStops) } else { Ok(applied) };
        // Nobody need wait for it.
        let _ = answer.send(answered);
    }

    /// What leaves was told to return before anything new is there, and is gone before its successor starts.
    async fn become_another(&mut self, next: Plan<T>, mut unchanged: Unchanged) -> Applied {
        let order = next.wiring();
        let resized = self.resizable(&next, &unchanged);
        unchanged.channels.extend(resized.iter().cloned());
        let stays = staying(&self.wiring(), &order, &unchanged);
        let mut applied = Applied { stopped: self.part_with(&stays), ..Applied::default() };
        self.let_go(&stays, &mut applied).await;
        self.resize(&next, &resized);
        applied.resized = resized;
        let Plan { channels, sources, sinks, written_elsewhere, types, .. } = next;
        self.workshop.types = types;
        self.open_channels(channels, &written_elsewhere, &mut applied).await;
        let sinks = sinks.into_iter().filter(|sink| !stays.sinks.contains(&sink.name)).collect();
        let sinks = self.sinks_with_channels(sinks, &mut applied);
        let sinks = self.enlist_sinks(sinks);
        let sources = sources.into_iter().filter(|source| !stays.sources.contains(&source.name)).collect();
        let sources = self.sources_with_channels(sources, &mut applied);
        let sources = self.enlist_sources(sources);
        self.arrange(&order);
        self.publish();
        self.start_sinks(sinks).await;
        self.dismiss_sources(&mut applied).await;
        self.start_sources(sources);
        applied
    }

    fn wiring(&self) -> Wiring {
        Wiring {
            channels: self.channels.iter().map(|open| open.name.clone()).collect(),
            sources: self.crew.sources.iter().map(Control::connected).collect(),
            sinks: self.crew.sinks.iter().map(Control::connected).collect(),
        }
    }

    /// The channels that changed, and can go on with other limits.
    fn resizable(&self, next: &Plan<T>, unchanged: &Unchanged) -> Vec<Arc<str>> {
        let fits = |channel: &&ChannelPlan<T>| {
            let open = self.channels.iter().find(|open| open.name == channel.name);
            !unchanged.channels.contains(&channel.name)
                && open.is_some_and(|open| channel.factory.resize(&*open.own).is_some())
        };
        next.channels.iter().filter(fits).map(|channel| channel.name.clone()).collect()
    }

    fn resize(&mut self, next: &Plan<T>, names: &[Arc<str>]) {
        for open in &mut self.channels {
            open.written_elsewhere = next.written_elsewhere.contains(&open.name);
            let plan = next.channels.iter().find(|plan| plan.name == open.name);
            let plan = plan.filter(|plan| names.contains(&plan.name));
            if let Some(resize) = plan.and_then(|plan| plan.factory.resize(&*open.own)) {
                resize();
            }
        }
    }

    /// Opens those that are not open.
    async fn open_channels(
        &mut self,
        plans: Vec<ChannelPlan<T>>,
        written_elsewhere: &[Arc<str>],
        applied: &mut Applied,
    ) {
        for plan in plans {
            let name = plan.name.clone();
            if self.channels.iter().any(|open| open.name == name) {
                continue;
            }
            match open(plan, &self.workshop, written_elsewhere).await {
                Ok(open) => {
                    applied.started.push(named("channel", &name));
                    self.channels.push(open);
                }
                Err(error) => applied.failed.push(FailedChannel { channel: name, error: Arc::new(error) }),
            }
        }
    }

    fn sinks_with_channels(&mut self, plans: Vec<SinkPlan<T>>, applied: &mut Applied) -> Vec<SinkPlan<T>> {
        let mut ready = Vec::new();
        for plan in plans {
            if let Some(error) = why_closed(&applied.failed, [&plan.channel]) {
                let control =
                    self.not_running(ComponentKind::Sink, &plan.name, vec![plan.channel.clone()], &error);
                self.waiting.sinks.push(control);
            } else {
                applied.started.push(named("sink", &plan.name));
                ready.push(plan);
            }
        }
        ready
    }

    fn sources_with_channels(
        &mut self,
        plans: Vec<SourcePlan<T>>,
        applied: &mut Applied,
    ) -> Vec<SourcePlan<T>> {
        let mut ready = Vec::new();
        for plan in plans {
            if let Some(error) = why_closed(&applied.failed, plan.channels()) {
                let channels = plan.channels().cloned().collect();
                let control = self.not_running(ComponentKind::Source, &plan.name, channels, &error);
                self.waiting.sources.push(control);
            } else {
                applied.started.push(named("source", &plan.name));
                ready.push(plan);
            }
        }
        ready
    }

    fn not_running(
        &self,
        kind: ComponentKind,
        name: &Arc<str>,
        channels: Vec<Arc<str>>,
        error: &Arc<ComponentError>,
    ) -> Control {
        let life = self.workshop.life(kind, name, channels.clone());
        life.blame(error.clone());
        Control::new(life, channels)
    }

    /// The order of the new agent.
    fn arrange(&mut self, order: &Wiring) {
        let places = |names: Vec<&Arc<str>>| -> HashMap<Arc<str>, usize> {
            names.into_iter().enumerate().map(|(at, name)| (name.clone(), at)).collect()
        };
        let of = |parts: &[Connected]| places(parts.iter().map(|part| &part.name).collect());
        let (channels, sources, sinks) =
            (places(order.channels.iter().collect()), of(&order.sources), of(&order.sinks));
        self.channels.sort_by_key(|open| channels.get(&open.name).copied());
        self.crew.sources.sort_by_key(|source| sources.get(&source.life.name).copied());
        self.crew.sinks.sort_by_key(|sink| sinks.get(&sink.life.name).copied());
    }
}

fn why_closed<'a>(
    failed: &[FailedChannel],
    channels: impl IntoIterator<Item = &'a Arc<str>>,
) -> Option<Arc<ComponentError>> {
    let mut channels = channels.into_iter();
    channels.find_map(|name| failed.iter().find(|failed| failed.channel == *name)).map(|f| f.error.clone())
}

pub(super) fn named(kind: &str, name: &str) -> Arc<str> {
    format!("{kind} {name}").into()
}
