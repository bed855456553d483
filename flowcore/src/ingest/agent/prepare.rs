use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::error::ComponentError;
use super::life::Life;
use super::plan::{ChannelPlan, SinkKind, SinkPlan, SourcePlan};
use super::sink_runner::SinkRunner;
use super::snapshot::ComponentKind;
use super::source_runner::SourceRunner;
use super::supervisor::OpenChannel;
use crate::base::Clock;
use crate::ingest::metrics::CountedChannel;
use crate::ingest::selector::Route;
use crate::ingest::{Channel, ChannelWriter, ComponentContext, ReplicatingSelector};

/// Makes runners of plans.
pub(super) struct Workshop {
    pub(super) agent: Arc<str>,
    pub(super) clock: Clock,
    pub(super) grace: Duration,
    /// What the types of components are called.
    pub(super) types: HashMap<(ComponentKind, Arc<str>), Arc<str>>,
}

pub(super) async fn open<T: Send + 'static>(
    ChannelPlan { name, factory }: ChannelPlan<T>,
    workshop: &Workshop,
    written_elsewhere: &[Arc<str>],
) -> Result<OpenChannel<T>, ComponentError> {
    let context = ComponentContext::new(name.clone(), workshop.clock.clone());
    let own = factory.open(&context).await?;
    let written_elsewhere = written_elsewhere.contains(&name);
    let type_name = workshop.type_name(ComponentKind::Channel, &name);
    let counted = CountedChannel::new(own.clone(), workshop.clock.clone(), context.counters);
    let tally = counted.tally().clone();
    Ok(OpenChannel { name, type_name, own, channel: Arc::new(counted), tally, written_elsewhere })
}

impl Workshop {
    fn type_name(&self, kind: ComponentKind, name: &Arc<str>) -> Option<Arc<str>> {
        self.types.get(&(kind, name.clone())).cloned()
    }

    pub(super) fn life(&self, kind: ComponentKind, name: &Arc<str>, channels: Vec<Arc<str>>) -> Arc<Life> {
        Life::new(&self.agent, name, &self.clock, self.type_name(kind, name), channels)
    }

    /// The channels of `source` are open.
    pub(super) fn source<T: Clone + Send + Sync + 'static>(
        &self,
        source: SourcePlan<T>,
        open: &[OpenChannel<T>],
    ) -> (SourceRunner<T>, Control) {
        let own: Vec<Arc<str>> = source.channels().cloned().collect();
        let control = Control::new(self.life(ComponentKind::Source, &source.name, own.clone()), own);
        let (life, stopping) = (control.life.clone(), control.signals.stopping());
        let channels = source.channels().filter_map(|name| find(open, name)).collect();
        let context = life.context();
        let required = source.required.len();
        let route = Route::required(0..required).and_optional(required..required + source.optional.len());
        let selector = source.selector.unwrap_or_else(|| Box::new(ReplicatingSelector::new(route)));
        let writer = ChannelWriter::new(channels, context, stopping.clone())
            .with_interceptors(source.interceptors)
            .with_selector(selector)
            .counting_in(life.wrote.clone())
            .awaiting_in(control.outstanding.clone());
        let runner = SourceRunner {
            life,
            make: source.make,
            writer,
            restart: source.restart,
            grace: self.grace,
            stopping,
            delivered: control.signals.ending(),
        };
        (runner, control)
    }

    /// None if its channel is not open.
    pub(super) fn sink<T: Clone + Send + Sync + 'static>(
        &self,
        sink: SinkPlan<T>,
        open: &[OpenChannel<T>],
    ) -> Option<(SinkRunner<T>, Control)> {
        let channel = find(open, &sink.channel)?;
        let mut control =
            Control::new(self.life(ComponentKind::Sink, &sink.name, Vec::new()), vec![sink.channel]);
        let (make, members) = match sink.kind {
            SinkKind::Single(make) => (make, Vec::new()),
            SinkKind::Group(group) => {
                group.into_sink(sink.batch, |name| self.life(ComponentKind::Sink, name, Vec::new()))
            }
        };
        control.members = members;
        let runner = SinkRunner {
            life: control.life.clone(),
            make,
            channel,
            batch: sink.batch,
            retry: sink.retry,
            restart: sink.restart,
            grace: self.grace,
            stopping: control.signals.stopping(),
            given_up: control.signals.ending(),
        };
        Some((runner, control))
    }
}

fn find<T: Send + 'static>(open: &[OpenChannel<T>], name: &Arc<str>) -> Option<Arc<dyn Channel<T>>> {
    open.iter().find(|open| open.name == *name).map(|open| open.channel.clone())
}
