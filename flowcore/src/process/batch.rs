//! How tuples lie between tasks: loads that are shared, and parcels that say which part of one is for whom.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use super::Tuple;
use super::tuple::TupleBatch;
use crate::base::sync::{Mutex, PoisonError};
use crate::base::{DeliveryError, LossKind, Work};

/// A batch of tuples, and which root tuples they came from. Written by one task, then only read; when the
/// last reader is done, its memory goes back to the task that made it.
pub(crate) struct Load<T: Tuple + ?Sized> {
    pub(crate) items: T::Batch,
    pub(crate) roots: Roots,
    pool: Option<Arc<Pool<T>>>,
    /// The thread that filled it, if its tuples own memory.
    filled_on: Option<ThreadId>,
}

/// The root tuple of each tuple of a load, in runs: what one tuple caused lies together. A spout's tuples are
/// their own roots and have no runs.
#[derive(Debug, Default)]
pub(crate) struct Roots(Vec<Run>);

/// Tuples up to `end` of the load came from the tuple `root` of its root batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) root: u32,
    pub(crate) end: u32,
}

impl Roots {
    /// The next tuples, up to `end`, came from `root`.
    #[inline]
    pub(crate) fn extend_to(&mut self, end: u32, root: u32) {
        if self.0.last().map_or(0, |run| run.end) < end {
            self.0.push(Run { root, end });
        }
    }

    /// The run that the tuple `index` is in.
    #[inline]
    pub(crate) fn run_of(&self, index: u32) -> Run {
        if self.0.is_empty() {
            return Run { root: index, end: index + 1 };
        }
        let at = self.0.partition_point(|run| run.end <= index);
        self.0.get(at).copied().unwrap_or(Run { root: 0, end: u32::MAX })
    }

    /// The root tuple of the tuple `index`.
    pub(crate) fn of(&self, index: u32) -> u32 {
        self.run_of(index).root
    }
}

/// Walks through the roots of a load in ascending order.
#[derive(Debug, Clone, Default)]
pub(crate) struct RootWalk(usize);

impl RootWalk {
    /// The run that the tuple `index` is in; not before the one asked for last.
    #[inline]
    pub(crate) fn run_of(&mut self, index: u32, roots: &Roots) -> Run {
        if roots.0.is_empty() {
            return Run { root: index, end: index + 1 };
        }
        while let Some(run) = roots.0.get(self.0) {
            if index < run.end {
                return *run;
            }
            self.0 += 1;
        }
        Run { root: 0, end: u32::MAX }
    }
}

impl<T: Tuple + ?Sized> Load<T> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tuple `at` of a selection, and its index.
    pub(crate) fn get(&self, selected: &Selection, at: u32) -> Option<(u32, &T)> {
        let index = selected.get(at)?;
        Some((index, self.items.get(index as usize)?))
    }

    /// Calls `each` with every selected tuple and its index.
    #[inline]
    pub(crate) fn for_each(&self, selected: &Selection, mut each: impl FnMut(u32, &T)) {
        match selected {
            Selection::Range(start, end) => {
                self.items.stretch(*start, *end).for_each(|(index, tuple)| each(index, tuple));
            }
            Selection::List(_) => self.from(selected, 0).for_each(|(index, tuple)| each(index, tuple)),
        }
    }

    /// The selected tuples from the one `at` on, with their indices.
    #[inline]
    pub(crate) fn from<'a>(
        &'a self,
        selected: &'a Selection,
        at: u32,
    ) -> impl Iterator<Item = (u32, &'a T)> + Send {
        let (start, end, list) = match selected {
            Selection::Range(start, end) => (start.saturating_add(at), *end, None),
            Selection::List(list) => {
                (0, 0, Some(list.as_slice().get(at as usize..).unwrap_or_default().iter()))
            }
        };
        let mut stretch = self.items.stretch(start, end);
        let mut list = list;
        std::iter::from_fn(move || match &mut list {
            None => stretch.next(),
            Some(list) => list.next().and_then(|&index| Some((index, self.items.get(index as usize)?))),
        })
    }

    /// It will not be added to.
    pub(crate) fn is_filled(&mut self) {
        self.filled_on = thread_of::<T>();
    }

    /// Takes over what a spout emitted later.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.items.append(&mut other.items);
    }
}

impl<T: Tuple + ?Sized> Drop for Load<T> {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            let (items, roots) = (std::mem::take(&mut self.items), std::mem::take(&mut self.roots));
            pool.give_back(Used { items, roots, filled_on: self.filled_on });
        }
    }
}

/// The memory of loads that came home. Their tuples are dropped here, by the task that made them.
///
/// Tasks move between threads, and what a tuple owns is freed several times as fast on the thread that allocated
/// it. So a task takes the loads that were filled on the thread it runs on, and leaves the others for when it is
/// on theirs again.
pub(crate) struct Pool<T: Tuple + ?Sized>(Mutex<VecDeque<Used<T>>>);

/// A load that was read, with its tuples.
struct Used<T: Tuple + ?Sized> {
    items: T::Batch,
    roots: Roots,
    filled_on: Option<ThreadId>,
}

