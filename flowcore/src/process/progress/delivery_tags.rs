use std::collections::{BTreeSet, VecDeque};

use crate::base::{DeliveryError, Receipt, Receipts, Token};

/// The deliveries of a queue that a spout has not answered, with the tokens that answer them.
///
/// The spout [covers](crate::process::Outputs::cover) each delivery with a token from here, and waits for
/// [`next`](Self::next) in the same `select!` in which it waits for input. It tells the queue what it hears.
///
/// - **What is acknowledged when**: a delivery, when its tuple and all that came of it is safe. One that could not
///   be delivered goes back to the queue ([`TagAnswer::Requeue`]): at least once.
/// - **All up to a tag**: when everything up to a tag is answered, one answer says it, if the queue knows such
///   a thing (AMQP's `multiple`). Deliveries behind one that takes long are answered alone.
/// - **Bounds**: at most `limit` deliveries are open; ask the queue for no more (AMQP's prefetch count).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::progress::{DeliveryTags, TagAnswer};
/// use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TopologyBuilder};
/// use std::collections::BTreeMap;
/// use std::sync::{Arc, Mutex};
///
/// /// A queue in memory: what was delivered under which tag, and what waits.
/// #[derive(Default)]
/// struct Queue {
///     waiting: Vec<&'static str>,
///     delivered: BTreeMap<u64, &'static str>,
///     last: u64,
/// }
///
/// struct QueueSpout {
///     queue: Arc<Mutex<Queue>>,
///     tags: DeliveryTags,
/// }
///
/// impl QueueSpout {
///     fn tell(&self, answer: TagAnswer) {
///         let mut queue = self.queue.lock().unwrap();
///         match answer {
///             TagAnswer::Ack { tag } => { queue.delivered.remove(&tag); }
///             TagAnswer::AckUpTo { tag } => queue.delivered.retain(|&other, _| other > tag),
///             TagAnswer::Requeue { tag, .. } => {
///                 let again = queue.delivered.remove(&tag);
///                 queue.waiting.extend(again);
///             }
///         }
///     }
/// }
///
/// impl Spout for QueueSpout {
///     type Out = Emitter<str>;
///
///     async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
///         if let Some(answer) = self.tags.try_next() {
///             self.tell(answer);
///             return Ok(Next::More);
///         }
///         let mut queue = self.queue.lock().unwrap();
///         let Some(job) = queue.waiting.pop() else { return Ok(Next::End) };
///         queue.last += 1;
///         let tag = queue.last;
///         queue.delivered.insert(tag, job);
///         out.emit_anchored(job, self.tags.token(tag)?);
///         Ok(Next::More)
///     }
///
///     async fn close(&mut self) -> Result<(), SpoutError> {
///         while let Some(answer) = self.tags.try_next() {
///             self.tell(answer);
///         }
///         Ok(())
///     }
/// }
///
/// let queue = Arc::new(Mutex::new(Queue { waiting: vec!["wash", "cook", "eat"], ..Queue::default() }));
/// let jobs = queue.clone();
/// let mut topology = TopologyBuilder::new("work off a queue");
/// let jobs = topology.spout("jobs", move || QueueSpout { queue: jobs.clone(), tags: DeliveryTags::new(100) });
/// jobs.for_each("print", |job| println!("{job}"));
/// topology.build()?.run().await?;
/// assert!(queue.lock().unwrap().delivered.is_empty());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct DeliveryTags {
    receipts: Receipts<u64>,
    tags: Tags,
    limit: usize,
    up_to: bool,
}

/// What to tell the queue.
#[derive(Debug)]
pub enum TagAnswer {
    /// This delivery is safe.
    Ack {
        /// Its tag.
        tag: u64,
    },
    /// Every delivery up to this one that was not answered is safe.
    AckUpTo {
        /// The largest tag.
        tag: u64,
    },
    /// This delivery was not safe in the end: it is to be delivered again, to whomever.
    Requeue {
        /// Its tag.
        tag: u64,
        /// What its token was answered with.
        error: DeliveryError,
    },
}

/// A delivery that [`DeliveryTags`] cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Tags ascend.
    #[error("delivery {tag} came after delivery {last}")]
    OutOfOrder {
        /// The tag.
        tag: u64,
        /// The one before it.
        last: u64,
    },
    /// As many deliveries as may be are open.
    #[error("delivery {tag} has no place: {limit} are open")]
    Full {
        /// The tag.
        tag: u64,
        /// The limit.
        limit: usize,
    },
}

