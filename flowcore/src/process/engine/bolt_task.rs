use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Pulse;
use super::bolt_time::TaskTime;
use super::fault::{BoltFault, Fault, settle};
use super::phase::{Phase, Signal};
use super::port::{Call, Port};
use super::running::{TaskFailure, TaskShared};
use crate::base::{Panic, RestartPolicy, Stopwatch, Timestamp, Work, contain, contain_call};
use crate::process::observe::{Lead, OpenWindows, Overdue, TaskReport};
use crate::process::output::TooManyOutputs;
use crate::process::time::Progress;
use crate::process::{BoltError, Outputs, TaskContext};

/// One instance of a bolt, its mailboxes and its outputs.
pub(crate) struct BoltTask<B, O> {
    factory: Arc<dyn Fn() -> B + Send + Sync>,
    pub(super) ports: Vec<Box<dyn Port<B, O>>>,
    /// The port that is asked first, so that a busy one does not starve the others.
    turn: usize,
    pub(super) out: O,
    tick: Option<Ticker>,
    ticked: Option<Timestamp>,
    /// `None` for a bolt without windows.
    overdue: Option<Overdue>,
    /// `None` for a bolt without event time.
    pub(super) time: Option<TaskTime>,
    restart: RestartPolicy,
    pub(super) shared: TaskShared,
    pulse: Option<Arc<Pulse>>,
}

/// How many open windows a task tells of.
const WINDOWS_TOLD: usize = 100;

/// What a task does next.
enum Step {
    Run(usize),
    Tick,
    /// Nothing has a root under way: loops may end.
    Closing,
    /// Somebody asks why windows are open.
    Asked,
    /// Event time needs a look.
    EventTime,
    /// A window may be overdue.
    Look,
    Ended,
    Abort,
}