impl<T: Tuple + ?Sized> Pool<T> {
    const LARGEST: usize = 64;
    /// With as many, one of another thread is taken before a new one is made.
    const ENOUGH: usize = 32;

    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    /// An empty load, to be filled.
    pub(crate) fn load(self: &Arc<Self>) -> Load<T> {
        let used = self.take(thread_of::<T>());
        let (mut items, mut roots) = used.map(|used| (used.items, used.roots)).unwrap_or_default();
        items.clear();
        roots.0.clear();
        Load { items, roots, pool: Some(Arc::clone(self)), filled_on: None }
    }

    fn take(&self, thread: Option<ThreadId>) -> Option<Used<T>> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match pool.iter().rposition(|used| used.filled_on == thread) {
            Some(at) => pool.remove(at),
            None if pool.len() >= Self::ENOUGH => pool.pop_front(),
            None => None,
        }
    }

    fn give_back(&self, used: Used<T>) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < Self::LARGEST {
            pool.push_back(used);
        }
    }
}

/// The thread that this runs on, if it matters where tuples are dropped.
fn thread_of<T: Tuple + ?Sized>() -> Option<ThreadId> {
    T::Batch::OWNS_MEMORY.then(|| thread::current().id())
}

/// Tuples up to `end` (of a load, or of a selection from it) belong to one root batch.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) work: Work,
    pub(crate) end: u32,
}

/// Which tuples of a load, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    Range(u32, u32),
    List(Vec<u32>),
}

impl Selection {
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::Range(start, end) => end - start,
            Self::List(list) => u32::try_from(list.len()).unwrap_or(u32::MAX),
        }
    }

    /// The index in the load of the tuple `at` of the selection.
    #[inline]
    pub(crate) fn get(&self, at: u32) -> Option<u32> {
        match self {
            Self::Range(start, end) => start.checked_add(at).filter(|index| index < end),
            Self::List(list) => list.get(at as usize).copied(),
        }
    }

    fn truncate(&mut self, keep: u32) {
        match self {
            Self::Range(start, end) => *end = (*end).min(*start + keep),
            Self::List(list) => list.truncate(keep as usize),
        }
    }

    /// How many selected tuples lie before `index` of the load.
    fn before(&self, index: u32) -> u32 {
        match self {
            Self::Range(start, end) => index.clamp(*start, *end) - start,
            Self::List(list) => u32::try_from(list.partition_point(|&i| i < index)).unwrap_or(u32::MAX),
        }
    }

    /// The segments of a load, seen through this selection.
    pub(crate) fn segments(&self, of_load: &[Segment]) -> Vec<Segment> {
        let mut segments = Vec::with_capacity(of_load.len());
        let mut last = 0;
        for segment in of_load {
            let end = self.before(segment.end);
            if end > last {
                segments.push(Segment { work: segment.work.clone(), end });
                last = end;
            }
        }
        segments
    }
}

/// What one task is sent: a part of a load, and the work shares that it answers for.
pub(crate) struct Parcel<T: Tuple + ?Sized> {
    pub(crate) load: Arc<Load<T>>,
    pub(crate) selection: Selection,
    pub(crate) segments: Vec<Segment>,
    /// The next tuple, counted within the selection.
    pub(crate) at: u32,
    /// The segment that `at` is in.
    pub(crate) segment: usize,
}

impl<T: Tuple + ?Sized> Parcel<T> {
    pub(crate) fn new(load: Arc<Load<T>>, selection: Selection, segments: Vec<Segment>) -> Self {
        Self { load, selection, segments, at: 0, segment: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.selection.len() as usize
    }

    /// Only the first `keep` tuples are sent: the others fail.
    pub(crate) fn cut(&mut self, keep: usize, error: &DeliveryError) {
        let Some(keep) = u32::try_from(keep).ok().filter(|&keep| keep < self.selection.len()) else { return };
        let mut start = 0;
        for segment in &self.segments {
            for at in keep.max(start)..segment.end {
                if let Some(index) = self.selection.get(at) {
                    segment.work.fail(self.load.roots.of(index), error.clone());
                }
            }
            start = segment.end;
        }
        start = 0;
        self.segments.retain_mut(|segment| {
            let stays = start < keep;
            start = segment.end;
            segment.end = segment.end.min(keep);
            stays
        });
        self.selection.truncate(keep);
    }

    /// The tuple at `at` of the selection has failed.
    pub(crate) fn fail(&self, at: u32, error: DeliveryError) {
        let Some(segment) = self.segments.get(self.segment) else { return };
        if let Some(index) = self.selection.get(at) {
            segment.work.fail(self.load.roots.of(index), error);
        }
    }
}

impl<T: Tuple + ?Sized> Drop for Parcel<T> {
    /// Work that was not done has failed.
    fn drop(&mut self) {
        if self.segment >= self.segments.len() {
            return;
        }
        let error = DeliveryError::new("a mailbox", LossKind::Dropped);
        while let Some(segment) = self.segments.get(self.segment) {
            for at in self.at..segment.end {
                self.fail(at, error.clone());
            }
            self.at = segment.end;
            self.segment += 1;
        }
    }
}
