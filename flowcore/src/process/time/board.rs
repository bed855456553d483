use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Mark, TaskWatermark};
use crate::base::Timestamp;
use crate::process::observe::{HeldBack, HeldBackReason, Stands};

/// What the tasks of a topology show of their event time, for those who ask who holds it back. Each task has
/// cells of its own: nobody waits for another.
#[derive(Debug, Default)]
pub(crate) struct Board {
    readers: Mutex<Vec<Entry<Merged>>>,
    streams: Mutex<Vec<Entry<Generated>>>,
}

#[derive(Debug)]
struct Entry<S> {
    component: Arc<str>,
    task: usize,
    output: usize,
    cell: Cell<S>,
}

/// What one task shows.
#[derive(Debug)]
pub(crate) struct Cell<S>(Arc<Mutex<S>>);

/// What a bolt task has merged, and who of its senders holds it back, with which output.
#[derive(Debug, Clone, Default)]
pub(crate) struct Merged {
    pub(crate) mark: Mark,
    pub(crate) held_back: Option<(HeldBack, usize)>,
}

/// What a task that makes watermarks of its own says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Generated {
    pub(crate) mark: Mark,
    /// What its timestamps would allow stands since then.
    pub(crate) since: Timestamp,
    pub(crate) partition: Option<Arc<str>>,
    pub(crate) idle_at: Option<Timestamp>,
    /// It waits for its tuples that are under way.
    pub(crate) is_held: bool,
}

impl<S> Cell<S> {
    fn lock(&self) -> MutexGuard<'_, S> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show(&self, state: S) {
        *self.lock() = state;
    }
}

fn lock<S>(entries: &Mutex<Vec<Entry<S>>>) -> MutexGuard<'_, Vec<Entry<S>>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add<S: Default>(
    entries: &Mutex<Vec<Entry<S>>>,
    component: &Arc<str>,
    task: usize,
    output: usize,
) -> Cell<S> {
    let shared = Arc::new(Mutex::new(S::default()));
    let cell = Cell(Arc::clone(&shared));
    lock(entries).push(Entry { component: Arc::clone(component), task, output, cell });
    Cell(shared)
}

fn find<S: Clone>(
    entries: &Mutex<Vec<Entry<S>>>,
    component: &str,
    task: usize,
    output: Option<usize>,
) -> Option<S> {
    let entries = lock(entries);
    let mut entries = entries.iter();
    let entry = entries.find(|entry| {
        &*entry.component == component
            && entry.task == task
            && output.is_none_or(|output| entry.output == output)
    })?;
    let state = entry.cell.lock().clone();
    Some(state)
}

impl Board {
    /// The cell of a bolt task that hears of watermarks.
    pub(crate) fn reader(&self, component: &Arc<str>, task: usize) -> Cell<Merged> {
        add(&self.readers, component, task, 0)
    }

    /// The cell of a task's output that has an event time of its own.
    pub(crate) fn stream(&self, component: &Arc<str>, task: usize, output: usize) -> Cell<Generated> {
        add(&self.streams, component, task, output)
    }

    /// Every bolt task that hears of watermarks.
    pub(crate) fn watermarks(&self) -> Vec<TaskWatermark> {
        let names: Vec<_> =
            lock(&self.readers).iter().map(|entry| (Arc::clone(&entry.component), entry.task)).collect();
        let told = names.into_iter().map(|(component, task)| {
            let Stands { watermark, held_back_by } = self.stands(&component, task);
            TaskWatermark { component, task, watermark, held_back: held_back_by.into_iter().next() }
        });
        told.collect()
    }

    /// How far a bolt task is.
    pub(crate) fn watermark(&self, component: &str, task: usize) -> Option<Timestamp> {
        find(&self.readers, component, task, None).and_then(|merged| merged.mark.watermark)
    }

    /// Where a bolt task stands.
    pub(crate) fn stands(&self, component: &str, task: usize) -> Stands {
        let merged = find(&self.readers, component, task, None).unwrap_or_default();
        let held = merged.held_back.map(|(held, output)| self.trace(held, output));
        Stands { watermark: merged.mark.watermark, held_back_by: held.into_iter().collect() }
    }

    /// Goes up the topology, to the task whose timestamps or tuples are waited for.
    fn trace(&self, mut held: HeldBack, mut output: usize) -> HeldBack {
        let most = lock(&self.readers).len();
        for _ in 0..=most {
            if let Some(made) = find(&self.streams, &held.component, held.task, Some(output)) {
                return made.explain(held);
            }
            let upstream = find(&self.readers, &held.component, held.task, None);
            // Who has said more since: it is on its way.
            let further = upstream.filter(|merged| merged.mark.watermark <= held.watermark);
            let Some((next, of)) = further.and_then(|merged| merged.held_back) else { return held };
            (held, output) = (next, of);
        }
        held
    }
}

impl Generated {
    fn explain(self, held: HeldBack) -> HeldBack {
        if self.mark.watermark > held.watermark || held.reason == HeldBackReason::AllIdle {
            return held;
        }
        let partition = self.partition.map(|partition| partition.to_string());
        if self.is_held {
            return HeldBack { reason: HeldBackReason::UnderWay, partition: None, idle_at: None, ..held };
        }
        HeldBack { partition, since: self.since.max(held.since), idle_at: self.idle_at, ..held }
    }
}
