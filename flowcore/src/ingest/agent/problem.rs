use std::fmt;
use std::sync::Arc;

/// An agent was put together in a way that cannot work: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentBuildError {
    pub(super) agent: Arc<str>,
    pub(super) problems: Vec<AgentProblem>,
}

impl AgentBuildError {
    /// What is wrong, at least one thing.
    pub fn problems(&self) -> &[AgentProblem] {
        &self.problems
    }
}

impl std::error::Error for AgentBuildError {}

impl fmt::Display for AgentBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agent {} cannot be built", self.agent)?;
        for (at, problem) in self.problems.iter().enumerate() {
            write!(f, "{} {problem}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

/// One thing that is wrong with an agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentProblem {
    /// A name is empty.
    #[error("a {kind} has an empty name")]
    EmptyName {
        /// `source`, `channel` or `sink`.
        kind: &'static str,
    },
    /// Two components of a kind have the same name.
    #[error("there are two {kind}s named {name}")]
    DuplicateName {
        /// `source`, `channel` or `sink`.
        kind: &'static str,
        /// The name.
        name: Arc<str>,
    },
    /// A component is connected to a channel that does not exist.
    #[error("{component} is connected to channel {channel}, which does not exist")]
    UnknownChannel {
        /// The component, or `read_elsewhere` and `written_elsewhere`.
        component: Arc<str>,
        /// The channel's name.
        channel: Arc<str>,
    },
    /// A source has the same channel twice.
    #[error("source {source_name} is connected to channel {channel} twice")]
    ConnectedTwice {
        /// The source.
        source_name: Arc<str>,
        /// The channel's name.
        channel: Arc<str>,
    },
    /// A source has no channel.
    #[error("source {source_name} is connected to no channel")]
    NoChannel {
        /// The source.
        source_name: Arc<str>,
    },
    /// A source has more channels than a route can name.
    #[error("source {source_name} is connected to more than 64 channels")]
    TooManyChannels {
        /// The source.
        source_name: Arc<str>,
    },
    /// Nobody takes from a channel, and it was not said that somebody does elsewhere.
    #[error("no sink takes from channel {channel} (if a bridge does, say read_elsewhere)")]
    NoReader {
        /// The channel's name.
        channel: Arc<str>,
    },
    /// Nobody puts into a channel, and it was not said that somebody does elsewhere.
    #[error("no source puts into channel {channel} (if a bridge does, say written_elsewhere)")]
    NoWriter {
        /// The channel's name.
        channel: Arc<str>,
    },
    /// A group has no sinks.
    #[error("sink group {group} has no sinks")]
    EmptyGroup {
        /// The group.
        group: Arc<str>,
    },
    /// A group has more or fewer sinks than its policy decides about.
    #[error("sink group {group} has {sinks} sinks, and its policy is for {policy}")]
    GroupSize {
        /// The group.
        group: Arc<str>,
        /// How many were added.
        sinks: usize,
        /// How many its policy was made for.
        policy: usize,
    },
}
