use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::{AgentError, AgentErrorKind, ComponentError};
use super::snapshot::{Activity, ComponentState};
use crate::base::{
    Clock, Panic, RestartPolicy, Timestamp, Trouble, TroubleExtent, TroubleNews, on_own_thread, with_causes,
};
use crate::ingest::ComponentContext;
use crate::ingest::metrics::{Counter, Counters, DelayHistogram, Moment, SetAside};
use crate::ingest::writer::WriteCounts;

/// What the agent knows about one source or sink; the runner writes, snapshots read.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) agent: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) clock: Clock,
    /// What a source wrote.
    pub(super) wrote: Arc<WriteCounts>,
    pub(super) type_name: Option<Arc<str>>,
    /// Those that a source puts into.
    pub(super) channels: Vec<Arc<str>>,
    pub(super) counters: Counters,
    pub(super) set_aside: SetAside,
    /// Deliveries of a sink.
    pub(super) sends: DelayHistogram,
    pub(super) delivered_at: Moment,
    /// Events that a sink delivered, whoever counts them for monitoring.
    pub(super) delivered: AtomicU64,
    started: Moment,
    stopped: Moment,
    pub(super) failed_attempts: AtomicU64,
    pub(super) restarts: AtomicU64,
    pub(super) overdue: AtomicBool,
    in_trouble: AtomicBool,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    state: ComponentState,
    last_error: Option<Arc<ComponentError>>,
    last_error_at: Option<Timestamp>,
    trouble: Trouble,
}

/// A source that failed before works again when it has run for so long.
const STEADY: Duration = Duration::from_secs(10);

