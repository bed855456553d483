use std::sync::Arc;

use super::error::ComponentError;
use crate::base::Timestamp;
use crate::ingest::metrics::{Counts, Delays, SetAsideItem};
use crate::ingest::{ChannelHealth, ChannelState};

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// It puts into channels.
    Source,
    /// Events wait in it.
    Channel,
    /// It takes from a channel.
    Sink,
}

/// What a component does now.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ComponentState {
    /// It opens what it works with, or was not started yet.
    #[default]
    Starting,
    /// It works.
    Running,
    /// It failed, and is tried again.
    BackingOff {
        /// When that will be.
        until: Timestamp,
        /// What it failed with.
        error: Arc<ComponentError>,
    },
    /// It ended.
    Stopped,
    /// It failed, and is not tried again: the agent stops.
    Failed {
        /// What it failed with.
        error: Arc<ComponentError>,
    },
}

/// What an agent does now. Cheap to make: a few counters are read.
#[derive(Debug, Clone)]
pub struct AgentSnapshot {
    /// Its name.
    pub agent: Arc<str>,
    /// Its sources, in the order in which they were added.
    pub sources: Vec<SourceStatus>,
    /// Its channels, in the order in which they were added.
    pub channels: Vec<ChannelStatus>,
    /// Its sinks, in the order in which they were added.
    pub sinks: Vec<SinkStatus>,
    /// How it has changed while it ran.
    pub changes: ChangeStatus,
}

/// How an agent has changed while it ran.
#[derive(Debug, Clone, Default)]
pub struct ChangeStatus {
    /// How often it became another one; what was applied and changed nothing does not count.
    pub applied: u64,
    /// When it did so the last time.
    pub last_applied: Option<Timestamp>,
    /// Why a change that somebody wants is not made: what follows a configuration says it, see
    /// [`AgentHandle::set_refused`](super::AgentHandle::set_refused).
    pub refused: Option<Arc<str>>,
    /// Since when some change is not made, whatever the reason.
    pub refused_since: Option<Timestamp>,
}

/// What a source does now.
#[derive(Debug, Clone)]
pub struct SourceStatus {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub state: ComponentState,
    /// Since when it runs, and what it counted.
    pub activity: Activity,
    /// How long its batches took, through interceptors and selector into all channels, with the time in which
    /// they waited for room.
    pub batch_delays: Delays,
    /// The channels that it puts into: first those that must take its events, then optional ones.
    pub channels: Vec<Arc<str>>,
    /// Events that it put into its channels.
    pub written: u64,
    /// Events that its selector sent nowhere: they count as delivered.
    pub unrouted: u64,
    /// Events that an optional channel did not take, counted for each such channel.
    pub not_taken: u64,
    /// How many files, or whatever it reads, it leaves out for now.
    pub set_aside_count: usize,
    /// The first hundred of them, and why.
    pub set_aside: Vec<SetAsideItem>,
    /// How often it was made anew.
    pub restarts: u64,
    /// What it failed with the last time.
    pub last_error: Option<Arc<ComponentError>>,
}

/// What a sink does now.
#[derive(Debug, Clone)]
pub struct SinkStatus {
    /// Its name.
    pub name: Arc<str>,
    /// The channel that it takes from.
    pub channel: Arc<str>,
    /// What it does.
    pub state: ComponentState,
    /// Since when it runs, and what it counted.
    pub activity: Activity,
    /// How long deliveries took, also those that failed.
    pub send_delays: Delays,
    /// Events that it delivered and committed; for one of a group, that it delivered.
    pub delivered: u64,
    /// Deliveries that failed; for one of a group, starts too.
    pub failed_attempts: u64,
    /// How often it was made anew.
    pub restarts: u64,
    /// What it failed with the last time.
    pub last_error: Option<Arc<ComponentError>>,
    /// The sinks of a group, in their order; none of a sink that is alone. One whose policy leaves it out
    /// is backing off.
    pub members: Vec<SinkStatus>,
}

/// What is in a channel now.
#[derive(Debug, Clone)]
pub struct ChannelStatus {
    /// Its name.
    pub name: Arc<str>,
    /// What is in it.
    pub state: ChannelState,
    /// How its storage is. `None` of a channel in memory.
    pub health: Option<ChannelHealth>,
    /// Since when it is open, and what it counted.
    pub activity: Activity,
    /// How long puts took that were committed, from their begin.
    pub put_delays: Delays,
    /// How long takes took until they were committed or went back: the time of whoever had the events.
    pub take_delays: Delays,
}

/// What all components have in common.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    /// What its type is called, if [somebody said so](super::AgentBuilder::type_name).
    pub type_name: Option<Arc<str>>,
    /// When it began to run, the last time.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// When a batch was put or delivered, the last time. Not of channels.
    pub last_success: Option<Timestamp>,
    /// When it failed, the last time. Not of channels.
    pub last_error_at: Option<Timestamp>,
    /// What it counted, also before it was made anew.
    pub counts: Counts,
}
