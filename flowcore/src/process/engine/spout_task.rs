use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;

use super::fault::{Fault, SpoutFault, settle};
use super::inbox::Notice;
use super::ledger::Dead;
use super::running::{TaskFailure, TaskShared};
use super::{Control, Counters, Deadline, Delivery, Idle, Inbox, Ledger, Phase, SpoutPolicies};
use crate::base::{Clock, LossKind, Panic, RestartPolicy, Stopwatch, Timestamp, Work, contain};
use crate::process::observe::{Happening, chain};
use crate::process::output::{Intake, Look, Payload, Shipped, TooManyOutputs, Wiring};
use crate::process::{DeadLetter, Next, Spout, SpoutError, TaskContext};

type IntakeOf<S> = <<S as Spout>::Out as Wiring>::Intake;

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

/// The half of the task that works while the spout waits in `next`.
struct Desk<S: Spout> {
    intake: IntakeOf<S>,
    ledger: Ledger<Payload>,
    /// How long it waits for room in a mailbox: until what it sends has taken too long.
    patience: Option<Duration>,
    inbox: Arc<Inbox>,
    notices: Vec<Notice>,
    idle: Idle,
    control: watch::Receiver<Control>,
    /// Measures how long tuples are under way.
    watch: Stopwatch,
    shared: TaskShared,
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
            let made = contain(async move { factory() }).await.map_err(Fault::Panic);
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
        settle(contain(spout.open(&self.desk.shared.context)).await)?;
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

impl<S: Spout> Desk<S> {
    fn tracks(&self) -> bool {
        self.shared.settings.delivery == Delivery::AtLeastOnce
    }

    /// Whether the spout must not emit now.
    fn is_at_limit(&self) -> bool {
        let Control { paused, max_pending } = *self.control.borrow();
        let under_way = self.ledger.pending() + self.intake.len();
        paused || (self.tracks() && under_way >= max_pending)
    }

    /// Waits while the spout must not emit, and counts for how long.
    async fn wait_at_limit(&mut self, phase: Phase) {
        let paused = self.control.borrow().paused;
        let watch = self.shared.settings.clock.stopwatch();
        self.wait(None, phase).await;
        let counters = &self.shared.counters;
        let count = if paused { &counters.paused } else { &counters.at_max_pending };
        count.add_nanos(watch.elapsed());
    }

    /// Sends what was emitted.
    async fn ship(&mut self) {
        if self.intake.is_empty() {
            return;
        }
        let ledger = self.tracks();
        let (at, now) = (self.watch.elapsed(), self.now());
        let ledger = ledger.then_some(&mut self.ledger);
        let mut shipped =
            Shipped { ledger, inbox: &self.inbox, tuples: 0, at, now, output: 0, earliest: None };
        within(self.patience, &self.shared.settings.timer, self.intake.ship(&mut shipped)).await;
        self.shared.counters.emitted.add(shipped.tuples);
    }

    /// Sends the dead letters that were written.
    async fn post(&mut self) {
        let (at, now) = (self.watch.elapsed(), self.now());
        let ledger = Some(&mut self.ledger);
        let mut shipped =
            Shipped { ledger, inbox: &self.inbox, tuples: 0, at, now, output: 0, earliest: None };
        within(self.patience, &self.shared.settings.timer, self.intake.post(&mut shipped)).await;
    }

    /// The time, if the ledger wants to know.
    fn now(&self) -> Timestamp {
        if self.ledger.has_deadlines() { self.shared.settings.timer.now() } else { Timestamp::MIN }
    }

    /// Reads all notices and sends the replays that are due.
    async fn attend(&mut self) {
        if self.read_notices() | self.expire() {
            self.post().await;
        }
        // When the topology closes, there is nobody left to replay to: such tuples stay unsettled.
        if self.shared.phase.now() < Phase::Closing && self.ledger.next_replay().is_some() {
            let now = self.shared.settings.timer.now();
            while let Some((root, payload, indices)) = self.ledger.take_replay(now) {
                let work = Work::root(Arc::clone(&self.inbox) as _, root);
                let replay = self.intake.replay(&payload, &indices, work);
                within(self.patience, &self.shared.settings.timer, replay).await;
            }
        }
        self.publish();
        self.look().await;
    }