impl DeliveryTags {
    /// No deliveries. At most `limit` of them, and at least one, may be open.
    pub fn new(limit: usize) -> Self {
        Self { receipts: Receipts::new(), tags: Tags::default(), limit: limit.max(1), up_to: true }
    }

    /// For queues that want every delivery answered alone: never [`TagAnswer::AckUpTo`].
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.up_to = false;
        self
    }

    /// The token for a delivery. Tags ascend, as those of one AMQP channel do.
    ///
    /// # Errors
    /// [`TagError`]; nothing changes then.
    pub fn token(&mut self, tag: u64) -> Result<Token, TagError> {
        if self.is_full() {
            return Err(TagError::Full { tag, limit: self.limit });
        }
        self.tags.open(tag)?;
        Ok(self.receipts.token(tag))
    }

    /// How many deliveries were not answered, or wait for the answer of an earlier one.
    pub fn open(&self) -> usize {
        self.tags.entries.len()
    }

    /// Whether no further delivery has a place.
    pub fn is_full(&self) -> bool {
        self.open() >= self.limit
    }

    /// The next thing to tell the queue, if there is one.
    pub fn try_next(&mut self) -> Option<TagAnswer> {
        while let Some(receipt) = self.receipts.try_next() {
            self.tags.settle(receipt);
        }
        self.tags.answer(self.up_to)
    }

    /// The same, and waits for it. For ever while nothing is open. Safe to cancel.
    pub async fn next(&mut self) -> TagAnswer {
        loop {
            if let Some(answer) = self.try_next() {
                return answer;
            }
            let receipt = self.receipts.next().await;
            self.tags.settle(receipt);
        }
    }
}

/// What is known of each delivery. Pure.
#[derive(Debug, Default)]
struct Tags {
    /// In ascending order. The first one is open, or there is something to tell.
    entries: VecDeque<(u64, State)>,
    last: Option<u64>,
    failed: VecDeque<(u64, DeliveryError)>,
    /// Those that are safe and not told.
    safe: BTreeSet<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Safe,
    Told,
}

impl Tags {
    fn open(&mut self, tag: u64) -> Result<(), TagError> {
        if let Some(last) = self.last.filter(|&last| last >= tag) {
            return Err(TagError::OutOfOrder { tag, last });
        }
        self.last = Some(tag);
        self.entries.push_back((tag, State::Open));
        Ok(())
    }

    fn settle(&mut self, receipt: Receipt<u64>) {
        let Receipt { id: tag, outcome } = receipt;
        let Some(at) = self.find(tag) else { return };
        match outcome {
            Ok(()) => {
                self.entries[at].1 = State::Safe;
                self.safe.insert(tag);
            }
            Err(error) => {
                self.entries[at].1 = State::Told;
                self.failed.push_back((tag, error));
            }
        }
    }

    /// Failures first: they are not part of what is safe up to a tag.
    fn answer(&mut self, up_to: bool) -> Option<TagAnswer> {
        if let Some((tag, error)) = self.failed.pop_front() {
            return Some(TagAnswer::Requeue { tag, error });
        }
        if let Some(answer) = self.answer_first(up_to) {
            return Some(answer);
        }
        let tag = self.safe.pop_first()?;
        if let Some(at) = self.find(tag) {
            self.entries[at].1 = State::Told;
        }
        Some(TagAnswer::Ack { tag })
    }

    /// What is settled with nothing open before it.
    fn answer_first(&mut self, up_to: bool) -> Option<TagAnswer> {
        let (mut answered, mut last) = (0, None);
        while let Some(&(tag, state)) = self.entries.front().filter(|(_, state)| *state != State::Open) {
            if state == State::Safe {
                if !up_to && answered == 1 {
                    break;
                }
                (answered, last) = (answered + 1, Some(tag));
                self.safe.remove(&tag);
            }
            self.entries.pop_front();
        }
        last.map(|tag| if answered == 1 { TagAnswer::Ack { tag } } else { TagAnswer::AckUpTo { tag } })
    }

    fn find(&self, tag: u64) -> Option<usize> {
        self.entries.binary_search_by_key(&tag, |(tag, _)| *tag).ok()
    }
}
