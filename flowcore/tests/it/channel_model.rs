//! Random schedules against a model that keeps every event in one sorted list.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{DeliveryError, LossKind, Receipts};
use flowcore::event::Weigh;
use flowcore::ingest::{
    Batch, Channel, ChannelError, DecodeError, PutErrorKind, PutTransaction, Stored, Take,
};

use crate::channels::{Kind, Size};
use crate::seeds::{Random, Seed};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    /// The model's number: puts are numbered at their commit, so it is given then.
    batch: u64,
    at: usize,
    weight: usize,
}

impl Weigh for Item {
    fn weight(&self) -> usize {
        self.weight
    }
}

impl Stored for Item {
    fn encode(&self, into: &mut Vec<u8>) {
        for number in [self.batch, self.at as u64, self.weight as u64] {
            into.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn decode(bytes: bytes::Bytes) -> Result<Self, DecodeError> {
        let number = |at: usize| u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap());
        let [at, weight] = [number(1), number(2)].map(|number| usize::try_from(number).unwrap());
        Ok(Self { batch: number(0), at, weight })
    }
}

/// What is true of one put.
struct Known {
    open: usize,
    failed: bool,
    answered: bool,
}

struct Run {
    kind: Kind,
    random: Random,
    channel: Arc<dyn Channel<Item>>,
    capacity: usize,
    bytes: usize,
    transaction: usize,
    receipts: Receipts<usize>,
    puts: Vec<(Box<dyn PutTransaction<Item>>, Vec<Item>)>,
    takes: Vec<Take<Item>>,
    batches: Vec<Batch<Item>>,
    /// Waiting events as (order of commit, place in the put).
    waiting: BTreeSet<(usize, usize)>,
    order: std::collections::HashMap<u64, usize>,
    known: Vec<Known>,
    next_batch: u64,
    closed: bool,
    finished: usize,
    published: usize,
}

impl Run {
    async fn new(kind: Kind, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let (capacity, bytes) = (1 + random.below(40), 10 + random.below(300));
        let transaction = (1 + random.below(12)).min(capacity);
        let keep_alive = Duration::ZERO;
        let channel = kind.open(Size { capacity, transaction, bytes, keep_alive }).await;
        Self {
            kind,
            random,
            channel,
            capacity,
            bytes,
            transaction,
            receipts: Receipts::new(),
            puts: Vec::new(),
            takes: Vec::new(),
            batches: Vec::new(),
            waiting: BTreeSet::new(),
            order: std::collections::HashMap::new(),
            known: Vec::new(),
            next_batch: 0,
            closed: false,
            finished: 0,
            published: 0,
        }
    }

    fn key(&self, item: &Item) -> (usize, usize) {
        (self.order[&item.batch], item.at)
    }

    fn held(&self) -> (usize, usize) {
        let reserved: usize = self.puts.iter().map(|(_, items)| items.len()).sum();
        let mut taken: usize = self.takes.iter().map(|take| take.events().len()).sum();
        if self.kind == Kind::File {
            // There is room again when they are answered.
            taken += self.batches.iter().map(|batch| batch.events.len()).sum::<usize>();
        }
        (reserved, taken)
    }

    async fn put(&mut self) {
        let Ok(mut put) = self.channel.begin_put().await else {
            assert!(self.closed);
            return;
        };
        let count = self.random.below(self.transaction + 2);
        let batch = self.next_batch;
        self.next_batch += 1;
        let items: Vec<Item> =
            (0..count).map(|at| Item { batch, at, weight: self.random.below(20) }).collect();
        let weight: usize = items.iter().map(Weigh::weight).sum();
        let (reserved, taken) = self.held();
        let bytes = self.channel.state().bytes;
        match put.put(items.clone()).await {
            Ok(()) => self.puts.push((put, items)),
            Err(error) => {
                assert_eq!(error.refused, items);
                let full = reserved + taken + self.waiting.len() + count > self.capacity
                    || bytes + weight > self.bytes;
                let large = count > self.transaction || weight > self.bytes;
                let expected = if large { PutErrorKind::TooLarge } else { PutErrorKind::Full };
                assert!(full || large);
                assert_eq!(error.kind, expected);
            }
        }
    }

    async fn commit_put(&mut self) {
        if self.puts.is_empty() {
            return;
        }
        let at = self.random.below(self.puts.len());
        let (put, items) = self.puts.swap_remove(at);
        let id = self.known.len();
        self.known.push(Known { open: items.len(), failed: false, answered: false });
        for item in &items {
            self.order.insert(item.batch, id);
            self.waiting.insert((id, item.at));
        }
        self.published += items.len();
        put.commit(self.receipts.token(id)).await.unwrap();
    }

