use std::sync::Arc;

use super::unanchored::Unanchored;
use crate::base::{DeliveryError, LossKind, Token, Work};
use crate::process::Tuple;
use crate::process::batch::{Load, Pool, Segment};
use crate::process::tuple::TupleBatch;

/// What was emitted and has not left.
pub(crate) struct Buffer<T: Tuple + ?Sized> {
    pub(crate) load: Load<T>,
    pub(super) segments: Vec<Segment>,
    pub(crate) covers: Vec<Cover>,
    /// Of a spout: what nobody waits for.
    pub(super) unanchored: Unanchored,
    pub(super) pool: Arc<Pool<T>>,
}

/// Tuples from `start` to before `end` are what `token` answers for.
pub(crate) struct Cover {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) token: Token,
}

impl<T: Tuple + ?Sized> Buffer<T> {
    pub(super) fn new(pool: Arc<Pool<T>>) -> Self {
        let unanchored = Unanchored::default();
        Self { load: pool.load(), segments: Vec::new(), covers: Vec::new(), unanchored, pool }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.load.is_empty()
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.load.len()).unwrap_or(u32::MAX)
    }

    /// What was emitted since the last segment belongs to `work`.
    pub(super) fn end_segment(&mut self, work: &Work) {
        let end = self.len();
        let last = self.segments.last().map_or(0, |segment| segment.end);
        if end > last {
            self.segments.push(Segment { work: work.clone(), end });
        }
    }

    /// Takes the content, and leaves an empty buffer.
    pub(crate) fn take(&mut self) -> Self {
        self.load.is_filled();
        std::mem::replace(self, Self::new(Arc::clone(&self.pool)))
    }

    /// Takes the tuples, and leaves an empty load. The next one is likely as large: it need not grow to that.
    pub(crate) fn take_load(&mut self) -> Load<T> {
        self.load.is_filled();
        let mut next = self.pool.load();
        next.items.make_room_as_for(&self.load.items);
        std::mem::replace(&mut self.load, next)
    }

    /// Takes over the content of `other`, a spout's.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.load.is_empty() && self.covers.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        let offset = self.len();
        self.load.append(&mut other.load);
        self.unanchored.append(&mut other.unanchored, offset);
        self.covers.extend(other.covers.drain(..).map(|cover| Cover {
            start: cover.start + offset,
            end: cover.end + offset,
            ..cover
        }));
    }
}

impl<T: Tuple + ?Sized> Drop for Buffer<T> {
    /// What did not leave was not delivered.
    fn drop(&mut self) {
        let mut start = 0;
        for segment in &self.segments {
            let error = DeliveryError::new("an output", LossKind::Dropped);
            for index in start..segment.end {
                segment.work.fail(self.load.roots.of(index), error.clone());
            }
            start = segment.end;
        }
    }
}
