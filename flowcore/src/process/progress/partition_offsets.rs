use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::{Offered, OffsetError, OffsetTracker};
use crate::base::{DeliveryError, Receipt, Receipts, Token};

/// The committable offsets of a spout over a log with partitions, with the tokens that make them advance.
///
/// The spout [covers](crate::process::Outputs::cover) the tuple of each offset with a token from here, and
/// waits for [`next`](Self::next) in the same `select!` in which it waits for input.
///
/// - **What is committed when**: an offset, when its tuple and those of all smaller offsets of its partition are
///   safe. After a crash, what was read behind it is read again: at least once.
/// - **Bounds**: `limit` offsets of each partition may wait for the oldest of them. A partition that
///   [is full](Self::is_full) is not read until that one is safe.
/// - **Failures**: the engine replays what fails, so a token fails only when `next` is interrupted or a stop
///   leaves something undone. Seek to the offset then; those behind it that are safe or under way are skipped.
/// - **Partitions that go and come**: what is still under way for a partition that was revoked is ignored when
///   it is answered.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::progress::{OffsetProgress, PartitionOffsets};
/// use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TopologyBuilder};
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
///
/// /// One partition in memory, and what was committed.
/// struct LogSpout {
///     log: Vec<&'static str>,
///     at: u64,
///     offsets: PartitionOffsets<u32>,
///     committed: Arc<AtomicU64>,
/// }
///
/// impl LogSpout {
///     fn new(committed: Arc<AtomicU64>) -> Self {
///         let at = committed.load(Ordering::Relaxed);
///         let mut offsets = PartitionOffsets::new(1_000);
///         offsets.assign(0, at);
///         Self { log: vec!["to be", "or not", "to be"], at, offsets, committed }
///     }
///
///     fn act_on(&mut self, progress: OffsetProgress<u32>) {
///         match progress {
///             OffsetProgress::Safe { committable, .. } => self.committed.store(committable, Ordering::Relaxed),
///             OffsetProgress::Failed { offset, .. } => self.at = self.at.min(offset),
///         }
///     }
/// }
///
/// impl Spout for LogSpout {
///     type Out = Emitter<str>;
///
///     async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
///         if let Some(progress) = self.offsets.try_next() {
///             self.act_on(progress);
///             return Ok(Next::More);
///         }
///         let Some(line) = self.log.get(self.at as usize) else { return Ok(Next::End) };
///         if self.offsets.is_full(&0) {
///             let progress = self.offsets.next().await;
///             self.act_on(progress);
///             return Ok(Next::More);
///         }
///         if let Some(token) = self.offsets.token(&0, self.at)? {
///             out.emit_anchored(line, token);
///         }
///         self.at += 1;
///         Ok(Next::More)
///     }
///
///     async fn close(&mut self) -> Result<(), SpoutError> {
///         while let Some(progress) = self.offsets.try_next() {
///             self.act_on(progress);
///         }
///         Ok(())
///     }
/// }
///
/// let committed = Arc::new(AtomicU64::new(0));
/// let commit = committed.clone();
/// let mut topology = TopologyBuilder::new("read a log");
/// let lines = topology.spout("lines", move || LogSpout::new(commit.clone()));
/// lines.for_each("print", |line| println!("{line}"));
/// topology.build()?.run().await?;
/// assert_eq!(committed.load(Ordering::Relaxed), 3);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PartitionOffsets<P> {
    partitions: HashMap<P, Assigned>,
    /// For each token: partition, assignment, offset.
    receipts: Receipts<(P, u64, u64)>,
    /// What was settled and not told.
    failed: VecDeque<OffsetProgress<P>>,
    advanced: VecDeque<P>,
    limit: usize,
    assignments: u64,
}

#[derive(Debug)]
struct Assigned {
    /// Tells the receipts of this assignment from those of earlier ones.
    assignment: u64,
    offsets: OffsetTracker,
    /// It is among those that advanced.
    advanced: bool,
}

/// What has happened to the offsets of a partition.
#[derive(Debug)]
pub enum OffsetProgress<P> {
    /// The committable offset has advanced.
    Safe {
        /// Of which partition.
        partition: P,
        /// Everything before this offset is safe.
        committable: u64,
    },
    /// A tuple was not delivered: read its offset again.
    Failed {
        /// Of which partition.
        partition: P,
        /// The offset.
        offset: u64,
        /// What its token was answered with.
        error: DeliveryError,
    },
}