    async fn take(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let max = 1 + self.random.below(15);
        let take = self.channel.take(max).await.unwrap();
        let keys: Vec<_> = take.events().iter().map(|item| self.key(item)).collect();
        let expected: Vec<_> = self.waiting.iter().copied().take(max.min(self.transaction)).collect();
        if self.kind == Kind::File {
            // What must be read first comes with the next take.
            assert!(
                !keys.is_empty() && expected.starts_with(&keys),
                "{keys:?} are not the first of {expected:?}"
            );
        } else {
            assert_eq!(keys, expected, "the first in line, in order");
        }
        for key in keys {
            self.waiting.remove(&key);
        }
        self.takes.push(take);
    }

    async fn end_take(&mut self) {
        if self.takes.is_empty() {
            return;
        }
        let at = self.random.below(self.takes.len());
        let take = self.takes.swap_remove(at);
        let keys: Vec<_> = take.events().iter().map(|item| self.key(item)).collect();
        match self.random.below(4) {
            0 | 1 => {
                take.commit().await.unwrap();
                self.finish(keys.into_iter().map(|(id, _)| id), false);
            }
            2 => {
                self.waiting.extend(keys);
                take.rollback();
            }
            _ => self.batches.extend(take.hand_over()),
        }
    }

    fn answer(&mut self) {
        if self.batches.is_empty() {
            return;
        }
        let at = self.random.below(self.batches.len());
        let Batch { events, token } = self.batches.swap_remove(at);
        let ids: Vec<_> = events.iter().map(|item| self.order[&item.batch]).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "a batch is of one put");
        let fails = self.random.one_in(3);
        let keys: Vec<_> = events.iter().map(|item| self.key(item)).collect();
        if fails {
            token.fail(DeliveryError::new("test", LossKind::Failed));
        } else {
            token.ack();
        }
        if fails && self.kind == Kind::File {
            self.waiting.extend(keys);
        } else {
            self.finish(ids.into_iter(), fails);
        }
    }

    fn finish(&mut self, ids: impl Iterator<Item = usize>, failed: bool) {
        for id in ids {
            self.finished += 1;
            self.known[id].open -= 1;
            self.known[id].failed |= failed;
        }
    }

    fn check(&mut self) {
        while let Some(receipt) = self.receipts.try_next() {
            let known = &mut self.known[receipt.id];
            assert!(!known.answered, "a token is answered once");
            known.answered = true;
            if self.kind == Kind::File {
                assert!(receipt.outcome.is_ok());
                continue;
            }
            assert_eq!(known.open, 0, "a token is not answered early");
            assert_eq!(receipt.outcome.is_err(), known.failed);
        }
        let is_due = |known: &Known| self.kind == Kind::File || known.open == 0;
        assert!(self.known.iter().all(|known| known.answered == is_due(known)), "no token is forgotten");
        let (reserved, taken) = self.held();
        let state = self.channel.state();
        assert_eq!((state.waiting, state.taken), (self.waiting.len(), taken));
        assert!(state.waiting + state.taken + reserved <= self.capacity);
        assert!(state.bytes <= self.bytes);
    }

    async fn step(&mut self) {
        match self.random.below(12) {
            0..3 => self.put().await,
            3..6 => self.commit_put().await,
            6..8 => self.take().await,
            8..10 => self.end_take().await,
            10 => self.answer(),
            _ if self.random.one_in(4) && !self.puts.is_empty() => {
                let at = self.random.below(self.puts.len());
                drop(self.puts.swap_remove(at));
            }
            _ if self.random.one_in(20) => {
                self.channel.close();
                self.closed = true;
            }
            _ => {}
        }
        self.check();
    }

    /// Takes everything that is left, and looks whether all came.
    async fn drain(&mut self) {
        self.channel.close();
        self.closed = true;
        self.puts.clear();
        while let Some(take) = self.takes.pop() {
            let keys: Vec<_> = take.events().iter().map(|item| self.key(item)).collect();
            self.waiting.extend(keys);
        }
        while !self.waiting.is_empty() || !self.batches.is_empty() {
            self.answer();
            if self.waiting.is_empty() {
                continue;
            }
            self.take().await;
            let take = self.takes.pop().unwrap();
            let ids: Vec<_> = take.events().iter().map(|item| self.order[&item.batch]).collect();
            take.commit().await.unwrap();
            self.finish(ids.into_iter(), false);
        }
        self.check();
        assert_eq!(self.finished, self.published, "no event is lost or doubled");
        assert!(matches!(self.channel.take(1).await, Err(ChannelError::Closed { .. })));
        assert_eq!((self.channel.state().bytes, self.receipts.outstanding()), (0, 0));
    }
}

async fn agrees(kind: Kind, seeds: u64) {
    for seed in 0..seeds {
        let _seed = Seed(seed);
        let mut run = Run::new(kind, seed).await;
        for _ in 0..200 {
            run.step().await;
        }
        run.drain().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_memory_channel_agrees_with_the_model_for_random_schedules() {
    agrees(Kind::Memory, 600).await;
}

#[tokio::test(start_paused = true)]
async fn the_file_channel_agrees_with_the_model_for_random_schedules() {
    agrees(Kind::File, 100).await;
}
