use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::connect::{SinkBuilder, SourceBuilder};
use super::error::AgentError;
use super::group_builder::SinkGroupBuilder;
use super::handle::AgentHandle;
use super::launch::launch;
use super::plan::{ChannelPlan, Plan, SinkKind};
use super::problem::AgentBuildError;
use super::snapshot::ComponentKind;
use crate::base::Clock;
use crate::event::Event;
use crate::ingest::{ChannelFactory, Sink, SinkPolicy, Source};

/// Puts an agent together: channels, the sources that put into them, the sinks that take from them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use async_trait::async_trait;
/// use flowcore::ingest::{
///     AgentBuilder, Batch, ChannelWriter, MemoryChannel, Sink, SinkError, Source, SourceError,
/// };
///
/// struct Greeter;
///
/// #[async_trait]
/// impl Source<String> for Greeter {
///     async fn run(&mut self, out: &mut ChannelWriter<String>) -> Result<(), SourceError> {
///         out.put(Batch::untracked(vec!["hello".to_owned()])).await.map_err(SourceError::retry)
///     }
/// }
///
/// struct Printer;
///
/// #[async_trait]
/// impl Sink<String> for Printer {
///     async fn deliver(&mut self, events: &[String]) -> Result<(), SinkError> {
///         println!("{events:?}");
///         Ok(())
///     }
/// }
///
/// let agent = AgentBuilder::new("greetings")
///     .channel("memory", MemoryChannel::builder().capacity(100))
///     .source("greeter", || Greeter).into(["memory"])
///     .sink("printer", || Printer).batch(10).from("memory")
///     .build()?;
/// let report = agent.start().await?.wait().await?;
/// assert!(report.is_clean());
/// assert_eq!(report.snapshot.sinks[0].delivered, 1);
/// # Ok(()) }
/// ```
#[must_use]
pub struct AgentBuilder<T: Send + 'static = Event> {
    pub(super) plan: Plan<T>,
}

/// An agent that was checked and can start.
#[must_use]
pub struct Agent<T: Send + 'static = Event> {
    pub(super) plan: Plan<T>,
}

impl<T: Send + 'static> AgentBuilder<T> {
    /// An agent named `name`, with nothing in it.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        let plan = Plan {
            name: name.into(),
            clock: Clock::system(),
            grace: Duration::from_secs(10),
            channels: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
            read_elsewhere: Vec::new(),
            written_elsewhere: Vec::new(),
            types: HashMap::new(),
            keeps_going: false,
        };
        Self { plan }
    }

    /// The clock that components are told. The machine's, unless said otherwise.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.plan.clock = clock;
        self
    }

    /// How long each step of a stop may take: that sources return, that sinks drain their channels, and
    /// that components close what they hold. 10 seconds unless said otherwise.
    pub fn grace(mut self, time: Duration) -> Self {
        self.plan.grace = time;
        self
    }

    /// A source or sink that cannot work, or failed too often, is left out, and the others go on: the agent
    /// fails when none is left. Otherwise the first one that fails ends the agent.
    pub fn keep_going(mut self) -> Self {
        self.plan.keeps_going = true;
        self
    }

    /// Adds a channel: a builder such as [`MemoryChannel::builder`](crate::ingest::MemoryChannel::builder),
    /// or a channel that is there already.
    pub fn channel(mut self, name: impl Into<Arc<str>>, channel: impl ChannelFactory<T>) -> Self {
        self.plan.channels.push(ChannelPlan { name: name.into(), factory: Box::new(channel) });
        self
    }

    /// Says that somebody who is not of this agent takes from the channel, such as a bridge.
    pub fn read_elsewhere(mut self, channel: impl Into<Arc<str>>) -> Self {
        self.plan.read_elsewhere.push(channel.into());
        self
    }

    /// Says that somebody who is not of this agent puts into the channel, such as a bridge. It stays open
    /// until [`AgentHandle::finish`].
    pub fn written_elsewhere(mut self, channel: impl Into<Arc<str>>) -> Self {
        self.plan.written_elsewhere.push(channel.into());
        self
    }

    /// Says what the type of a component is called, for those who watch the agent.
    pub fn type_name(
        mut self,
        kind: ComponentKind,
        component: impl Into<Arc<str>>,
        type_name: impl Into<Arc<str>>,
    ) -> Self {
        self.plan.types.insert((kind, component.into()), type_name.into());
        self
    }

    /// Adds a source; goes on after [`SourceBuilder::into`] with the names of its channels. `make` is
    /// called again after every failure.
    pub fn source<S: Source<T>>(
        self,
        name: impl Into<Arc<str>>,
        mut make: impl FnMut() -> S + Send + 'static,
    ) -> SourceBuilder<T> {
        SourceBuilder::new(self, name.into(), Box::new(move || Box::new(make())))
    }

    /// Adds a sink; goes on after [`SinkBuilder::from`] with the name of its channel. `make` is called
    /// again after a failed start or a panic.
    pub fn sink<S: Sink<T>>(
        self,
        name: impl Into<Arc<str>>,
        mut make: impl FnMut() -> S + Send + 'static,
    ) -> SinkBuilder<T> {
        SinkBuilder::new(self, name.into(), SinkKind::Single(Box::new(move || Box::new(make()))))
    }

    /// Adds a group of sinks that share one channel; goes on after [`SinkGroupBuilder::from`] with its name.
    /// `policy` decides which of them delivers a batch; it is copied when the group is made anew.
    pub fn sink_group(
        self,
        name: impl Into<Arc<str>>,
        policy: impl SinkPolicy + Clone,
    ) -> SinkGroupBuilder<T> {
        SinkGroupBuilder::new(self, name.into(), policy)
    }

    /// Checks it.
    ///
    /// # Errors
    /// [`AgentBuildError`] with everything that is wrong.
    ///
    /// ```
    /// use flowcore::event::Event;
    /// use flowcore::ingest::{AgentBuilder, MemoryChannel};
    ///
    /// let error = AgentBuilder::<Event>::new("collector")
    ///     .channel("memory", MemoryChannel::builder())
    ///     .read_elsewhere("memroy")
    ///     .build()
    ///     .err();
    /// assert_eq!(
    ///     error.unwrap().to_string(),
    ///     "agent collector cannot be built: \
    ///      read_elsewhere is connected to channel memroy, which does not exist; \
    ///      no sink takes from channel memory (if a bridge does, say read_elsewhere); \
    ///      no source puts into channel memory (if a bridge does, say written_elsewhere)"
    /// );
    /// ```
    pub fn build(self) -> Result<Agent<T>, AgentBuildError> {
        let problems = self.plan.problems();
        if problems.is_empty() {
            return Ok(Agent { plan: self.plan });
        }
        Err(AgentBuildError { agent: self.plan.name, problems })
    }
}

impl<T: Clone + Send + Sync + 'static> Agent<T> {
    /// Opens the channels, then starts sinks and sources. Returns when the channels are open; sources
    /// start when every sink has tried to start once.
    ///
    /// # Errors
    /// [`AgentError`] when a channel cannot be opened.
    pub async fn start(self) -> Result<AgentHandle<T>, AgentError> {
        launch(self.plan).await
    }
}

impl<T: Send + 'static> std::fmt::Debug for AgentBuilder<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentBuilder").field("name", &self.plan.name).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> std::fmt::Debug for Agent<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("name", &self.plan.name).finish_non_exhaustive()
    }
}