impl<P: Hash + Eq + Clone + Send + 'static> PartitionOffsets<P> {
    /// No partitions. Of each, at most `limit` offsets, and at least one, may wait for the oldest one that is
    /// not safe.
    pub fn new(limit: usize) -> Self {
        Self {
            partitions: HashMap::new(),
            receipts: Receipts::new(),
            failed: VecDeque::new(),
            advanced: VecDeque::new(),
            limit,
            assignments: 0,
        }
    }

    /// From now on `partition` is read, from the offset `next` on: everything before it is safe.
    pub fn assign(&mut self, partition: P, next: u64) {
        self.assignments += 1;
        let offsets = OffsetTracker::new(next, self.limit);
        self.forget(&partition);
        self.partitions
            .insert(partition, Assigned { assignment: self.assignments, offsets, advanced: false });
    }

    /// `partition` is read no more. Returns its committable offset, to be committed a last time.
    pub fn revoke(&mut self, partition: &P) -> Option<u64> {
        self.forget(partition);
        self.partitions.remove(partition).map(|assigned| assigned.offsets.committable())
    }

    /// What was not told of an earlier assignment is of no use.
    fn forget(&mut self, partition: &P) {
        self.advanced.retain(|other| other != partition);
        self.failed.retain(
            |failed| !matches!(failed, OffsetProgress::Failed { partition: of, .. } if of == partition),
        );
    }

    /// Everything before this offset of `partition` is safe. `None` if it is not assigned.
    pub fn committable(&self, partition: &P) -> Option<u64> {
        self.partitions.get(partition).map(|assigned| assigned.offsets.committable())
    }

    /// Whether no new offset of `partition` has a place. One that is not assigned has none.
    pub fn is_full(&self, partition: &P) -> bool {
        self.partitions.get(partition).is_none_or(|assigned| assigned.offsets.is_full())
    }

    /// The token for the tuple of an offset that was read, or `None` if it need not be emitted again.
    ///
    /// # Errors
    /// [`OffsetError`] for an offset that has no place, or no partition.
    pub fn token(&mut self, partition: &P, offset: u64) -> Result<Option<Token>, OffsetError> {
        let assigned = self.partitions.get_mut(partition).ok_or(OffsetError::NotAssigned { offset })?;
        Ok(match assigned.offsets.offer(offset)? {
            Offered::Skip => None,
            Offered::Emit => Some(self.receipts.token((partition.clone(), assigned.assignment, offset))),
        })
    }

    /// What has happened, if anything: failures first. A thousand tuples that became safe are one answer.
    pub fn try_next(&mut self) -> Option<OffsetProgress<P>> {
        while let Some(receipt) = self.receipts.try_next() {
            self.settle(receipt);
        }
        if let Some(failed) = self.failed.pop_front() {
            return Some(failed);
        }
        while let Some(partition) = self.advanced.pop_front() {
            if let Some(assigned) = self.partitions.get_mut(&partition) {
                assigned.advanced = false;
                return Some(OffsetProgress::Safe { partition, committable: assigned.offsets.committable() });
            }
        }
        None
    }

    /// The same, and waits for it. For ever while nothing is under way. Safe to cancel.
    pub async fn next(&mut self) -> OffsetProgress<P> {
        loop {
            if let Some(progress) = self.try_next() {
                return progress;
            }
            let receipt = self.receipts.next().await;
            self.settle(receipt);
        }
    }

    fn settle(&mut self, receipt: Receipt<(P, u64, u64)>) {
        let Receipt { id: (partition, assignment, offset), outcome } = receipt;
        let assigned = self.partitions.get_mut(&partition);
        let Some(assigned) = assigned.filter(|assigned| assigned.assignment == assignment) else { return };
        // It was handed out, so it is known.
        match outcome {
            Ok(()) => {
                let advanced = assigned.offsets.acknowledge(offset).unwrap_or(false);
                if advanced && !std::mem::replace(&mut assigned.advanced, true) {
                    self.advanced.push_back(partition);
                }
            }
            Err(error) => {
                if assigned.offsets.fail(offset).is_ok() {
                    self.failed.push_back(OffsetProgress::Failed { partition, offset, error });
                }
            }
        }
    }
}
