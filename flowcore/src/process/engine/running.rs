use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::handle::{Watched, WatchedTask};
use super::inquiry::{Respondent, inquiry};
use super::phase::{Idle, Phase, PhaseWatch, Phases};
use super::pulse::{Pulse, PulseWatch, watch_pulses};
use super::rates::log_rates;
use super::time_wiring::TimeWiring;
use super::{
    BoltTask, Control, Controls, Counters, Settings, SpoutTask, TaskKind, TopologyHandle, TopologySnapshot,
};
use crate::base::{Clock, TaskEnd, TaskSet, Timestamp};
use crate::process::observe::{EventLog, Happening, OpenWindow, chain};
use crate::process::output::Connect;
use crate::process::time::Board;
use crate::process::topology::{Node, NodeId};
use crate::process::{Outputs, Spout, TaskContext};

type Cause = Box<dyn Error + Send + Sync>;

/// Why a topology stopped before its end.
#[derive(Debug, thiserror::Error)]
#[error("{component}, task {task}, failed for good")]
pub struct RunError {
    /// The component.
    pub component: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// What it failed with.
    #[source]
    pub cause: Cause,
}

/// How a topology ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunReport {
    /// What every task has done.
    pub snapshot: TopologySnapshot,
    /// Spout tasks with tuples that were neither acknowledged nor given up when the grace period was over.
    /// Empty after an orderly end.
    pub unsettled: Vec<Unsettled>,
}

/// Tuples that were left when a topology ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The spout.
    pub spout: Arc<str>,
    /// Which of its tasks, from 0.
    pub task: usize,
    /// How many.
    pub tuples: usize,
}

/// A topology that runs. Its tasks are aborted when it is dropped: [`wait`](Self::wait) for it.
pub struct RunningTopology {
    tasks: TaskSet<Ended>,
    /// Of the engine itself: they are aborted at the end.
    _reporters: TaskSet<()>,
    handle: TopologyHandle,
}

struct Ended {
    context: TaskContext,
    is_bolt: bool,
    unsettled: usize,
    failure: Option<TaskFailure>,
}

/// A task that was given up.
pub(crate) struct TaskFailure {
    cause: Cause,
}

/// What every task has.
pub(crate) struct TaskShared {
    pub(crate) context: TaskContext,
    pub(crate) settings: Arc<Settings>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) phase: PhaseWatch,
    pub(crate) respondent: Respondent,
    pub(crate) log: Arc<EventLog>,
    pub(super) board: Arc<Board>,
    phases: Phases,
}

/// How long a task may work on after an abort before it is dropped where it stands. Spouts have it twice:
/// what bolts dropped is in their report.
const LAST_CALL: Duration = Duration::from_secs(1);

impl TaskShared {
    /// Gives the task up. The topology aborts before what the task holds fails, so that nothing of that
    /// counts as the failure of a tuple.
    pub(crate) fn failure(&self, cause: Cause) -> TaskFailure {
        self.phases.advance(Phase::Aborting);
        let (component, task) = self.name();
        self.tell(Happening::Failed { component, task, error: chain(&*cause) });
        TaskFailure { cause }
    }

    /// Tells the log of a trouble of this task.
    pub(crate) fn tell(&self, trouble: Happening) {
        self.counters.troubles.add(1);
        self.log.add(trouble);
    }

    fn name(&self) -> (Arc<str>, usize) {
        (Arc::clone(&self.context.component), self.context.task)
    }

