use std::collections::HashMap;
use std::sync::Arc;

use super::error::{AgentError, AgentErrorKind};
use super::handle::AgentHandle;
use super::life::Life;
use super::plan::{ChannelPlan, Plan, SinkKind, SinkPlan, SourcePlan};
use super::sink_runner::SinkRunner;
use super::snapshot::ComponentKind;
use super::source_runner::SourceRunner;
use super::supervisor::{OpenChannel, Shared, Signals, SinkEntry, Supervisor};
use crate::base::TaskSet;
use crate::ingest::metrics::CountedChannel;
use crate::ingest::selector::Route;
use crate::ingest::{Channel, ChannelWriter, ComponentContext, ReplicatingSelector, Stopping};

/// Opens the channels of `plan` and starts the task that looks after the rest.
pub(super) async fn launch<T: Clone + Send + Sync + 'static>(
    mut plan: Plan<T>,
) -> Result<AgentHandle<T>, AgentError> {
    let mut channels = Vec::with_capacity(plan.channels.len());
    for channel in std::mem::take(&mut plan.channels) {
        channels.push(open(channel, &plan).await?);
    }
    let (sources, sinks) = (std::mem::take(&mut plan.sources), std::mem::take(&mut plan.sinks));
    let parts = Parts { plan, channels, signals: Signals::new() };
    let sources: Vec<_> = sources.into_iter().map(|source| parts.source(source)).collect();
    let sinks = sinks.into_iter().filter_map(|sink| parts.sink(sink));
    let (sinks, entries): (Vec<_>, Vec<_>) = sinks.unzip();
    let lives = sources.iter().map(|source| source.life.clone()).collect();
    let Parts { plan, channels, signals } = parts;
    let shared = Arc::new(Shared::new(plan.name, channels, lives, entries));
    let supervisor = Supervisor {
        shared: shared.clone(),
        clock: plan.clock,
        grace: plan.grace,
        sources,
        sinks,
        signals,
        tasks: TaskSet::new(),
        lives: HashMap::new(),
    };
    let mut task = TaskSet::new();
    task.spawn("supervisor", supervisor.run());
    Ok(AgentHandle { shared, supervisor: task })
}

async fn open<T: Send + 'static>(
    ChannelPlan { name, factory }: ChannelPlan<T>,
    plan: &Plan<T>,
) -> Result<OpenChannel<T>, AgentError> {
    let context = ComponentContext::new(name.clone(), plan.clock.clone());
    let channel = factory
        .open(&context)
        .await
        .map_err(|error| AgentError::new(&plan.name, &name, AgentErrorKind::Fatal, Arc::new(error.into())))?;
    let written_elsewhere = plan.written_elsewhere.contains(&name);
    let type_name = plan.types.get(&(ComponentKind::Channel, name.clone())).cloned();
    let counted = CountedChannel::new(channel, plan.clock.clone(), context.counters);
    let tally = counted.tally().clone();
    Ok(OpenChannel { name, type_name, channel: Arc::new(counted), tally, written_elsewhere })
}

/// What runners are made of.
struct Parts<T: Send + 'static> {
    plan: Plan<T>,
    channels: Vec<OpenChannel<T>>,
    signals: Signals,
}

impl<T: Clone + Send + Sync + 'static> Parts<T> {
    fn life(&self, kind: ComponentKind, name: &Arc<str>, channels: Vec<Arc<str>>) -> Arc<Life> {
        let type_name = self.plan.types.get(&(kind, name.clone())).cloned();
        Life::new(&self.plan.name, name, &self.plan.clock, type_name, channels)
    }

    fn channel(&self, name: &str) -> Option<Arc<dyn Channel<T>>> {
        self.channels.iter().find(|open| &*open.name == name).map(|open| open.channel.clone())
    }

    fn source(&self, source: SourcePlan<T>) -> SourceRunner<T> {
        let life = self.life(ComponentKind::Source, &source.name, source.channels().cloned().collect());
        let stopping = Stopping::new(self.signals.stop_sources.subscribe());
        let channels = source.channels().filter_map(|name| self.channel(name)).collect();
        let context = life.context();
        let required = source.required.len();
        let route = Route::required(0..required).and_optional(required..required + source.optional.len());
        let selector = source.selector.unwrap_or_else(|| Box::new(ReplicatingSelector::new(route)));
        let writer = ChannelWriter::new(channels, context, stopping.clone())
            .with_interceptors(source.interceptors)
            .with_selector(selector)
            .counting_in(life.wrote.clone());
        SourceRunner {
            life,
            make: source.make,
            writer,
            restart: source.restart,
            grace: self.plan.grace,
            stopping,
            delivered: Stopping::new(self.signals.delivered.subscribe()),
        }
    }

    /// The plan was checked: its channel exists.
    fn sink(&self, sink: SinkPlan<T>) -> Option<(SinkRunner<T>, SinkEntry)> {
        let life = self.life(ComponentKind::Sink, &sink.name, Vec::new());
        let (make, members) = match sink.kind {
            SinkKind::Single(make) => (make, Vec::new()),
            SinkKind::Group(group) => {
                group.into_sink(sink.batch, |name| self.life(ComponentKind::Sink, name, Vec::new()))
            }
        };
        let runner = SinkRunner {
            life: life.clone(),
            make,
            channel: self.channel(&sink.channel)?,
            batch: sink.batch,
            retry: sink.retry,
            restart: sink.restart,
            given_up: Stopping::new(self.signals.give_up.subscribe()),
        };
        Some((runner, SinkEntry { life, channel: sink.channel, members }))
    }
}
