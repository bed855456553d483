use std::collections::VecDeque;

/// Up to where a file is delivered: batches are settled in any order, and the position moves when all before
/// it are.
#[derive(Debug)]
pub(super) struct Delivered {
    position: u64,
    next: u64,
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    batch: u64,
    end: u64,
    settled: bool,
}

impl Delivered {
    pub(super) fn from(position: u64) -> Self {
        Self { position, next: 0, pending: VecDeque::new() }
    }

    /// A batch up to `end` is on its way.
    pub(super) fn begin(&mut self, end: u64) -> u64 {
        self.next += 1;
        self.pending.push_back(Pending { batch: self.next, end, settled: false });
        self.next
    }

    /// The last batch was not put.
    pub(super) fn cancel(&mut self, batch: u64) {
        self.pending.retain(|pending| pending.batch != batch);
    }

    /// A batch was delivered. Returns whether the position moved.
    pub(super) fn settle(&mut self, batch: u64) -> bool {
        if let Ok(at) = self.pending.binary_search_by_key(&batch, |pending| pending.batch) {
            self.pending[at].settled = true;
        }
        let before = self.position;
        while let Some(pending) = self.pending.pop_front_if(|pending| pending.settled) {
            self.position = pending.end;
        }
        self.position != before
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether nothing is on its way.
    pub(super) fn is_all(&self) -> bool {
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_is_the_end_of_what_was_delivered_without_a_gap() {
        let mut delivered = Delivered::from(10);
        let batches: Vec<u64> = [20, 30, 40].into_iter().map(|end| delivered.begin(end)).collect();
        assert!(!delivered.settle(batches[1]));
        assert_eq!(delivered.position(), 10);
        assert!(delivered.settle(batches[0]));
        assert_eq!((delivered.position(), delivered.is_all()), (30, false));
        delivered.cancel(batches[2]);
        assert_eq!((delivered.position(), delivered.is_all()), (30, true));
    }
}
