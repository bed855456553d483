use std::collections::VecDeque;

/// Which offset of a log partition is safe to commit, though tuples become safe in any order. Pure.
///
/// Offsets are handed out in ascending order; gaps are no harm. The committable offset is the first one that
/// is not safe: who starts there again after a crash misses nothing. It holds one entry for each offset from
/// there on, so its size is bounded by `limit`: when it [is full](Self::is_full), read no further until the
/// oldest offsets are safe.
///
/// An offset that failed holds the committable one back until it was read again:
/// [`first_failed`](Self::first_failed) says where, and [`offer`](Self::offer) which of the offsets behind it
/// need not be emitted a second time.
///
/// ```
/// use flowcore::process::progress::{Offered, OffsetTracker};
///
/// let mut offsets = OffsetTracker::new(100, 1_000);
/// for offset in [100, 101, 105] {
///     assert_eq!(offsets.offer(offset)?, Offered::Emit);
/// }
/// assert!(!offsets.acknowledge(101)?, "100 is not safe");
/// assert!(offsets.acknowledge(100)?);
/// assert_eq!(offsets.committable(), 105);
/// offsets.fail(105)?;
/// assert_eq!(offsets.first_failed(), Some(105));
/// # Ok::<_, flowcore::process::progress::OffsetError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OffsetTracker {
    /// In ascending order. The first one is not safe.
    entries: VecDeque<(u64, State)>,
    /// Larger than every offset that was handed out.
    next: u64,
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Safe,
    Failed,
}

/// What to do with an offset that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// Emit its tuple: it is new, or its last attempt failed.
    Emit,
    /// It is safe, or its tuple is still under way.
    Skip,
}

/// An offset that an [`OffsetTracker`] cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OffsetError {
    /// Offsets are read in ascending order, and only those that were read before are read again.
    #[error("offset {offset} was skipped before: the next one is {next}")]
    OutOfOrder {
        /// The offset.
        offset: u64,
        /// The smallest one that would be new.
        next: u64,
    },
    /// As many offsets as may be are waiting for the oldest of them.
    #[error("offset {offset} has no place: {limit} are waiting")]
    Full {
        /// The offset.
        offset: u64,
        /// The limit.
        limit: usize,
    },
    /// It was never handed out.
    #[error("offset {offset} was never handed out")]
    Unknown {
        /// The offset.
        offset: u64,
    },
    /// The partition is not assigned.
    #[error("offset {offset} belongs to a partition that is not assigned")]
    NotAssigned {
        /// The offset.
        offset: u64,
    },
}

impl OffsetTracker {
    /// Everything before `next` is safe: reading starts there. At most `limit` offsets, and at least one, may
    /// wait for the oldest one that is not safe.
    pub fn new(next: u64, limit: usize) -> Self {
        Self { entries: VecDeque::new(), next, limit: limit.max(1) }
    }

    /// Everything before this offset is safe: commit it.
    pub fn committable(&self) -> u64 {
        self.entries.front().map_or(self.next, |(offset, _)| *offset)
    }

    /// Larger than every offset that was handed out: where to read on.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// How many offsets wait for the oldest one that is not safe, itself included.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }

    /// Whether no new offset has a place.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    /// The first offset whose tuple failed and was not read again.
    pub fn first_failed(&self) -> Option<u64> {
        self.entries.iter().find(|(_, state)| *state == State::Failed).map(|(offset, _)| *offset)
    }

    /// An offset was read. From `Emit` on it is open, until it is acknowledged or fails.
    ///
    /// # Errors
    /// [`OffsetError::Full`], and [`OffsetError::OutOfOrder`] for one in a gap between earlier ones. Nothing
    /// changes then.
    pub fn offer(&mut self, offset: u64) -> Result<Offered, OffsetError> {
        if offset < self.committable() {
            return Ok(Offered::Skip);
        }
        if offset < self.next {
            let next = self.next;
            let at = self.find(offset).ok_or(OffsetError::OutOfOrder { offset, next })?;
            let state = std::mem::replace(&mut self.entries[at].1, State::Open);
            if state == State::Safe {
                self.entries[at].1 = State::Safe;
            }
            return Ok(if state == State::Failed { Offered::Emit } else { Offered::Skip });
        }
        if self.is_full() {
            return Err(OffsetError::Full { offset, limit: self.limit });
        }
        self.entries.push_back((offset, State::Open));
        self.next = offset.saturating_add(1);
        Ok(Offered::Emit)
    }

    /// The tuple of an offset is safe. Returns whether [`committable`](Self::committable) has advanced. One that
    /// is safe already stays so.
    ///
    /// # Errors
    /// [`OffsetError::Unknown`].
    pub fn acknowledge(&mut self, offset: u64) -> Result<bool, OffsetError> {
        let before = self.committable();
        if offset >= before {
            let at = self.find(offset).ok_or(OffsetError::Unknown { offset })?;
            self.entries[at].1 = State::Safe;
        }
        while self.entries.front().is_some_and(|(_, state)| *state == State::Safe) {
            self.entries.pop_front();
        }
        Ok(self.committable() > before)
    }

    /// The tuple of an offset was not delivered. One that is safe already stays so.
    ///
    /// # Errors
    /// [`OffsetError::Unknown`].
    pub fn fail(&mut self, offset: u64) -> Result<(), OffsetError> {
        if offset < self.committable() {
            return Ok(());
        }
        let at = self.find(offset).ok_or(OffsetError::Unknown { offset })?;
        if self.entries[at].1 == State::Open {
            self.entries[at].1 = State::Failed;
        }
        Ok(())
    }

    fn find(&self, offset: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&offset, |(offset, _)| *offset).ok()
    }
}
