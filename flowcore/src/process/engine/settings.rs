use std::time::Duration;

use super::Deadline;
use crate::base::{Backoff, Clock, RestartPolicy};

/// What becomes of a tuple when something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// Every tuple is acknowledged, or replayed until it is, or leaves as a dead letter.
    #[default]
    AtLeastOnce,
    /// Nothing is tracked: what fails is counted and lost.
    BestEffort,
}

/// How often a failed tuple is tried, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included. At least 1.
    pub max_attempts: u32,
    /// The delays before the second attempt, the third one and so on.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    /// Three attempts, 100 ms and 200 ms apart.
    fn default() -> Self {
        Self { max_attempts: 3, backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)) }
    }
}

/// What a spout has instead of the topology's settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpoutPolicies {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) deadline: Option<Deadline>,
}

/// The settings of a topology.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) clock: Clock,
    /// For the engine's own delays: it goes on where `clock` stands still or is set back.
    pub(crate) timer: Clock,
    pub(crate) delivery: Delivery,
    pub(crate) batch: usize,
    pub(crate) linger: Duration,
    pub(crate) mailbox: usize,
    pub(crate) max_pending: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) restart: RestartPolicy,
    pub(crate) grace: Duration,
    /// How many events the log holds.
    pub(crate) event_log: usize,
    pub(crate) overdue_after: Option<Duration>,
    pub(crate) log_rates: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            timer: Clock::system(),
            delivery: Delivery::default(),
            batch: 2048,
            linger: Duration::from_millis(5),
            mailbox: 16,
            max_pending: 16 * 1024,
            retry: RetryPolicy::default(),
            deadline: None,
            restart: RestartPolicy::default(),
            grace: Duration::from_secs(30),
            event_log: 256,
            overdue_after: Some(Duration::from_mins(1)),
            log_rates: None,
        }
    }
}
