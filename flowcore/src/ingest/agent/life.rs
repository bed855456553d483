use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::{AgentError, AgentErrorKind, ComponentError};
use super::snapshot::ComponentState;
use crate::base::{Clock, RestartPolicy, Timestamp};
use crate::ingest::writer::WriteCounts;

/// What the agent knows about one source or sink; the runner writes, snapshots read.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) agent: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) clock: Clock,
    /// What a source wrote.
    pub(super) wrote: Arc<WriteCounts>,
    /// Events that a sink delivered.
    pub(super) delivered: AtomicU64,
    pub(super) failed_attempts: AtomicU64,
    pub(super) restarts: AtomicU64,
    pub(super) overdue: AtomicBool,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    state: ComponentState,
    last_error: Option<Arc<ComponentError>>,
}

impl Life {
    pub(super) fn new(agent: &Arc<str>, name: &Arc<str>, clock: &Clock) -> Arc<Self> {
        Arc::new(Self {
            agent: agent.clone(),
            name: name.clone(),
            clock: clock.clone(),
            wrote: Arc::default(),
            delivered: AtomicU64::new(0),
            failed_attempts: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            overdue: AtomicBool::new(false),
            now: Mutex::default(),
        })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, state: ComponentState) {
        self.now().state = state;
    }

    pub(super) fn state(&self) -> ComponentState {
        self.now().state.clone()
    }

    pub(super) fn is_backing_off(&self) -> bool {
        matches!(self.now().state, ComponentState::BackingOff { .. })
    }

    pub(super) fn last_error(&self) -> Option<Arc<ComponentError>> {
        self.now().last_error.clone()
    }

    /// It did not end in its grace period.
    pub(super) fn set_overdue(&self) {
        tracing::warn!(agent = %self.agent, component = %self.name, "did not stop in its grace period");
        self.overdue.store(true, Ordering::Relaxed);
    }

    /// It failed, and nothing follows from that.
    pub(super) fn note(&self, error: ComponentError) -> Arc<ComponentError> {
        tracing::warn!(agent = %self.agent, component = %self.name, error = %chain(&error), "failed");
        let error = Arc::new(error);
        self.now().last_error = Some(error.clone());
        error
    }

    /// It failed and is tried again after `delay`.
    pub(super) fn back_off(&self, error: ComponentError, delay: Duration) {
        let error = self.note(error);
        self.set(ComponentState::BackingOff { until: self.clock.now() + delay, error });
    }

    /// It failed and its group leaves it out until then.
    pub(super) fn rest(&self, error: ComponentError, until: Option<Timestamp>) -> Arc<ComponentError> {
        let error = self.note(error);
        if let Some(until) = until {
            self.set(ComponentState::BackingOff { until, error: error.clone() });
        }
        error
    }

    /// Decides about a failure after it ran for `ran`: how long to wait before it is made anew.
    pub(super) fn after_failure(
        &self,
        error: ComponentError,
        policy: &mut RestartPolicy,
        ran: Duration,
    ) -> Result<Duration, AgentError> {
        if !error.retries() {
            return Err(self.fail(error, AgentErrorKind::Fatal));
        }
        let Some(delay) = policy.after_failure(ran) else {
            let restarts = policy.max_restarts;
            return Err(self.fail(error, AgentErrorKind::RestartLimit { restarts }));
        };
        self.restarts.fetch_add(1, Ordering::Relaxed);
        self.back_off(error, delay);
        Ok(delay)
    }

    /// It failed for good.
    pub(super) fn fail(&self, error: ComponentError, kind: AgentErrorKind) -> AgentError {
        let error = self.note(error);
        self.set(ComponentState::Failed { error: error.clone() });
        AgentError::new(&self.agent, &self.name, kind, error)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
