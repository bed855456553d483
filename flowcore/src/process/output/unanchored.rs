use super::Emitter;
use super::emitter::Way;
use crate::base::Work;
use crate::process::Tuple;
use crate::process::batch::Segment;

impl<T: Tuple + ?Sized> Emitter<T> {
    /// Emits a tuple that belongs to no root: nobody waits for it. When it fails downstream, that is counted
    /// there, and it is lost; the tuple in execution is acknowledged without it. It keeps its place in the
    /// order of what is emitted.
    ///
    /// Use it for what is worth less than a replay of everything that comes of the tuple in execution: a
    /// progress message, a sample, a hint to a cache. A bolt that emits everything that way is
    /// a boundary: what is behind it is best effort.
    ///
    /// A spout's is not tracked either: it is never replayed, no cover answers for it, and it does not count
    /// in `max_pending`.
    ///
    /// ```
    /// use flowcore::process::{Bolt, BoltError, Emitter};
    ///
    /// struct Bill;
    ///
    /// impl Bolt<u64> for Bill {
    ///     type Out = (Emitter<u64>, Emitter<str>);
    ///
    ///     async fn execute(&mut self, order: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
    ///         out.0.emit(order * 3); // the order is replayed if this one fails
    ///         out.1.emit_unanchored("billed"); // and not for this one
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn emit_unanchored(&mut self, tuple: T::Put<'_>) {
        self.seal();
        let start = self.buffer.len();
        self.emit(tuple);
        let end = self.buffer.len();
        if start == end {
            return;
        }
        if let Way::Handoff(_) = self.way {
            return self.buffer.unanchored.add(start, end);
        }
        match self.buffer.segments.last_mut().filter(|last| last.work.root_ref().is_none()) {
            Some(last) => last.end = end,
            None => self.buffer.segments.push(Segment { work: Work::default(), end }),
        }
    }

    /// The same, and waits while a full batch is ahead of it that the next tasks have no room for.
    pub async fn send_unanchored(&mut self, tuple: T::Put<'_>) {
        self.make_room().await;
        self.emit_unanchored(tuple);
    }
}

/// Which tuples of a spout's buffer nobody waits for: stretches, in order.
#[derive(Debug, Default)]
pub(crate) struct Unanchored(Vec<(u32, u32)>);

impl Unanchored {
    fn add(&mut self, start: u32, end: u32) {
        match self.0.last_mut().filter(|last| last.1 == start) {
            Some(last) => last.1 = end,
            None => self.0.push((start, end)),
        }
    }

    /// Takes over those of a buffer that is appended behind `offset` tuples.
    pub(super) fn append(&mut self, other: &mut Self, offset: u32) {
        for (start, end) in other.0.drain(..) {
            self.add(start + offset, end + offset);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tuples of `len` that somebody waits for.
    pub(super) fn tracked(&self, len: u32) -> Vec<u32> {
        let mut from = 0;
        let mut tracked = Vec::new();
        for &(start, end) in self.0.iter().chain([&(len, len)]) {
            tracked.extend(from..start);
            from = end;
        }
        tracked
    }

    /// A load of `len` tuples, of which those that are tracked are `work`.
    pub(super) fn segments(&self, work: &Work, len: u32) -> Vec<Segment> {
        let mut segments = Vec::with_capacity(2 * self.0.len() + 1);
        let mut from = 0;
        let mut add = |work: &Work, end| {
            if from < end {
                segments.push(Segment { work: work.clone(), end });
                from = end;
            }
        };
        for &(start, end) in &self.0 {
            add(work, start);
            add(&Work::default(), end);
        }
        add(work, len);
        segments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_are_one_and_the_others_are_tracked() {
        let mut unanchored = Unanchored::default();
        unanchored.add(0, 1);
        unanchored.add(1, 3);
        let mut behind = Unanchored::default();
        behind.add(0, 2);
        unanchored.append(&mut behind, 5);
        assert_eq!(unanchored.0, [(0, 3), (5, 7)]);
        assert_eq!(unanchored.tracked(9), [3, 4, 7, 8]);
        let ends: Vec<_> = unanchored.segments(&Work::default(), 7).iter().map(|part| part.end).collect();
        assert_eq!(ends, [3, 5, 7]);
    }
}
