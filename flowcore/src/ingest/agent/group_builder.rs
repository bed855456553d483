use std::sync::Arc;

use super::builder::AgentBuilder;
use super::connect::SinkBuilder;
use super::group::{GroupPlan, MemberPlan};
use super::plan::SinkKind;
use crate::base::{Backoff, RestartPolicy};
use crate::event::Event;
use crate::ingest::{Sink, SinkPolicy};

/// A group of sinks that is not connected yet: [`from`](Self::from) does it.
///
/// The sinks share a channel. A batch that one of them fails to deliver is tried by others, as the policy
/// says, before it goes back into the channel. One that panicked or cannot work is made anew when the policy
/// lets it try again; the agent fails only when all of them cannot work.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::event::Event;
/// use flowcore::ingest::sink::{LoggerSink, NullSink};
/// use flowcore::ingest::{AgentBuilder, FailoverPolicy, MemoryChannel};
///
/// let agent = AgentBuilder::<Event>::new("collector")
///     .channel("memory", MemoryChannel::builder())
///     .written_elsewhere("memory")
///     .sink_group("out", FailoverPolicy::new([Some(10), Some(5)])?)
///     .sink("first", LoggerSink::new)
///     .sink("spare", NullSink::new)
///     .batch(100)
///     .from("memory")
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "a sink group is added when it is connected with `from`"]
pub struct SinkGroupBuilder<T: Send + 'static = Event> {
    group: GroupPlan<T>,
    rest: Rest<T>,
}

/// What a group has in common with a sink that is alone.
type Rest<T> = Box<dyn FnOnce(SinkKind<T>) -> SinkBuilder<T> + Send>;

impl<T: Send + 'static> SinkGroupBuilder<T> {
    pub(super) fn new(agent: AgentBuilder<T>, name: Arc<str>, policy: impl SinkPolicy + Clone) -> Self {
        let rest: Rest<T> = Box::new(|kind| SinkBuilder::new(agent, name, kind));
        Self { group: GroupPlan::new(policy), rest }
    }

    fn then(self, change: impl FnOnce(SinkBuilder<T>) -> SinkBuilder<T> + Send + 'static) -> Self {
        let rest = self.rest;
        Self { group: self.group, rest: Box::new(|kind| change(rest(kind))) }
    }

    /// Adds a sink, after those that it has. `make` is called again after a failed start or a panic.
    pub fn sink<S: Sink<T>>(
        mut self,
        name: impl Into<Arc<str>>,
        mut make: impl FnMut() -> S + Send + 'static,
    ) -> Self {
        self.group.members.push(MemberPlan::new(name.into(), Box::new(move || Box::new(make()))));
        self
    }

    /// How many events its sinks are given at once, at most; 500 unless said otherwise.
    pub fn batch(self, events: usize) -> Self {
        self.then(move |sink| sink.batch(events))
    }

    /// The pauses after a batch that none of them delivered; it is tried until one does. From 100 ms to
    /// 10 s unless said otherwise.
    pub fn retry(self, pauses: Backoff) -> Self {
        self.then(move |sink| sink.retry(pauses))
    }

    /// How the group is started again when its policy panicked.
    pub fn restart(self, policy: RestartPolicy) -> Self {
        self.then(move |sink| sink.restart(policy))
    }

    /// Takes from this channel; that is all about this group.
    pub fn from(self, channel: impl Into<Arc<str>>) -> AgentBuilder<T> {
        (self.rest)(SinkKind::Group(self.group)).from(channel)
    }
}

impl<T: Send + 'static> std::fmt::Debug for SinkGroupBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkGroupBuilder").field("sinks", &self.group.members.len()).finish_non_exhaustive()
    }
}
