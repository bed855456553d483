use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::watch;

use super::desk::{Desk, IntakeOf};
use super::fault::{Fault, SpoutFault, settle};
use super::running::{TaskFailure, TaskShared};
use super::{Control, Counters, Deadline, Idle, Inbox, Ledger, Phase, SpoutPolicies};
use crate::base::{Panic, RestartPolicy, Timestamp, Work, contain, contain_call};
use crate::process::output::{Intake, TooManyOutputs, Wiring};
use crate::process::{Next, Spout, SpoutError, TaskContext};

/// One instance of a spout, with what it has emitted until that is settled.
pub(crate) struct SpoutTask<S: Spout> {
    factory: Arc<dyn Fn() -> S + Send + Sync>,
    out: S::Out,
    desk: Desk<S>,
    restart: RestartPolicy,
    /// The time that `next` sees.
    now: Timestamp,
    /// Whether it has waited since `now` was read.
    waited: bool,
    /// Whether its input has come to its end.
    ended: bool,
}

/// How a call of `next` came out.
enum Outcome {
    Next(Next),
    Stop,
}

impl<S: Spout> SpoutTask<S> {
    pub(crate) fn new(
        factory: Arc<dyn Fn() -> S + Send + Sync>,
        (out, intake): (S::Out, IntakeOf<S>),
        policies: SpoutPolicies,
        (shared, idle, control): (TaskShared, Idle, watch::Receiver<Control>),
    ) -> Self {
        let restart = shared.settings.restart.clone();
        let retry = policies.retry.unwrap_or_else(|| shared.settings.retry.clone());
        let deadline = policies.deadline.or(shared.settings.deadline);
        let ledger = Ledger::new(retry, deadline, &shared.context.component);
        let inbox = Arc::new(if deadline.is_some() { Inbox::with_deadlines() } else { Inbox::default() });
        let watch = shared.settings.clock.stopwatch();
        let patience = deadline.map(Deadline::after);
        let desk =
            Desk { intake, ledger, patience, inbox, notices: Vec::new(), idle, control, watch, shared };
        Self { factory, out, desk, restart, now: Timestamp::MIN, waited: false, ended: false }
    }

    pub(crate) fn context(&self) -> &TaskContext {
        &self.desk.shared.context
    }

