use std::sync::Arc;

use crate::base::Panic;
use crate::ingest::{ChannelError, SinkError, SourceError};

/// Why a component of an agent failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentError {
    /// A source said so.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A sink said so.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A channel said so.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// It panicked.
    #[error(transparent)]
    Panicked(#[from] Panic),
}

impl ComponentError {
    /// Whether to try again.
    pub fn retries(&self) -> bool {
        match self {
            Self::Source(error) => error.retries(),
            Self::Sink(error) => error.retries(),
            Self::Channel(ChannelError::Closed { .. }) => false,
            Self::Channel(_) | Self::Panicked(_) => true,
        }
    }
}

/// Why an agent stopped by itself. Cheap to clone.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{component} of agent {agent} {kind}")]
pub struct AgentError {
    agent: Arc<str>,
    component: Arc<str>,
    kind: AgentErrorKind,
    #[source]
    cause: Arc<ComponentError>,
}

/// What was decided about the component that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentErrorKind {
    /// Its error does not pass by itself.
    #[error("cannot work")]
    Fatal,
    /// It failed once more after all the restarts in a row that its policy allows.
    #[error("was given up after {restarts} restarts")]
    RestartLimit {
        /// The restarts that its policy allows.
        restarts: u32,
    },
}

impl AgentError {
    pub(super) fn new(
        agent: &Arc<str>,
        component: &Arc<str>,
        kind: AgentErrorKind,
        cause: Arc<ComponentError>,
    ) -> Self {
        Self { agent: agent.clone(), component: component.clone(), kind, cause }
    }

    /// The agent's name.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The name of the source, channel or sink that failed.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// What was decided about it.
    pub fn kind(&self) -> AgentErrorKind {
        self.kind
    }

    /// What it failed with.
    pub fn cause(&self) -> &ComponentError {
        &self.cause
    }
}