    /// The task failed, and is made anew after `delay`.
    pub(crate) fn restarts(&self, cause: &Cause, delay: Duration) {
        let ((component, task), error) = (self.name(), &**cause as &(dyn Error + 'static));
        tracing::warn!(%component, task, error, ?delay, "a task is made anew");
        self.counters.restarts.add(1);
        self.tell(Happening::Restarted { component, task, error: chain(error), delay });
    }

    /// A window of its bolt should have closed some time ago.
    pub(crate) fn is_overdue(&self, window: &OpenWindow, now: Timestamp) {
        let (component, task) = self.name();
        let stands = self.board.stands(&component, task).on_clock(self.settings.timer.now(), now);
        let window = stands.explain(&component, task, window, true);
        tracing::warn!(%component, task, "a window is overdue: {}", window.told_at(now));
        self.tell(Happening::WindowOverdue(Box::new(window)));
    }

    /// Something failed, and the task goes on.
    pub(crate) fn warn(&self, what: &str, cause: &Cause) {
        let cause: &(dyn Error + 'static) = &**cause;
        tracing::warn!(component = %self.context.component, task = self.context.task, cause, "{what}");
        let (component, task) = self.name();
        self.tell(Happening::Trouble { component, task, doing: what.to_owned(), error: chain(cause) });
    }
}

/// Connects nodes while a topology starts.
pub(crate) struct Wiring {
    settings: Arc<Settings>,
    phases: Phases,
    tasks: TaskSet<Ended>,
    watched: Vec<WatchedTask>,
    controls: Controls,
    log: Arc<EventLog>,
    pub(crate) time: TimeWiring,
    pulses: Vec<PulseWatch>,
}

impl Wiring {
    pub(crate) fn mailbox_capacity(&self) -> usize {
        self.settings.mailbox
    }

    /// For the outputs of a task of the component `node`.
    pub(crate) fn connect(&self, node: NodeId, shared: &TaskShared) -> Connect {
        Connect {
            settings: Arc::clone(&self.settings),
            context: shared.context.clone(),
            counters: Arc::clone(&shared.counters),
            passes_on: self.time.hears(node.index),
            board: Arc::clone(&self.time.board),
            pulse: None,
            log: Arc::clone(&self.log),
        }
    }

    /// For a bolt task whose calls of `execute` have a deadline.
    pub(crate) fn pulse(&mut self, task: &TaskShared, deadline: Duration) -> Arc<Pulse> {
        let pulse = Arc::new(Pulse::new(deadline));
        self.pulses.push(PulseWatch::new(task, Arc::clone(&pulse)));
        pulse
    }

    pub(crate) fn spout(
        &mut self,
        name: &Arc<str>,
        task: usize,
        parallelism: usize,
    ) -> (TaskShared, Idle, watch::Receiver<Control>) {
        let counters = Arc::new(Counters::default());
        let control = self.controls.follow(name, self.settings.max_pending);
        (self.task(name, task, parallelism, TaskKind::Spout, counters), self.phases.idle(), control)
    }

    pub(crate) fn bolt(
        &mut self,
        name: &Arc<str>,
        task: usize,
        parallelism: usize,
        counters: Arc<Counters>,
    ) -> TaskShared {
        self.task(name, task, parallelism, TaskKind::Bolt, counters)
    }

    fn task(
        &mut self,
        name: &Arc<str>,
        task: usize,
        parallelism: usize,
        kind: TaskKind,
        counters: Arc<Counters>,
    ) -> TaskShared {
        let clock = self.settings.clock.clone();
        let context = TaskContext { component: Arc::clone(name), task, parallelism, clock };
        let (respondent, answers) = inquiry();
        let task = WatchedTask { context: context.clone(), kind, counters: Arc::clone(&counters), answers };
        self.watched.push(task);
        let (phase, phases) = (self.phases.watch(), self.phases.clone());
        let settings = Arc::clone(&self.settings);
        let (log, board) = (Arc::clone(&self.log), Arc::clone(&self.time.board));
        TaskShared { context, settings, counters, phase, respondent, log, board, phases }
    }

    pub(crate) fn spawn_spout<S: Spout>(&mut self, task: SpoutTask<S>) {
        let context = task.context().clone();
        let name = task_name(&context);
        let (phase, counters) = (self.phases.watch(), task.counters());
        self.tasks.spawn(name, async move {
            let (unsettled, failure) = match until_aborted(task.run(), phase, LAST_CALL * 2).await {
                Some(Ok(unsettled)) => (unsettled, None),
                Some(Err(failure)) => (0, Some(failure)),
                None => (counters.unsettled.get().max(counters.waiting.get()), None),
            };
            Ended { context, is_bolt: false, unsettled, failure }
        });
    }

    pub(crate) fn spawn_bolt<B: Send + 'static, O: Outputs>(&mut self, task: BoltTask<B, O>) {
        let context = task.context().clone();
        let name = task_name(&context);
        let phase = self.phases.watch();
        self.tasks.spawn(name, async move {
            let ended = until_aborted(task.run(), phase, LAST_CALL).await;
            Ended { context, is_bolt: true, unsettled: 0, failure: ended.and_then(Result::err) }
        });
    }
}

/// Runs a task to its end, or drops it some time after an abort.
async fn until_aborted<T>(
    run: impl Future<Output = T>,
    mut phase: PhaseWatch,
    last_call: Duration,
) -> Option<T> {
    let dropped = async {
        phase.reached(Phase::Aborting).await;
        Clock::system().sleep(last_call).await;
    };
    tokio::select! {
        biased;
        end = run => Some(end),
        () = dropped => None,
    }
}

fn task_name(context: &TaskContext) -> String {
    format!("{}/{}", context.component, context.task)
}

/// Starts the tasks of all nodes.
pub(crate) fn start(name: Arc<str>, nodes: &[Arc<dyn Node>], mut settings: Settings) -> RunningTopology {
    settings.timer = Clock::starting_at(settings.clock.now());
    let log = EventLog::new(settings.event_log, settings.clock.clone());
    let spout_tasks = nodes.iter().filter(|node| node.is_spout()).map(|node| node.parallelism()).sum();
    let time = TimeWiring::new(nodes, settings.timer.now());
    let mut wiring = Wiring {
        settings: Arc::new(settings),
        phases: Phases::new(spout_tasks),
        tasks: TaskSet::new(),
        watched: Vec::new(),
        controls: Controls::default(),
        log,
        time,
        pulses: Vec::new(),
    };
    let since = wiring.settings.clock.stopwatch();
    let edges = nodes.iter().flat_map(|node| node.edges()).collect();
    for node in nodes {
        node.open_mailboxes(&mut wiring);
    }
    for node in nodes {
        node.spawn(&mut wiring);
    }
    for node in nodes {
        node.close_mailboxes();
    }
    let Wiring { settings, phases, tasks, watched, controls, log, time, pulses } = wiring;
    let (seen, board) = (watched, time.board);
    let watched = Watched { topology: name, tasks: seen, settings, controls, edges, since, log, board };
    let handle = TopologyHandle::new(phases, Arc::new(watched));
    let mut reporters = TaskSet::new();
    if let Some(every) = handle.watched.settings.log_rates {
        reporters.spawn("rates", log_rates(handle.clone(), handle.snapshot(), every));
    }
    if !pulses.is_empty() {
        reporters.spawn("deadlines", watch_pulses(pulses));
    }
    RunningTopology { tasks, _reporters: reporters, handle }
}

impl RunningTopology {
    /// For looking at it and stopping it from elsewhere.
    pub fn handle(&self) -> TopologyHandle {
        self.handle.clone()
    }

    /// Waits for the end: of all spouts, or by [`TopologyHandle::stop`].
    ///
    /// # Errors
    /// [`RunError`] when a task failed for good. All tasks have ended then, too.
    pub async fn wait(mut self) -> Result<RunReport, RunError> {
        let phases = self.handle.phases.clone();
        let handle = self.handle.clone();
        let mut grace = pin!(handle.grace_is_over());
        let mut bolts = handle.watched.bolts().count();
        let mut failed = None;
        let mut unsettled = Vec::new();
        loop {
            tokio::select! {
                ended = self.tasks.next() => match ended {
                    Some((name, end)) => {
                        bolts -= usize::from(matches!(&end, TaskEnd::Done(ended) if ended.is_bolt));
                        if bolts == 0 {
                            phases.start_grace();
                        }
                        if let Some(error) = settle(&name, end, &mut unsettled) {
                            failed.get_or_insert(error);
                            phases.advance(Phase::Aborting);
                        }
                    }
                    None => break,
                },
                () = phases.all_idle(), if phases.now() < Phase::Closing => {
                    phases.advance(Phase::Closing);
                }
                () = &mut grace, if phases.now() < Phase::Aborting => {
                    tracing::warn!(topology = %self.handle.watched.topology, "the grace period is over");
                    handle.abort();
                }
            }
        }
        handle.watched.log.close();
        match failed {
            Some(error) => Err(error),
            None => Ok(RunReport { snapshot: self.handle.snapshot(), unsettled }),
        }
    }
}

fn settle(name: &str, end: TaskEnd<Ended>, unsettled: &mut Vec<Unsettled>) -> Option<RunError> {
    match end {
        TaskEnd::Done(ended) => {
            let TaskContext { component, task, .. } = ended.context;
            if ended.unsettled > 0 {
                unsettled.push(Unsettled { spout: Arc::clone(&component), task, tuples: ended.unsettled });
            }
            ended.failure.map(|failure| RunError { component, task, cause: failure.cause })
        }
        // What users wrote is contained: a panic here is the engine's own.
        TaskEnd::Panicked(panic) => {
            Some(RunError { component: Arc::from(name), task: 0, cause: Box::new(panic) })
        }
        TaskEnd::Aborted => None,
    }
}

impl Drop for RunningTopology {
    fn drop(&mut self) {
        self.handle.watched.log.close();
    }
}

impl std::fmt::Debug for RunningTopology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningTopology").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