impl Life {
    pub(super) fn new(
        agent: &Arc<str>,
        name: &Arc<str>,
        clock: &Clock,
        type_name: Option<Arc<str>>,
        channels: Vec<Arc<str>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            agent: agent.clone(),
            name: name.clone(),
            clock: clock.clone(),
            wrote: Arc::default(),
            type_name,
            channels,
            counters: Counters::new(),
            set_aside: SetAside::default(),
            sends: DelayHistogram::default(),
            delivered_at: Moment::default(),
            delivered: AtomicU64::new(0),
            started: Moment::default(),
            stopped: Moment::default(),
            failed_attempts: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            overdue: AtomicBool::new(false),
            in_trouble: AtomicBool::new(false),
            now: Mutex::default(),
        })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, state: ComponentState) {
        let mut now = self.now();
        match &state {
            ComponentState::Running if matches!(now.state, ComponentState::Starting) => {
                self.started.set(self.clock.now());
                self.stopped.clear();
            }
            ComponentState::Stopped | ComponentState::Failed { .. } => self.stopped.set(self.clock.now()),
            _ => {}
        }
        now.state = state;
    }

    /// What its component is told when it starts.
    pub(super) fn context(&self) -> ComponentContext {
        let (name, clock, counters) = (self.name.clone(), self.clock.clone(), self.counters.clone());
        ComponentContext { name, clock, counters, set_aside: self.set_aside.clone() }
    }

    /// Events that a sink delivered.
    pub(super) fn delivered(&self, events: u64) {
        self.delivered.fetch_add(events, Ordering::Relaxed);
        if !self.counters.is_owned(Counter::EventDrainSuccess) {
            self.counters.add(Counter::EventDrainSuccess, events);
        }
        self.delivered_at.set(self.clock.now());
        self.works();
    }

    fn works(&self) {
        if self.in_trouble.load(Ordering::Relaxed) {
            self.in_trouble.store(false, Ordering::Relaxed);
            let over = self.now().trouble.over(self.clock.now());
            if let Some(TroubleExtent { time, failures }) = over {
                let (agent, component) = (&*self.agent, &*self.name);
                tracing::info!(agent, component, after = ?time, failures, "works again");
            }
        }
    }

    /// Runs a source, which may have failed before.
    pub(super) async fn watch<F: Future>(&self, run: F) -> F::Output {
        let mut run = pin!(run);
        if self.in_trouble.load(Ordering::Relaxed) {
            tokio::select! {
                biased;
                end = &mut run => return end,
                () = self.clock.sleep(STEADY) => self.works(),
            }
        }
        run.await
    }

    /// A sink is given a batch, of at most so many events.
    pub(super) fn begins_delivery(&self, events: usize, most: usize) {
        let kind = if events < most { Counter::BatchUnderflow } else { Counter::BatchComplete };
        self.counters.add(kind, 1);
        self.counters.add(Counter::EventDrainAttempt, events as u64);
    }

    pub(super) fn activity(&self) -> Activity {
        Activity {
            type_name: self.type_name.clone(),
            started: self.started.get(),
            stopped: self.stopped.get(),
            last_success: self.wrote.last_success.get().or(self.delivered_at.get()),
            last_error_at: self.now().last_error_at,
            counts: self.counters.counts(),
        }
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

    /// It cannot start because of this.
    pub(super) fn blame(&self, error: Arc<ComponentError>) {
        let at = self.clock.now();
        let mut now = self.now();
        now.last_error = Some(error);
        now.last_error_at = Some(at);
    }

    /// It failed, and nothing follows from that.
    pub(super) fn note(&self, error: ComponentError) -> Arc<ComponentError> {
        tracing::warn!(agent = %self.agent, component = %self.name, error = %with_causes(&error), "failed");
        self.remember(error)
    }

    fn remember(&self, error: ComponentError) -> Arc<ComponentError> {
        self.counters.add(Counter::GenericProcessingFail, 1);
        let error = Arc::new(error);
        let mut now = self.now();
        now.last_error = Some(error.clone());
        now.last_error_at = Some(self.clock.now());
        error
    }

    /// It failed and is tried again: said once, and then now and then.
    fn complain(&self, error: &ComponentError) {
        let error = with_causes(error);
        let told = self.now().trouble.failed(&error, self.clock.now());
        self.in_trouble.store(true, Ordering::Relaxed);
        let (agent, component) = (&*self.agent, &*self.name);
        match told {
            Some(TroubleNews::Begins) => tracing::warn!(agent, component, %error, "fails and is tried again"),
            Some(TroubleNews::GoesOn(TroubleExtent { time, failures })) => {
                tracing::warn!(agent, component, %error, lasting = ?time, failures, "still fails");
            }
            None => {}
        }
    }

    /// It failed and is tried again after `delay`.
    pub(super) fn back_off(&self, error: ComponentError, delay: Duration) {
        self.complain(&error);
        let error = self.remember(error);
        self.set(ComponentState::BackingOff { until: self.clock.now() + delay, error });
    }

    /// It failed and its group leaves it out until then.
    pub(super) fn rest(&self, error: ComponentError, until: Option<Timestamp>) -> Arc<ComponentError> {
        self.complain(&error);
        let error = self.remember(error);
        if let Some(until) = until {
            self.set(ComponentState::BackingOff { until, error: error.clone() });
        }
        error
    }

    /// Waits for its `stop`, for a while.
    pub(super) async fn last_words<E: Into<ComponentError>>(
        &self,
        stop: impl Future<Output = Result<Result<(), E>, Panic>>,
        time: Duration,
    ) {
        tokio::select! {
            biased;
            end = stop => match end {
                Ok(Ok(())) => {}
                Ok(Err(error)) => drop(self.note(error.into())),
                Err(panic) => drop(self.note(panic.into())),
            },
            () = self.clock.sleep(time) => self.set_overdue(),
        }
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
    /// Lets a component live: on a thread of its own if it blocks the one that it is on.
    pub(super) async fn host<F>(&self, blocks: bool, life: F) -> Result<F::Output, AgentError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        if !blocks {
            return Ok(life.await);
        }
        let lived = on_own_thread(&self.name, life).await;
        lived.map_err(|panic| self.fail(panic.into(), AgentErrorKind::Fatal))
    }

    pub(super) fn fail(&self, error: ComponentError, kind: AgentErrorKind) -> AgentError {
        tracing::error!(agent = %self.agent, component = %self.name, error = %with_causes(&error), "has failed for good");
        let error = self.remember(error);
        self.set(ComponentState::Failed { error: error.clone() });
        AgentError::new(&self.agent, &self.name, kind, error)
    }
}
