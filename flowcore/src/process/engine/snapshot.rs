use std::sync::Arc;
use std::time::Duration;

use super::Latency;
use crate::base::Timestamp;

/// What every task of a topology has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologySnapshot {
    /// The topology's name.
    pub topology: Arc<str>,
    /// How long it has run.
    pub running_for: Duration,
    /// One for each task, components in the order in which they were declared.
    pub tasks: Vec<TaskSnapshot>,
    /// One for each subscription of a bolt to a stream.
    pub edges: Vec<EdgeSnapshot>,
}

/// What was sent along one edge so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeSnapshot {
    /// The stream: its component's name, and behind a dot which output, if it is not the first.
    pub from: String,
    /// The bolt that reads it.
    pub to: Arc<str>,
    /// Tuples sent to all of its tasks, replays included.
    pub tuples: u64,
}

/// What one task has done so far. All counts are of tuples, since the topology started, and of all tuples: nothing
/// is sampled.
///
/// | Storm's metric | here |
/// |---|---|
/// | `__execute-count` | [`executed`](Self::executed) |
/// | `__emit-count` | [`emitted`](Self::emitted) |
/// | `__transfer-count` | [`EdgeSnapshot::tuples`], for each reader of a stream |
/// | `__ack-count`, `__fail-count` | [`acked`](Self::acked), [`failed`](Self::failed) |
/// | `__complete-latency` (spout) | [`latency`](Self::latency), as a histogram |
/// | `__execute-latency` (bolt) | [`latency`](Self::latency), as a histogram |
/// | `__process-latency` (bolt) | the same, unless a bolt keeps tokens: then see the spout's |
/// | capacity of a bolt | [`busy`](Self::busy) by [`TopologySnapshot::running_for`] |
/// | `__skipped-max-spout-ms` | [`at_max_pending`](Self::at_max_pending) |
/// | `__skipped-inactive-ms` | [`paused`](Self::paused) |
/// | `receive_queue` population | [`waiting`](Self::waiting) |
/// | `__reported-error-count` | [`troubles`](Self::troubles) |
/// | last errors | [`TopologyHandle::last_troubles`](super::TopologyHandle::last_troubles) |
/// | event logger | [`Stream::tap`](crate::process::Stream::tap) |
/// | uptime | [`TopologySnapshot::running_for`] |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSnapshot {
    /// The component's name.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// Whether it is a spout or a bolt.
    pub kind: TaskKind,
    /// Bolts: tuples executed, replays included.
    pub executed: u64,
    /// Tuples emitted.
    pub emitted: u64,
    /// Spouts: tuples settled. Bolts: tuples whose `execute` returned `Ok`, kept ones included.
    pub acked: u64,
    /// Spouts: attempts that failed. Bolts: tuples whose `execute` failed or panicked.
    pub failed: u64,
    /// Spouts: tuples that were sent again.
    pub replayed: u64,
    /// Spouts: tuples that left as dead letters. With a reader of these, they count when it has acknowledged
    /// them, or failed them too often.
    pub dead: u64,
    /// Spouts: of these, those that their reader failed too often.
    pub lost: u64,
    /// Bolts: calls of `execute` that kept their thread for longer than their deadline.
    pub hung: u64,
    /// How often the task was made anew.
    pub restarts: u64,
    /// How often the log of events was told of a trouble of this task: restarts, tuples given up, overdue
    /// windows and what else failed.
    pub troubles: u64,
    /// Tuples sent whose timestamp was too far ahead to be believed. See
    /// [`EventTime::max_ahead`](crate::process::time::EventTime::max_ahead).
    pub ahead: u64,
    /// Bolts with windows by event time: tuples that were put aside because they are in no window, whether anybody
    /// reads them or not. See [`Late`](crate::process::window::Late).
    pub late: u64,
    /// Bolts: tuples in the mailbox. Spouts: tuples under way, which `max_pending` bounds.
    pub waiting: usize,
    /// Bolts: the time spent executing batches, waiting inside `execute` included. Its share of
    /// [`TopologySnapshot::running_for`] says how busy the task is.
    pub busy: Duration,
    /// Spouts: the time in which it was paused. A stretch is counted when something has happened in it or it ends.
    pub paused: Duration,
    /// Spouts: the time in which it was not asked for more because `max_pending` tuples were under way; counted
    /// like `paused`.
    pub at_max_pending: Duration,
    /// Bolts: the time of one tuple, as the mean of its batch. Spouts: from the emit to the settling.
    pub latency: Latency,
    /// Bolts with event time: where their watermark stands. `None` as long as there is none;
    /// [`Timestamp::MAX`] when all inputs have ended.
    pub watermark: Option<Timestamp>,
}

/// What kind of component a task belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// A spout.
    Spout,
    /// A bolt.
    Bolt,
}

impl TopologySnapshot {
    /// The sum over the tasks of one component, and their smallest watermark. All zero for a name that there is
    /// not.
    pub fn component(&self, name: &str) -> TaskSnapshot {
        let mut sum = TaskSnapshot {
            component: Arc::from(name),
            task: 0,
            kind: TaskKind::Bolt,
            executed: 0,
            emitted: 0,
            acked: 0,
            failed: 0,
            replayed: 0,
            dead: 0,
            lost: 0,
            hung: 0,
            restarts: 0,
            troubles: 0,
            ahead: 0,
            late: 0,
            waiting: 0,
            busy: Duration::ZERO,
            paused: Duration::ZERO,
            at_max_pending: Duration::ZERO,
            latency: Latency::default(),
            watermark: None,
        };
        for task in self.tasks.iter().filter(|task| &*task.component == name) {
            sum.kind = task.kind;
            sum.executed += task.executed;
            sum.emitted += task.emitted;
            sum.acked += task.acked;
            sum.failed += task.failed;
            sum.replayed += task.replayed;
            sum.dead += task.dead;
            sum.lost += task.lost;
            sum.hung += task.hung;
            sum.restarts += task.restarts;
            sum.troubles += task.troubles;
            sum.ahead += task.ahead;
            sum.late += task.late;
            sum.waiting += task.waiting;
            sum.busy += task.busy;
            sum.paused += task.paused;
            sum.at_max_pending += task.at_max_pending;
            sum.latency.merge(&task.latency);
            sum.watermark = sum.watermark.into_iter().chain(task.watermark).min();
        }
        sum
    }
}
