use std::sync::Arc;

use super::inquiry::Answers;
use super::phase::{Phase, Phases};
use super::{
    Controls, Count, Counters, EdgeSnapshot, NoSuchSpout, Settings, TaskKind, TaskSnapshot, TopologySnapshot,
};
use crate::base::Stopwatch;
use crate::process::TaskContext;
use crate::process::observe::{EventLog, Happening};
use crate::process::time::{Board, TaskWatermark};

/// Looks at a running topology and stops it. Cheap to clone.
#[derive(Clone)]
pub struct TopologyHandle {
    pub(super) phases: Phases,
    pub(super) watched: Arc<Watched>,
}

/// What a handle sees.
pub(super) struct Watched {
    pub(super) topology: Arc<str>,
    pub(super) tasks: Vec<WatchedTask>,
    pub(super) settings: Arc<Settings>,
    pub(super) controls: Controls,
    pub(super) edges: Vec<WatchedEdge>,
    pub(super) since: Stopwatch,
    pub(super) log: Arc<EventLog>,
    pub(super) board: Arc<Board>,
}

/// One task, as a handle sees it.
pub(super) struct WatchedTask {
    pub(super) context: TaskContext,
    pub(super) kind: TaskKind,
    pub(super) counters: Arc<Counters>,
    pub(super) answers: Answers,
}

impl WatchedTask {
    fn snapshot(&self, board: &Board) -> TaskSnapshot {
        let counters = &self.counters;
        TaskSnapshot {
            component: Arc::clone(&self.context.component),
            task: self.context.task,
            kind: self.kind,
            executed: counters.executed.get(),
            emitted: counters.emitted.get(),
            acked: counters.acked.get(),
            failed: counters.failed.get(),
            replayed: counters.replayed.get(),
            dead: counters.dead.get(),
            lost: counters.lost.get(),
            hung: counters.hung.get(),
            restarts: counters.restarts.get(),
            troubles: counters.troubles.get(),
            ahead: counters.ahead.get(),
            late: counters.late.get(),
            waiting: counters.waiting.get(),
            busy: counters.busy.nanos(),
            paused: counters.paused.nanos(),
            at_max_pending: counters.at_max_pending.nanos(),
            latency: counters.latency.latency(),
            watermark: board.watermark(&self.context.component, self.context.task),
        }
    }
}

impl Watched {
    pub(super) fn bolts(&self) -> impl Iterator<Item = &WatchedTask> {
        self.tasks.iter().filter(|task| task.kind == TaskKind::Bolt)
    }
}

/// One subscription, as snapshots see it.
pub(crate) struct WatchedEdge {
    pub(crate) from: String,
    pub(crate) to: Arc<str>,
    pub(crate) tuples: Arc<Count>,
}

impl TopologyHandle {
    pub(super) fn new(phases: Phases, watched: Arc<Watched>) -> Self {
        Self { phases, watched }
    }

    /// Asks the topology to stop: spouts first, then what is under way is worked off, then bolts clean up.
    /// What is not settled when the grace period is over is reported. Returns at once; see
    /// [`RunningTopology::wait`](crate::process::RunningTopology::wait).
    pub fn stop(&self) {
        self.phases.start_grace();
        if self.phases.advance(Phase::Stopping) {
            self.watched.log.add(Happening::Stopping);
        }
    }

    /// Stops without a grace period: tasks have a second to leave, then they are dropped where they stand.
    pub fn abort(&self) {
        if self.phases.advance(Phase::Aborting) {
            self.watched.log.add(Happening::Aborting);
        }
    }

    /// Tells all tasks of a spout to emit no more until [`resume`](Self::resume). A call of `next` that waits
    /// already may still emit; what is under way goes on, failed tuples are replayed.
    ///
    /// # Errors
    /// [`NoSuchSpout`].
    pub fn pause(&self, spout: &str) -> Result<(), NoSuchSpout> {
        let spout = self.watched.controls.change(spout, |control| control.paused = true)?;
        self.watched.log.add(Happening::SpoutPaused { spout });
        Ok(())
    }

    /// Lets a paused spout go on.
    ///
    /// # Errors
    /// [`NoSuchSpout`].
    pub fn resume(&self, spout: &str) -> Result<(), NoSuchSpout> {
        let spout = self.watched.controls.change(spout, |control| control.paused = false)?;
        self.watched.log.add(Happening::SpoutResumed { spout });
        Ok(())
    }

    /// Changes how many tuples of each task of a spout may be under way; at least 1.
    ///
    /// # Errors
    /// [`NoSuchSpout`].
    pub fn set_max_pending(&self, spout: &str, tuples: usize) -> Result<(), NoSuchSpout> {
        let tuples = tuples.max(1);
        let spout = self.watched.controls.change(spout, |control| control.max_pending = tuples)?;
        self.watched.log.add(Happening::MaxPendingChanged { spout, tuples });
        Ok(())
    }

    /// The watermark of every bolt task that has event time, and who holds it back.
    pub fn watermarks(&self) -> Vec<TaskWatermark> {
        self.watched.board.watermarks()
    }

    /// What every task has done so far. Cheap: it reads counters that tasks write by batch.
    pub fn snapshot(&self) -> TopologySnapshot {
        let tasks = self.watched.tasks.iter().map(|task| task.snapshot(&self.watched.board));
        let edges = self.watched.edges.iter().map(|edge| EdgeSnapshot {
            from: edge.from.clone(),
            to: Arc::clone(&edge.to),
            tuples: edge.tuples.get(),
        });
        TopologySnapshot {
            topology: Arc::clone(&self.watched.topology),
            running_for: self.watched.since.elapsed(),
            tasks: tasks.collect(),
            edges: edges.collect(),
        }
    }

    /// Waits for a stop, and then for the grace period. At an end without a stop, bolts have all the time that
    /// they need; it begins when they are done, for tokens that are still somewhere else.
    pub(super) async fn grace_is_over(&self) {
        self.phases.grace_has_begun().await;
        self.watched.settings.clock.sleep(self.watched.settings.grace).await;
    }
}

impl std::fmt::Debug for TopologyHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopologyHandle").field("topology", &self.watched.topology).finish_non_exhaustive()
    }
}