    /// Brings event time up to date, and tells of it when it was not told for some time.
    async fn look(&mut self) {
        self.intake.look(Look { ledger: &self.ledger, output: 0 });
        let Some(since) = self.intake.timing().behind_since else { return };
        if self.shared.settings.timer.now().since(since) >= self.shared.settings.linger {
            self.tell().await;
        }
    }

    /// There is nothing else to do: tells of event time at once.
    async fn tell(&mut self) {
        if self.intake.timing().behind_since.is_some() {
            within(self.patience, &self.shared.settings.timer, self.intake.tell()).await;
        }
    }

    /// Returns whether there are dead letters to post.
    fn read_notices(&mut self) -> bool {
        self.inbox.drain_into(&mut self.notices);
        if self.notices.is_empty() {
            return false;
        }
        let mut buried = false;
        let now = self.shared.settings.timer.now();
        // Read after the notices: what fails because the topology aborts says nothing about the tuple.
        let aborting = self.shared.phase.now() == Phase::Aborting;
        let mut notices = std::mem::take(&mut self.notices);
        for notice in notices.drain(..) {
            let dead = match notice {
                Notice::Done(_, failures) | Notice::Settled(_, failures)
                    if aborting && !failures.is_empty() =>
                {
                    continue;
                }
                Notice::Done(root, failures) => self.ledger.done(root, failures, now),
                Notice::Settled(root, failures) => self.ledger.settled(root, failures, now),
            };
            buried |= !dead.is_empty();
            for dead in dead {
                self.bury(dead);
            }
            self.ledger.acknowledge();
        }
        self.notices = notices;
        buried
    }

    /// Fails what has taken too long. Returns whether there are dead letters to post.
    fn expire(&mut self) -> bool {
        if self.ledger.next_deadline().is_none() || self.shared.phase.now() == Phase::Aborting {
            return false;
        }
        let now = self.shared.settings.timer.now();
        for root in self.inbox.take_alive() {
            self.ledger.keep_alive(root, now);
        }
        let mut buried = false;
        while let Some(dead) = self.ledger.expire(now) {
            tracing::warn!(spout = %self.shared.context.component, "tuples take longer than their deadline");
            buried |= !dead.is_empty();
            for dead in dead {
                self.bury(dead);
            }
        }
        self.ledger.acknowledge();
        buried
    }

    /// A tuple is given up: to the handler of dead letters, to those who read them, or to nobody.
    fn bury(&mut self, dead: Dead<Payload>) {
        let Dead { payload, index, attempts, error, cover, is_letter } = dead;
        let (spout, task) = (Arc::clone(&self.shared.context.component), self.shared.context.task);
        let error_chain = chain(&error);
        let given_up =
            Happening::TupleGivenUp { spout: Arc::clone(&spout), task, attempts, error: error_chain };
        self.shared.tell(given_up);
        let letter = DeadLetter { spout, task, attempts, error, index };
        if is_letter {
            let error = letter.error.chain();
            tracing::error!(spout = %letter.spout, attempts, %error, "a dead letter is given up");
            let never_came = letter.error.kind() == LossKind::Dropped;
            if never_came && self.shared.phase.now() >= Phase::Closing {
                return self.ledger.lose(cover, letter.error);
            }
            return self.ledger.give_up(is_letter, cover);
        }
        let handled = catch_unwind(AssertUnwindSafe(|| self.intake.dead_letter(&payload, &letter)));
        if let Err(payload) = handled {
            let panic = Panic::from_payload(&*payload);
            self.shared.warn("a dead-letter handler panicked", &Box::new(panic).into());
        }
        let (spout, error) = (Arc::clone(&letter.spout), letter.error.clone());
        if let Some(cover) = self.intake.write(&payload, letter, cover) {
            tracing::error!(%spout, attempts, error = error.chain(), "a tuple is given up");
            self.ledger.give_up(is_letter, cover);
        }
    }

