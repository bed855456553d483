use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::Counters;
use super::running::TaskShared;
use crate::base::Clock;
use crate::process::observe::{EventLog, Happening};
use crate::process::{BoltError, TaskContext};

/// What bounds a call of `execute`. Bolts without a deadline have one that is nothing at run time.
pub(crate) trait Limit: Sync {
    /// Whether there is no deadline.
    fn is_none(&self) -> bool {
        false
    }

    fn bound(
        &self,
        call: impl Future<Output = Result<(), BoltError>> + Send,
    ) -> impl Future<Output = Result<(), BoltError>> + Send;
}

pub(crate) struct Unlimited;

impl Limit for Unlimited {
    fn is_none(&self) -> bool {
        true
    }

    #[inline]
    fn bound(
        &self,
        call: impl Future<Output = Result<(), BoltError>> + Send,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        call
    }
}

/// A call of `execute` that was dropped.
#[derive(Debug, thiserror::Error)]
#[error("execute did not return within {0:?}")]
pub(crate) struct NotReturned(Duration);

/// The deadline for the calls of one bolt task, and what the task is doing.
#[derive(Debug)]
pub(crate) struct Pulse {
    deadline: Duration,
    /// Odd while a call has the thread.
    turns: AtomicU64,
    /// A call waits for room in a mailbox: that is not its fault.
    waits_for_room: AtomicBool,
}

impl Pulse {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self { deadline, turns: AtomicU64::new(0), waits_for_room: AtomicBool::new(false) }
    }

    /// Until what is returned is dropped, time does not count.
    pub(crate) fn wait_for_room(&self) -> WaitsForRoom<'_> {
        self.waits_for_room.store(true, Ordering::Relaxed);
        WaitsForRoom(self)
    }
}

pub(crate) struct WaitsForRoom<'a>(&'a Pulse);

impl Drop for WaitsForRoom<'_> {
    fn drop(&mut self) {
        self.0.waits_for_room.store(false, Ordering::Relaxed);
    }
}

/// While a call has the thread. It may leave by a panic.
struct Turn<'a>(&'a AtomicU64);

impl<'a> Turn<'a> {
    fn begin(turns: &'a AtomicU64) -> Self {
        turns.fetch_add(1, Ordering::Relaxed);
        Self(turns)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Limit for Pulse {
    async fn bound(&self, call: impl Future<Output = Result<(), BoltError>> + Send) -> Result<(), BoltError> {
        let mut call = pin!(call);
        let mut call = pin!(poll_fn(|cx| {
            let _turn = Turn::begin(&self.turns);
            call.as_mut().poll(cx)
        }));
        // Most calls return at once: no timer for these.
        if let Poll::Ready(result) = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await {
            return result;
        }
        let clock = Clock::system();
        loop {
            tokio::select! {
                biased;
                result = &mut call => return result,
                () = clock.sleep(self.deadline) => {}
            }
            if !self.waits_for_room.load(Ordering::Relaxed) {
                return Err(BoltError::restart(NotReturned(self.deadline)));
            }
        }
    }
}

/// Looks for calls that keep their thread for themselves: these cannot be dropped, only named.
pub(crate) struct PulseWatch {
    context: TaskContext,
    counters: Arc<Counters>,
    log: Arc<EventLog>,
    pulse: Arc<Pulse>,
    turn: u64,
    for_long: Duration,
}

impl PulseWatch {
    pub(crate) fn new(task: &TaskShared, pulse: Arc<Pulse>) -> Self {
        let (counters, log) = (Arc::clone(&task.counters), Arc::clone(&task.log));
        Self { context: task.context.clone(), counters, log, pulse, turn: 0, for_long: Duration::ZERO }
    }

    /// Some time has `passed` since the last look.
    fn look(&mut self, passed: Duration) {
        let turn = self.pulse.turns.load(Ordering::Relaxed);
        if turn.is_multiple_of(2) || turn != std::mem::replace(&mut self.turn, turn) {
            self.for_long = Duration::ZERO;
            return;
        }
        let deadline = self.pulse.deadline;
        let before = self.for_long;
        self.for_long += passed;
        if before < deadline && self.for_long >= deadline {
            self.counters.hung.add(1);
            self.counters.troubles.add(1);
            let (component, task) = (Arc::clone(&self.context.component), self.context.task);
            tracing::error!(%component, task, ?deadline, "execute blocks its thread and cannot be dropped");
            self.log.add(Happening::Hung { component, task, deadline });
        }
    }
}

/// Looks at all of them, until it is dropped.
pub(crate) async fn watch_pulses(mut pulses: Vec<PulseWatch>) {
    let clock = Clock::system();
    let shortest = pulses.iter().map(|watch| watch.pulse.deadline).min().unwrap_or_default();
    let every = (shortest / 4).max(Duration::from_millis(1));
    loop {
        clock.sleep(every).await;
        for watch in &mut pulses {
            watch.look(every);
        }
    }
}
