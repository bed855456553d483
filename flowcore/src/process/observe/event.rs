use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ExplainedWindow;
use super::readable::{Readable, Utc};
use crate::base::Timestamp;

/// Something that happened in a topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopologyEvent {
    /// When, by the topology's clock.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What happened in a topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Happening {
    /// A task failed, and is made anew after a pause.
    Restarted {
        /// The component.
        component: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// The error, and behind it its causes.
        error: Vec<String>,
        /// The pause.
        delay: Duration,
    },
    /// A task failed for good: the topology stops.
    Failed {
        /// The component.
        component: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// The error, and behind it its causes.
        error: Vec<String>,
    },
    /// Something else failed, and the task goes on.
    Trouble {
        /// The component.
        component: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// What failed.
        doing: String,
        /// The error, and behind it its causes.
        error: Vec<String>,
    },
    /// A call of a bolt's `execute` has kept its thread for longer than its deadline: it cannot be dropped. Told
    /// once a call.
    Hung {
        /// The bolt.
        component: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// The deadline.
        deadline: Duration,
    },
    /// A tuple was given up: it left as a dead letter.
    TupleGivenUp {
        /// The spout that emitted it.
        spout: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// How often it was tried.
        attempts: u32,
        /// The error of the last attempt, and behind it its causes.
        error: Vec<String>,
    },
    /// A window should have closed some time ago.
    WindowOverdue(Box<ExplainedWindow>),
    /// Timestamps were too far in the future to be believed.
    WatermarkRefused {
        /// The component that sends.
        component: Arc<str>,
        /// Which of its tasks, from 0.
        task: usize,
        /// How many tuples of the stream, so far, had a timestamp of no use. Told when it doubles.
        tuples: u64,
    },
    /// A spout was told to pause.
    SpoutPaused {
        /// The spout.
        spout: Arc<str>,
    },
    /// A spout was told to go on.
    SpoutResumed {
        /// The spout.
        spout: Arc<str>,
    },
    /// A spout may have another number of tuples under way.
    MaxPendingChanged {
        /// The spout.
        spout: Arc<str>,
        /// How many for each of its tasks.
        tuples: usize,
    },
    /// The topology was asked to stop.
    Stopping,
    /// The topology leaves what it holds: it was aborted, or its grace period is over.
    Aborting,
    /// All tasks have ended.
    Ended,
    /// A component had more troubles than the log takes: these are counted alone.
    Suppressed {
        /// The component.
        component: Arc<str>,
        /// How many events were left out.
        events: u64,
    },
    /// Who reads was too slow: these events are lost.
    Missed {
        /// How many.
        events: u64,
    },
}

impl Happening {
    /// The component whose trouble it is. `None` when it is nobody's.
    pub(super) fn trouble_of(&self) -> Option<&Arc<str>> {
        match self {
            Self::Restarted { component, .. }
            | Self::Failed { component, .. }
            | Self::Trouble { component, .. }
            | Self::Hung { component, .. }
            | Self::WatermarkRefused { component, .. } => Some(component),
            Self::TupleGivenUp { spout, .. } => Some(spout),
            Self::WindowOverdue(window) => Some(&window.component),
            _ => None,
        }
    }
}

/// The messages of an error and of its causes.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut messages = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        messages.push(error.to_string());
        next = error.source();
    }
    messages
}

impl fmt::Display for TopologyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Utc(self.at))?;
        match &self.what {
            Happening::WindowOverdue(window) => window.told_at(self.at).fmt(f),
            what => what.fmt(f),
        }
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restarted { component, task, error, delay } => {
                let (error, delay) = (error.join(": "), Readable(*delay));
                write!(f, "{component}, task {task}, is made anew in {delay}: {error}")
            }
            Self::Failed { component, task, error } => {
                write!(f, "{component}, task {task}, failed for good: {}", error.join(": "))
            }
            Self::Trouble { component, task, doing, error } => {
                write!(f, "{component}, task {task}: {doing}: {}", error.join(": "))
            }
            Self::Hung { component, task, deadline } => {
                let deadline = Readable(*deadline);
                write!(f, "{component}, task {task}: execute has kept its thread for more than {deadline}")
            }
            Self::TupleGivenUp { spout, task, attempts, error } => {
                let (error, s) = (error.join(": "), if *attempts == 1 { "" } else { "s" });
                write!(f, "{spout}, task {task}, gave up a tuple after {attempts} attempt{s}: {error}")
            }
            Self::WindowOverdue(window) => write!(f, "{}, task {}: overdue", window.component, window.task),
            Self::WatermarkRefused { component, task, tuples } => {
                write!(f, "{component}, task {task}: {tuples} timestamps too far in the future")
            }
            Self::SpoutPaused { spout } => write!(f, "{spout} was paused"),
            Self::SpoutResumed { spout } => write!(f, "{spout} was resumed"),
            Self::MaxPendingChanged { spout, tuples } => {
                write!(f, "{spout} may have {tuples} tuples under way")
            }
            Self::Stopping => f.write_str("the topology stops"),
            Self::Aborting => f.write_str("the topology aborts"),
            Self::Ended => f.write_str("the topology has ended"),
            Self::Suppressed { component, events } => write!(f, "{component}: {events} more are not listed"),
            Self::Missed { events } => write!(f, "{events} events were lost: they were not read in time"),
        }
    }
}
