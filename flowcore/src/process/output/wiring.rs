use std::future::{Future, ready};
use std::sync::Arc;

use super::intake::Intake;
use crate::base::{Timestamp, Work};
use crate::process::TaskContext;
use crate::process::engine::{Counters, Pulse, Settings};
use crate::process::observe::EventLog;
use crate::process::time::{Board, Mark};
use crate::process::topology::{Output, StreamName};

/// What the engine does with outputs. Users see [`Outputs`](super::Outputs).
#[doc(hidden)]
pub trait Wiring: Send + Sized + 'static {
    /// The handles, before anything runs.
    type Handles: Send + Sync + 'static;
    /// The streams of dead letters, likewise.
    type Letters: Clone + Send + Sync + 'static;
    /// The engine's half of a spout's outputs.
    type Intake: Intake<Self>;

    fn handles(name: &StreamName) -> Self::Handles;
    fn letters(name: &StreamName) -> Self::Letters;
    /// Which outputs there are, for the check of the topology.
    fn outputs(handles: &Self::Handles) -> Vec<Output>;
    /// The outputs of one bolt task.
    fn of_bolt(handles: &Self::Handles, with: &Connect) -> Self;
    /// The outputs of one spout task, and what takes over from them.
    fn of_spout(handles: &Self::Handles, letters: &Self::Letters, with: &Connect) -> (Self, Self::Intake);

    /// From now on, what is emitted belongs to `work`.
    fn enter(&mut self, work: &Work, now: Timestamp);
    /// From now on, what is emitted came from the tuple `index` of it.
    fn at(&mut self, index: u32);
    /// What is emitted from now on belongs to nothing.
    fn leave(&mut self);

    /// A batch is complete, or something else needs a look.
    fn is_full(&self) -> bool;
    /// For spouts: the call that emitted did not come to its end, so its last cover fails.
    fn abandon(&mut self);
    /// Whether more was emitted in one call than may wait; resets the mark.
    fn take_overflow(&mut self) -> bool;
    /// How long the oldest tuple has waited here.
    fn waiting_since(&self) -> Option<Timestamp>;
    /// Sends everything.
    fn flush(&mut self) -> impl Future<Output = ()> + Send;
    /// For bolts: the bolt has heard `mark`, and emitted what it had to emit.
    fn pass_on(&mut self, _mark: Mark) {}
    /// For bolts: brings event time up to date, and tells all tasks that read what they were not told.
    fn tell(&mut self) -> impl Future<Output = ()> + Send {
        ready(())
    }
    /// For bolts: the input has come to its end, and everything was sent.
    fn end_time(&mut self) {}
    /// For bolts: what event time waits for.
    fn timing(&self) -> Timing {
        Timing::default()
    }
    /// Tuples emitted and tuples kept since the last time.
    fn take_counts(&mut self) -> Emitted;
}

/// What was counted since the last time.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Emitted {
    pub tuples: u64,
    /// Put aside by windows.
    pub late: u64,
}

impl std::ops::Add for Emitted {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { tuples: self.tuples + other.tuples, late: self.late + other.late }
    }
}

/// What the event time of some outputs waits for. By the engine's clock.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Since when some task that reads was not told the latest.
    pub(crate) behind_since: Option<Timestamp>,
    /// When to look again though nothing is sent.
    pub(crate) look_at: Option<Timestamp>,
}

impl Timing {
    /// Of several outputs.
    pub(super) fn of(all: impl IntoIterator<Item = Self> + Clone) -> Self {
        let behind_since = all.clone().into_iter().filter_map(|timing| timing.behind_since).min();
        let look_at = all.into_iter().filter_map(|timing| timing.look_at).min();
        Self { behind_since, look_at }
    }
}

/// What a task needs to connect its outputs.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Connect {
    pub(crate) settings: Arc<Settings>,
    pub(crate) context: TaskContext,
    pub(crate) counters: Arc<Counters>,
    /// The task hears of watermarks, and its streams pass them on.
    pub(crate) passes_on: bool,
    pub(crate) board: Arc<Board>,
    /// If calls of `execute` have a deadline.
    pub(crate) pulse: Option<Arc<Pulse>>,
    pub(crate) log: Arc<EventLog>,
}
