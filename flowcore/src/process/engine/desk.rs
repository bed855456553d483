use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::inbox::Notice;
use super::ledger::Dead;
use super::running::TaskShared;
use super::{Control, Delivery, Idle, Inbox, Ledger, Phase};
use crate::base::{Clock, LossKind, Panic, Stopwatch, Timestamp, Work};
use crate::process::observe::{Happening, chain};
use crate::process::output::{Intake, Look, Payload, Shipped, Wiring};
use crate::process::{DeadLetter, Spout};

pub(super) type IntakeOf<S> = <<S as Spout>::Out as Wiring>::Intake;

/// The half of the task that works while the spout waits in `next`.
pub(super) struct Desk<S: Spout> {
    pub(super) intake: IntakeOf<S>,
    pub(super) ledger: Ledger<Payload>,
    /// How long it waits for room in a mailbox: until what it sends has taken too long.
    pub(super) patience: Option<Duration>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) notices: Vec<Notice>,
    pub(super) idle: Idle,
    pub(super) control: watch::Receiver<Control>,
    /// Measures how long tuples are under way.
    pub(super) watch: Stopwatch,
    pub(super) shared: TaskShared,
}

impl<S: Spout> Desk<S> {
    pub(super) fn tracks(&self) -> bool {
        self.shared.settings.delivery == Delivery::AtLeastOnce
    }

    /// Whether the spout must not emit now.
    pub(super) fn is_at_limit(&self) -> bool {
        let Control { paused, max_pending } = *self.control.borrow();
        let under_way = self.ledger.pending() + self.intake.len();
        paused || (self.tracks() && under_way >= max_pending)
    }

    /// Waits while the spout must not emit, and counts for how long.
    pub(super) async fn wait_at_limit(&mut self, phase: Phase) {
        let paused = self.control.borrow().paused;
        let watch = self.shared.settings.clock.stopwatch();
        self.wait(None, phase).await;
        let counters = &self.shared.counters;
        let count = if paused { &counters.paused } else { &counters.at_max_pending };
        count.add_nanos(watch.elapsed());
    }

    /// Sends what was emitted.
    pub(super) async fn ship(&mut self) {
        if self.intake.is_empty() {
            return;
        }
        let ledger = self.tracks();
        let (at, now) = (self.watch.elapsed(), self.now());
        let ledger = ledger.then_some(&mut self.ledger);
        let mut shipped =
            Shipped { ledger, inbox: &self.inbox, tuples: 0, at, now, output: 0, earliest: None };
        let since = self.patience.map(|_| self.shared.settings.timer.now());
        let sent = within(self.patience, &self.shared.settings.timer, self.intake.ship(&mut shipped)).await;
        self.shared.counters.emitted.add(shipped.tuples);
        self.gave_up(sent, since);
    }

    /// What is sent to its end counts for itself how long it waited for room.
    fn gave_up(&mut self, sent: bool, since: Option<Timestamp>) {
        if let Some(since) = since.filter(|_| !sent) {
            self.intake.was_blocked(since);
        }
    }

    /// Sends the dead letters that were written.
    pub(super) async fn post(&mut self) {
        let (at, now) = (self.watch.elapsed(), self.now());
        let since = self.shared.settings.timer.now();
        let ledger = Some(&mut self.ledger);
        let mut shipped =
            Shipped { ledger, inbox: &self.inbox, tuples: 0, at, now, output: 0, earliest: None };
        within(self.patience, &self.shared.settings.timer, self.intake.post(&mut shipped)).await;
        self.intake.was_blocked(since);
    }

    /// The time, if the ledger wants to know.
    pub(super) fn now(&self) -> Timestamp {
        if self.ledger.has_deadlines() { self.shared.settings.timer.now() } else { Timestamp::MIN }
    }

    /// Reads all notices and sends the replays that are due.
    pub(super) async fn attend(&mut self) {
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
            // Who finds no room for replays is not idle.
            self.intake.was_blocked(now);
        }
        self.publish();
        self.look().await;
    }

    /// Brings event time up to date, and tells of it when it was not told for some time.
    pub(super) async fn look(&mut self) {
        self.intake.look(Look { ledger: &self.ledger, output: 0 });
        let Some(since) = self.intake.timing().behind_since else { return };
        if self.shared.settings.timer.now().since(since) >= self.shared.settings.linger {
            self.tell().await;
        }
    }

    /// There is nothing else to do: tells of event time at once.
    pub(super) async fn tell(&mut self) {
        if self.intake.timing().behind_since.is_some() {
            let since = self.patience.map(|_| self.shared.settings.timer.now());
            let told = within(self.patience, &self.shared.settings.timer, self.intake.tell()).await;
            self.gave_up(told, since);
        }
    }

    /// Returns whether there are dead letters to post.
    pub(super) fn read_notices(&mut self) -> bool {
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
    pub(super) fn expire(&mut self) -> bool {
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
    pub(super) fn bury(&mut self, dead: Dead<Payload>) {
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

    pub(super) fn publish(&mut self) {
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
    pub(super) async fn wait(&mut self, until: Option<Timestamp>, seen: Phase) {
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
    pub(super) async fn work_until(&mut self, until: Option<Timestamp>) -> bool {
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
    pub(super) async fn drain(&mut self, ended: bool) {
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

/// Sends, and gives up after `patience`: what was not sent then has failed. Returns whether it was sent.
async fn within(patience: Option<Duration>, timer: &Clock, send: impl Future<Output = ()>) -> bool {
    let Some(patience) = patience else {
        send.await;
        return true;
    };
    tokio::select! {
        biased;
        () = send => true,
        () = timer.sleep(patience) => false,
    }
}
