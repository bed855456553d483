//! Agents: sources, channels and sinks that are started, watched and stopped together.
//!
//! Channels open first, then sinks start, then sources. To stop, sources go first, then sinks once their
//! channels are empty, and channels last. A component that fails or panics is made anew by its factory
//! after a pause; one that cannot work, or fails too often, stops the agent with an [`AgentError`].
//!
//! A running agent can become another one, of which only what differs is stopped and started:
//! [`AgentHandle::apply`].

mod builder;
mod change;
mod connect;
mod control;
mod error;
mod group;
mod group_builder;
mod handle;
mod launch;
mod life;
mod plan;
mod prepare;
mod problem;
mod report;
mod sink_runner;
mod snapshot;
mod source_runner;
mod supervisor;
mod tally;
mod transition;

pub use builder::{Agent, AgentBuilder};
pub use change::{AgentStops, Applied, FailedChannel, Unchanged};
pub use connect::{SinkBuilder, SourceBuilder};
pub use error::{AgentError, AgentErrorKind, ComponentError};
pub use group::GroupError;
pub use group_builder::SinkGroupBuilder;
pub use handle::{AgentHandle, AgentObserver};
pub use problem::{AgentBuildError, AgentProblem};
pub use report::{AgentReport, LeftInChannel};
pub use snapshot::{
    Activity, AgentSnapshot, ChangeStatus, ChannelStatus, ComponentKind, ComponentState, SinkStatus,
    SourceStatus,
};
