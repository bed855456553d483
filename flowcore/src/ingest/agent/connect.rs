use std::sync::Arc;
use std::time::Duration;

use super::builder::AgentBuilder;
use super::plan::{MakeSource, SinkKind, SinkPlan, SourcePlan};
use crate::base::{Backoff, RestartPolicy};
use crate::event::Event;
use crate::ingest::{Interceptor, Selector};

/// A source that is not connected yet: [`into`](Self::into) does it.
#[must_use = "a source is added when it is connected with `into`"]
pub struct SourceBuilder<T: Send + 'static = Event> {
    agent: AgentBuilder<T>,
    source: SourcePlan<T>,
}

/// A sink that is not connected yet: [`from`](Self::from) does it.
#[must_use = "a sink is added when it is connected with `from`"]
pub struct SinkBuilder<T: Send + 'static = Event> {
    agent: AgentBuilder<T>,
    sink: SinkPlan<T>,
}

impl<T: Send + 'static> SourceBuilder<T> {
    pub(super) fn new(agent: AgentBuilder<T>, name: Arc<str>, make: MakeSource<T>) -> Self {
        let source = SourcePlan {
            name,
            make,
            required: Vec::new(),
            optional: Vec::new(),
            interceptors: Vec::new(),
            selector: None,
            restart: RestartPolicy::default(),
        };
        Self { agent, source }
    }

    /// How it is started again after a failure.
    pub fn restart(mut self, policy: RestartPolicy) -> Self {
        self.source.restart = policy;
        self
    }

    /// Adds an interceptor, after those that it has.
    pub fn interceptor(mut self, interceptor: impl Interceptor<T>) -> Self {
        self.source.interceptors.push(Box::new(interceptor));
        self
    }

    /// Chooses the channels of each event. They are counted in the order of [`into`](Self::into), then
    /// [`optional`](Self::optional). Without it every event goes to all of them.
    pub fn selector(mut self, selector: impl Selector<T>) -> Self {
        self.source.selector = Some(Box::new(selector));
        self
    }

    /// Also puts into these channels, as far as they have room.
    pub fn optional<C: Into<Arc<str>>>(mut self, channels: impl IntoIterator<Item = C>) -> Self {
        self.source.optional.extend(channels.into_iter().map(Into::into));
        self
    }

    /// Puts into these channels; that is all about this source.
    pub fn into<C: Into<Arc<str>>>(mut self, channels: impl IntoIterator<Item = C>) -> AgentBuilder<T> {
        self.source.required.extend(channels.into_iter().map(Into::into));
        self.agent.plan.sources.push(self.source);
        self.agent
    }
}

impl<T: Send + 'static> SinkBuilder<T> {
    pub(super) fn new(agent: AgentBuilder<T>, name: Arc<str>, kind: SinkKind<T>) -> Self {
        let retry = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let restart = RestartPolicy::default();
        Self { agent, sink: SinkPlan { name, kind, channel: Arc::from(""), batch: 500, retry, restart } }
    }

    /// How many events it is given at once, at most; 500 unless said otherwise.
    pub fn batch(mut self, events: usize) -> Self {
        self.sink.batch = events.max(1);
        self
    }

    /// The pauses after a delivery that failed; it is tried until it works. From 100 ms to 10 s unless said
    /// otherwise.
    pub fn retry(mut self, pauses: Backoff) -> Self {
        self.sink.retry = pauses;
        self
    }

    /// How it is started again after a start that failed or a panic.
    pub fn restart(mut self, policy: RestartPolicy) -> Self {
        self.sink.restart = policy;
        self
    }

    /// Takes from this channel; that is all about this sink.
    pub fn from(mut self, channel: impl Into<Arc<str>>) -> AgentBuilder<T> {
        self.sink.channel = channel.into();
        self.agent.plan.sinks.push(self.sink);
        self.agent
    }
}

impl<T: Send + 'static> std::fmt::Debug for SourceBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceBuilder").field("name", &self.source.name).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> std::fmt::Debug for SinkBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkBuilder").field("name", &self.sink.name).finish_non_exhaustive()
    }
}