impl<B: Send + 'static, O: Outputs> BoltTask<B, O> {
    pub(crate) fn new(
        factory: Arc<dyn Fn() -> B + Send + Sync>,
        (ports, progress): (Vec<Box<dyn Port<B, O>>>, Progress),
        out: O,
        tick: Option<Duration>,
        (shared, pulse): (TaskShared, Option<Arc<Pulse>>),
    ) -> Self {
        let restart = shared.settings.restart.clone();
        let tick = tick.map(|every| Ticker { every, due: shared.settings.clock.now() + every });
        let time = progress.has_event_time().then(|| TaskTime::new(progress, &shared));
        let overdue = None;
        Self { factory, ports, turn: 0, out, tick, ticked: None, overdue, time, restart, pulse, shared }
    }

    pub(crate) fn context(&self) -> &TaskContext {
        &self.shared.context
    }

    /// Runs until all inputs have ended, or the topology aborts, or the task is given up.
    pub(crate) async fn run(mut self) -> Result<(), TaskFailure> {
        loop {
            let life = self.shared.settings.clock.stopwatch();
            self.shared.counters.began.set(self.shared.settings.clock.now());
            let Some(fault) = self.live().await else { return Ok(()) };
            self.out.leave();
            self.restart_after(fault, life).await?;
        }
    }

    /// One life of the bolt, from its factory to the end of its inputs. `Some` when it has to be made anew.
    async fn live(&mut self) -> Option<BoltFault> {
        let factory = Arc::clone(&self.factory);
        let mut bolt = match contain_call(|| factory()) {
            Ok(bolt) => bolt,
            Err(panic) => return Some(Fault::Panic(panic)),
        };
        let fault = self.drive(&mut bolt).await.err();
        // A bolt that holds tokens fails them here; its destructor may panic as well.
        let dropped = contain_call(move || drop(bolt));
        fault.or_else(|| dropped.err().map(Fault::Panic))
    }

    async fn drive(&mut self, bolt: &mut B) -> Result<(), BoltFault> {
        for port in self.ports.iter_mut().filter(|port| port.is_first()) {
            settle(contain(port.prepare(bolt, &self.shared.context)).await)?;
        }
        let now = self.shared.settings.clock.now();
        self.overdue = self.shared.settings.overdue_after.map(|after| Overdue::new(after, now));
        self.look_at_windows(bolt);
        self.tell_again(bolt).await?;
        for port in 0..self.ports.len() {
            // What a predecessor left when it failed.
            self.execute(bolt, port).await?;
        }
        loop {
            match self.next_step(bolt).await {
                Step::Run(port) => self.execute(bolt, port).await?,
                Step::Tick => self.run_tick(bolt).await?,
                Step::Closing => {}
                Step::Asked => self.answer(Some(bolt)),
                Step::EventTime => self.flush().await,
                Step::Look => self.look_at_windows(bolt),
                Step::Ended | Step::Abort => break,
            }
        }
        self.out.enter(&Work::default(), self.shared.settings.clock.now());
        for port in self.ports.iter_mut().filter(|port| port.is_first()) {
            // Its inputs have ended: there is nothing to be made anew for.
            if let Err(fault) = settle(contain(port.cleanup(bolt, &mut self.out)).await) {
                if matches!(fault, Fault::Error(BoltError::Fatal(_))) {
                    return Err(fault);
                }
                self.shared.warn("cleanup failed", &fault.into_cause(BoltError::into_cause));
            }
        }
        if self.out.take_overflow() {
            self.shared.warn("cleanup failed", &TooManyOutputs.into());
        }
        self.out.leave();
        self.flush().await;
        if self.has_come_to_its_end() {
            self.out.end_time();
            self.out.tell().await;
        }
        Ok(())
    }

    pub(super) async fn run_parcel(
        &mut self,
        bolt: &mut B,
        port: usize,
        now: Timestamp,
    ) -> Result<(), BoltFault> {
        let Some(port) = self.ports.get_mut(port) else { return Ok(()) };
        let mut failed = 0;
        self.shared.counters.began.set(now);
        let component = &self.shared.context.component;
        let pulse = self.pulse.as_deref();
        let call = Call { bolt, out: &mut self.out, now, component, failed: &mut failed, pulse };
        let watch = self.shared.settings.clock.stopwatch();
        let result = contain(port.run(call)).await;
        let busy = watch.elapsed();
        if let Err(panic) = &result {
            failed += 1;
            port.fail_current(component, panic);
        }
        if let Some(overdue) = &mut self.overdue {
            overdue.touch();
        }
        let executed = port.executed();
        let counters = &self.shared.counters;
        counters.executed.add(executed.into());
        counters.busy.add_nanos(busy);
        if let Some(each) = busy.checked_div(executed) {
            counters.latency.record(each, executed.into());
        }
        counters.failed.add(failed);
        counters.acked.add(u64::from(executed).saturating_sub(failed));
        settle(result)
    }

    async fn run_tick(&mut self, bolt: &mut B) -> Result<(), BoltFault> {
        let now = self.shared.settings.clock.now();
        if let Some(tick) = &mut self.tick {
            tick.done(now);
        }
        self.ticked = Some(now);
        if let Some(overdue) = &mut self.overdue {
            overdue.touch();
        }
        self.shared.counters.began.set(now);
        self.out.enter(&Work::default(), now);
        for port in self.ports.iter_mut().filter(|port| port.is_first()) {
            settle(contain(port.tick(bolt, now, &mut self.out)).await)?;
        }
        if self.out.take_overflow() {
            return Err(Fault::Error(BoltError::restart(TooManyOutputs)));
        }
        self.out.leave();
        self.flush().await;
        Ok(())
    }

    pub(super) async fn flush(&mut self) {
        self.out.flush().await;
        self.out.tell().await;
        let counts = self.out.take_counts();
        self.shared.counters.emitted.add(counts.tuples);
        self.shared.counters.late.add(counts.late);
    }

    /// Takes the next parcel, or waits for one or for the time of the next tick.
    async fn next_step(&mut self, bolt: &mut B) -> Step {
        let Signal { phase, question, .. } = self.shared.phase.signal();
        if phase == Phase::Aborting {
            return Step::Abort;
        }
        let closing = phase >= Phase::Closing;
        let until = if !closing && self.ports.iter().any(|port| port.is_loop()) {
            Phase::Closing
        } else {
            Phase::Aborting
        };
        let answered = self.shared.respondent.answered;
        if question != answered {
            return Step::Asked;
        }
        let wake = self.wake_at(bolt);
        if wake.is_some_and(|wake| wake <= self.shared.settings.clock.now()) {
            return Step::Tick;
        }
        let look = self.overdue.as_ref().and_then(Overdue::look_at);
        if look.is_some_and(|look| look <= self.shared.settings.clock.now()) {
            return Step::Look;
        }
        let full = wake.is_some() && self.ports.iter().any(|port| port.is_first() && port.is_full(bolt));
        if !full {
            let ready =
                poll_fn(|cx| Poll::Ready(poll_ports(&mut self.ports, &mut self.turn, closing, cx))).await;
            if let Poll::Ready(step) = ready {
                return step;
            }
        }
        // Nothing to do: let go of what was emitted, then wait.
        self.flush().await;
        let clock = self.shared.settings.clock.clone();
        let tick = async {
            match wake {
                Some(wake) => clock.sleep_towards(wake).await,
                None => std::future::pending().await,
            }
        };
        let timer = self.shared.settings.timer.clone();
        let look_at = self.out.timing().look_at;
        let event_time = async {
            match look_at {
                Some(at) => timer.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let look = async {
            match look {
                Some(look) => clock.sleep_until(look).await,
                None => std::future::pending().await,
            }
        };
        let ports = &mut self.ports;
        let turn = &mut self.turn;
        let input = poll_fn(|cx| if full { Poll::Pending } else { poll_ports(ports, turn, closing, cx) });
        tokio::select! {
            biased;
            now = self.shared.phase.reached_or_asked(until, answered) => match now.phase {
                Phase::Aborting => Step::Abort,
                _ if now.question == answered => Step::Closing,
                _ => Step::Asked,
            },
            () = tick => Step::Tick,
            step = input => step,
            () = look => Step::Look,
            () = event_time => Step::EventTime,
        }
    }

    fn wake_at(&self, bolt: &B) -> Option<Timestamp> {
        let first = self.ports.iter().filter(|port| port.is_first());
        let wanted = first.filter_map(|port| port.wake_at(bolt)).min();
        let wake = self.tick.as_ref().map(|tick| tick.due).into_iter().chain(wanted).min();
        // Once a millisecond at most: a bolt that asks for an instant in the past gets its input, too.
        let ticked = self.ticked.filter(|&ticked| ticked == self.shared.settings.clock.now());
        wake.map(|wake| ticked.map_or(wake, |ticked| wake.max(ticked + Duration::from_millis(1))))
    }

    async fn restart_after(&mut self, fault: BoltFault, life: Stopwatch) -> Result<(), TaskFailure> {
        let fatal = matches!(fault, Fault::Error(BoltError::Fatal(_)));
        let cause = fault.into_cause(BoltError::into_cause);
        let delay = if fatal { None } else { self.restart.after_failure(life.elapsed()) };
        let Some(delay) = delay else { return Err(self.shared.failure(cause)) };
        self.shared.restarts(&cause, delay);
        self.flush().await;
        self.rest(delay).await;
        Ok(())
    }

    /// Waits, without a bolt.
    async fn rest(&mut self, time: Duration) {
        let clock = self.shared.settings.clock.clone();
        let mut over = pin!(clock.sleep(time));
        loop {
            let answered = self.shared.respondent.answered;
            tokio::select! {
                now = self.shared.phase.reached_or_asked(Phase::Aborting, answered) => {
                    if now.phase == Phase::Aborting {
                        return;
                    }
                }
                () = &mut over => return,
            }
            self.answer(None);
        }
    }

    fn answer(&mut self, bolt: Option<&B>) {
        let mut report = bolt.map(|bolt| self.open_windows(bolt)).unwrap_or_default();
        if let Some(overdue) = &self.overdue {
            let (now, lead) = (self.shared.settings.clock.now(), self.lead());
            let windows = report.windows.iter();
            report.overdue = windows.map(|window| overdue.is_overdue(now, lead, window)).collect();
        }
        let question = self.shared.phase.signal().question;
        self.shared.respondent.answer(question, report);
    }

    /// Warns of windows that should have closed some time ago.
    fn look_at_windows(&mut self, bolt: &B) {
        if self.overdue.is_none() {
            return;
        }
        let report = self.open_windows(bolt);
        let (now, lead) = (self.shared.settings.clock.now(), self.lead());
        let overdue = self.overdue.as_mut().map(|overdue| overdue.look(now, lead, report.windows.iter()));
        for window in overdue.into_iter().flatten() {
            self.shared.is_overdue(&window, now);
        }
        if report.keeps_none {
            self.overdue = None;
        }
    }

    /// How far the inputs are in event time.
    fn lead(&self) -> Lead {
        let began = self.shared.counters.began.get();
        match self.time.as_ref().map(TaskTime::lead) {
            Some((watermark, moved)) => Lead { watermark, moved: moved.unwrap_or(began) },
            None => Lead { watermark: None, moved: began },
        }
    }

    fn open_windows(&self, bolt: &B) -> TaskReport {
        let first = self.ports.iter().filter(|port| port.is_first());
        let mut windows = OpenWindows::at_most(WINDOWS_TOLD);
        let asked =
            catch_unwind(AssertUnwindSafe(|| first.for_each(|port| port.open_windows(bolt, &mut windows))));
        let panicked = asked.err().map(|payload| Panic::from_payload(&*payload).to_string());
        TaskReport { panicked, ..TaskReport::of(windows) }
    }
}

/// Asks every port once. Ready with `Ended` when all mailboxes are closed and empty. Those of feedback edges do
/// not close by themselves: when the topology is `closing`, they do after the others.
fn poll_ports<B, O>(
    ports: &mut [Box<dyn Port<B, O>>],
    turn: &mut usize,
    closing: bool,
    cx: &mut Context<'_>,
) -> Poll<Step> {
    let count = ports.len();
    let (mut open, mut loops) = (false, false);
    for step in 0..count {
        let at = (*turn + step) % count;
        let Some(port) = ports.get_mut(at) else { continue };
        match port.poll_fill(cx) {
            Poll::Ready(Some(())) => {
                *turn = (at + 1) % count;
                return Poll::Ready(Step::Run(at));
            }
            Poll::Pending if port.is_loop() => loops = true,
            Poll::Pending => open = true,
            Poll::Ready(None) => {}
        }
    }
    if open || (loops && !closing) {
        return Poll::Pending;
    }
    if loops {
        // Each of them was empty a moment ago; what came since is still received.
        ports.iter_mut().filter(|port| port.is_loop()).for_each(|port| port.close());
        return poll_ports(ports, turn, false, cx);
    }
    Poll::Ready(Step::Ended)
}

/// When the next tick is due. Ticks that were missed are merged.
struct Ticker {
    every: Duration,
    due: Timestamp,
}

impl Ticker {
    fn done(&mut self, now: Timestamp) {
        if self.due <= now {
            self.due = self.due + self.every;
            if self.due <= now {
                self.due = now + self.every;
            }
        }
    }
}