    pub(crate) fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.desk.shared.counters)
    }

    /// Runs until the spout has ended, or the topology stops, and everything emitted is settled or given up.
    /// Returns how many tuples are not settled.
    pub(crate) async fn run(mut self) -> Result<usize, TaskFailure> {
        let spout = self.emit_all().await?;
        self.desk.ship().await;
        self.desk.drain(self.ended).await;
        let unsettled = self.desk.ledger.unsettled();
        self.desk.publish();
        self.desk.shared.counters.unsettled.set(unsettled);
        if let Some(mut spout) = spout {
            self.close(&mut spout).await;
            self.let_go(spout);
        }
        Ok(unsettled)
    }

    /// Lives of the spout, until one of them ends well or it is time to stop.
    async fn emit_all(&mut self) -> Result<Option<S>, TaskFailure> {
        loop {
            let life = self.desk.shared.settings.clock.stopwatch();
            let factory = Arc::clone(&self.factory);
            let made = contain_call(|| factory()).map_err(Fault::Panic);
            let fault = match made {
                Err(fault) => fault,
                Ok(mut spout) => match self.drive(&mut spout).await {
                    Ok(()) => return Ok(Some(spout)),
                    Err(fault) => {
                        if matches!(fault, Fault::Error(_)) {
                            self.close(&mut spout).await;
                        }
                        self.let_go(spout);
                        fault
                    }
                },
            };
            let fatal = matches!(fault, Fault::Error(SpoutError::Fatal(_)));
            let delay = if fatal { None } else { self.restart.after_failure(life.elapsed()) };
            let cause = fault.into_cause(SpoutError::into_cause);
            let Some(delay) = delay else { return Err(self.desk.shared.failure(cause)) };
            self.desk.shared.restarts(&cause, delay);
            let again = self.desk.shared.settings.timer.now() + delay;
            if self.desk.work_until(Some(again)).await {
                return Ok(None);
            }
        }
    }

    async fn drive(&mut self, spout: &mut S) -> Result<(), SpoutFault> {
        if !self.open(spout).await? {
            return Ok(());
        }
        loop {
            if self.desk.intake.is_full() {
                self.desk.ship().await;
            }
            self.desk.attend().await;
            let phase = self.desk.shared.phase.now();
            if phase > Phase::Running {
                return Ok(());
            }
            if self.desk.is_at_limit() {
                self.desk.ship().await;
                self.desk.tell().await;
                self.desk.wait_at_limit(phase).await;
                continue;
            }
            // A `next` that never waits must not keep its thread for itself.
            tokio::task::coop::consume_budget().await;
            let before = self.desk.intake.len();
            match self.next_few(spout).await? {
                // It polls, and found nothing: what it emitted before would wait for more.
                Outcome::Next(Next::More) if self.desk.intake.len() == before => self.desk.ship().await,
                Outcome::Next(Next::More) => {}
                Outcome::Next(Next::End) => {
                    self.ended = true;
                    return Ok(());
                }
                Outcome::Stop => return Ok(()),
            }
        }
    }

    /// Returns whether it is open: one that still waits for its server is dropped when the topology stops.
    async fn open(&mut self, spout: &mut S) -> Result<bool, SpoutFault> {
        let mut phase = self.desk.shared.phase.clone();
        tokio::select! {
            biased;
            opened = contain(spout.open(&self.desk.shared.context)) => settle(opened).map(|()| true),
            () = phase.reached(Phase::Stopping) => Ok(false),
        }
    }

    /// A few calls of `next`, when each of them emits little: what is done between two calls costs more than
    /// one tuple may.
    async fn next_few(&mut self, spout: &mut S) -> Result<Outcome, SpoutFault> {
        const CALLS: usize = 32;
        self.now = self.desk.shared.settings.clock.now();
        self.waited = false;
        let before = self.desk.intake.len();
        for _ in 1..CALLS {
            let outcome = self.next(spout).await?;
            let is_more = matches!(outcome, Outcome::Next(Next::More)) && !self.waited;
            if !is_more || self.desk.intake.len() >= before + CALLS || self.desk.is_at_limit() {
                return Ok(outcome);
            }
        }
        self.next(spout).await
    }

    /// One call of `next`. While it waits, batches leave, notices are read and replays are sent.
    async fn next(&mut self, spout: &mut S) -> Result<Outcome, SpoutFault> {
        self.out.enter(&Work::default(), self.now);
        let result = {
            let mut next = pin!(contain(spout.next(&mut self.out)));
            let first = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
            match first {
                Poll::Ready(result) => Some(result),
                Poll::Pending => loop {
                    self.waited = true;
                    self.desk.ship().await;
                    self.desk.attend().await;
                    self.desk.tell().await;
                    let phase = self.desk.shared.phase.now();
                    if phase > Phase::Running {
                        break None;
                    }
                    tokio::select! {
                        biased;
                        result = &mut next => break Some(result),
                        () = self.desk.wait(None, phase) => {}
                    }
                },
            }
        };
        if !matches!(result, Some(Ok(Ok(_)))) {
            self.out.abandon();
        }
        self.desk.intake.absorb(&mut self.out);
        let overflow = self.out.take_overflow();
        match result {
            None => Ok(Outcome::Stop),
            Some(Ok(Ok(_))) if overflow => Err(Fault::Error(TooManyOutputs.into())),
            Some(Ok(Ok(next))) => Ok(Outcome::Next(next)),
            Some(Ok(Err(error))) => Err(Fault::Error(error)),
            Some(Err(panic)) => Err(Fault::Panic(panic)),
        }
    }

    async fn close(&mut self, spout: &mut S) {
        if let Err(fault) = settle(contain(spout.close()).await) {
            self.desk.shared.warn("close failed", &fault.into_cause(SpoutError::into_cause));
        }
    }

    /// Its destructor may panic.
    fn let_go(&self, spout: S) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(spout))) {
            let panic = Panic::from_payload(&*payload);
            self.desk.shared.warn("a spout panicked when it was dropped", &Box::new(panic).into());
        }
    }
}