    fn publish(&mut self) {
        let tally = self.ledger.take_tally();
        let counters = &self.shared.counters;
        counters.acked.add(tally.settled);
        counters.failed.add(tally.failed);
        counters.replayed.add(tally.replayed);
        counters.dead.add(tally.dead);
        counters.lost.add(tally.lost);
        counters.waiting.set(self.ledger.pending());
        let mut ages = self.ledger.take_ages().peekable();
        if ages.peek().is_some() {
            let now = self.watch.elapsed();
            ages.for_each(|(opened, tuples)| counters.latency.record(now.saturating_sub(opened), tuples));
        }
    }

    /// Waits until there is something to do, or it is `until`, or the phase is another one than the one `seen`
    /// when it was last acted on. Safe to cancel.
    async fn wait(&mut self, until: Option<Timestamp>, seen: Phase) {
        let replay = self.ledger.next_replay().filter(|_| seen < Phase::Closing);
        let at_limit = self.is_at_limit();
        // Who is not asked for tuples is not idle, unless it is because it was paused.
        let is_asked = !at_limit || self.control.borrow().paused;
        let timing = self.intake.timing();
        let look_at = timing.look_at.filter(|_| is_asked);
        let blocked = timing.look_at.filter(|_| !is_asked).map(|_| self.shared.settings.timer.now());
        let wake = replay.into_iter().chain(self.ledger.next_deadline()).chain(until).chain(look_at).min();
        let timer = &self.shared.settings.timer;
        let later = async {
            match wake {
                Some(wake) => timer.sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.inbox.arrived() => {}
            () = self.intake.handed_over(), if !at_limit => {}
            () = later => {}
            () = self.shared.phase.changed_from(seen) => {}
            // An error says that nobody is left who could change it: the phase changes then, too.
            Ok(()) = self.control.changed() => {}
        }
        if let Some(since) = blocked {
            self.intake.was_blocked(since);
        }
    }

    /// Works on what was emitted until it is `until`. Returns true when it is time to stop.
    async fn work_until(&mut self, until: Option<Timestamp>) -> bool {
        loop {
            self.ship().await;
            self.attend().await;
            self.tell().await;
            let phase = self.shared.phase.now();
            if phase > Phase::Running {
                return true;
            }
            if until.is_some_and(|until| self.shared.settings.timer.now() >= until) {
                return false;
            }
            self.wait(until, phase).await;
        }
    }

    /// Works on what was emitted until all of it is settled. It lets go of the streams as soon as no spout
    /// has anything under way.
    async fn drain(&mut self, ended: bool) {
        let mut is_idle = false;
        loop {
            let phase = self.shared.phase.now();
            self.attend().await;
            if phase >= Phase::Closing {
                self.intake.disconnect();
            }
            if phase == Phase::Aborting || (phase == Phase::Closing && self.ledger.is_answered()) {
                break;
            }
            let nothing_under_way = self.ledger.pending() == 0;
            if ended && nothing_under_way {
                self.intake.end_time();
            }
            self.tell().await;
            if nothing_under_way != is_idle {
                is_idle = nothing_under_way;
                if is_idle { self.idle.enter() } else { self.idle.leave() }
            }
            self.wait(None, phase).await;
        }
        if !is_idle {
            self.idle.enter();
        }
    }
}

/// Sends, and gives up after `patience`: what was not sent then has failed.
async fn within(patience: Option<Duration>, timer: &Clock, send: impl Future<Output = ()>) {
    let Some(patience) = patience else { return send.await };
    tokio::select! {
        biased;
        () = send => {}
        () = timer.sleep(patience) => {}
    }
}
