//! How tuples lie between tasks: loads that are shared, and parcels that say which part of one is for whom.

use std::sync::Arc;

use super::Tuple;
use super::tuple::TupleBatch;
use crate::base::sync::{Mutex, PoisonError};
use crate::base::{DeliveryError, LossKind, Work};

/// A batch of tuples, and beside each the index of the root tuple that it came from. Written by one task,
/// then only read; when the last reader is done, its memory goes back to the task that made it.
pub(crate) struct Load<T: Tuple + ?Sized> {
    pub(crate) items: T::Batch,
    pub(crate) roots: Vec<u32>,
    pool: Option<Arc<Pool<T>>>,
}

impl<T: Tuple + ?Sized> Load<T> {
    pub(crate) fn len(&self) -> usize {
        self.roots.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    pub(crate) fn append(&mut self, other: &mut Self) {
        self.items.append(&mut other.items);
        self.roots.append(&mut other.roots);
    }

    /// A tuple of a spout is its own root.
    pub(crate) fn number_roots(&mut self) {
        for (root, index) in self.roots.iter_mut().zip(0..) {
            *root = index;
        }
    }
}

impl<T: Tuple + ?Sized> Drop for Load<T> {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.give_back(std::mem::take(&mut self.items), std::mem::take(&mut self.roots));
        }
    }
}

/// The memory of loads that came home. Their tuples are dropped here, by the task that made them.
pub(crate) struct Pool<T: Tuple + ?Sized>(Mutex<Vec<(T::Batch, Vec<u32>)>>);

impl<T: Tuple + ?Sized> Pool<T> {
    const LARGEST: usize = 32;

    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::default()))
    }

    pub(crate) fn load(self: &Arc<Self>) -> Load<T> {
        let pooled = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut items, mut roots) = pooled.unwrap_or_default();
        items.clear();
        roots.clear();
        Load { items, roots, pool: Some(Arc::clone(self)) }
    }

    fn give_back(&self, items: T::Batch, roots: Vec<u32>) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < Self::LARGEST {
            pool.push((items, roots));
        }
    }
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

    #[inline]
    pub(crate) fn get(&self, at: u32) -> usize {
        match self {
            Self::Range(start, _) => (start + at) as usize,
            Self::List(list) => list.get(at as usize).map_or(usize::MAX, |&index| index as usize),
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
                if let Some(&root) = self.load.roots.get(self.selection.get(at)) {
                    segment.work.fail(root, error.clone());
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
        if let Some(&root) = self.load.roots.get(self.selection.get(at)) {
            segment.work.fail(root, error);
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
