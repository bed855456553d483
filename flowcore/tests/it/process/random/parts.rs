//! The components of a random topology.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp, Token};
use flowcore::process::{Bolt, BoltError, Emitter, Next, Outputs, Spout, SpoutError, TaskContext};
use flowcore_testkit::Random;

use super::ledger::Books;
use super::{Pace, Weather};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) id: u64,
}

pub(super) fn mix(parts: [u64; 5]) -> u64 {
    parts.into_iter().fold(0, |hash, part| Random::new(hash ^ part).next_u64())
}

/// How many items `bolt` makes of an item on one output.
pub(super) fn fan_out(id: u64, bolt: usize, output: usize) -> u64 {
    [0, 1, 1, 2][usize::try_from(mix([id, bolt as u64, output as u64, 0, 1]) % 4).unwrap()]
}

pub(super) fn child(id: u64, bolt: usize, output: usize, copy: u64, task: usize) -> u64 {
    mix([id, bolt as u64, output as u64, copy, task as u64])
}

/// How often what goes wrong, of a thousand calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mishaps {
    errors: u64,
    panics: u64,
    rejects: u64,
    restarts: u64,
    waits: u64,
}

impl Mishaps {
    pub(super) fn random(random: &mut Random, weather: Weather) -> Self {
        let mut up_to = |most| if weather.faults && random.percent(50) { random.below(most) } else { 0 };
        let (errors, panics, rejects, restarts) = (up_to(150), up_to(40), up_to(60), up_to(20));
        Self {
            errors,
            panics,
            rejects,
            restarts,
            waits: if weather.pace == Pace::Slow { random.below(300) } else { 0 },
        }
    }

    /// Faults whatever the weather, for what nobody depends on.
    pub(super) fn of_a_listener(random: &mut Random) -> Self {
        let errors = random.below(150);
        Self { errors, panics: errors / 4, rejects: errors / 2, restarts: errors / 8, waits: 0 }
    }

    pub(super) async fn strike(self, random: &mut Random, clock: &Clock) -> Result<(), BoltError> {
        if random.below(1_000) < self.waits {
            clock.sleep(Duration::from_millis(random.below(5))).await;
        }
        let mut roll = random.below(1_000);
        let mut hits = |share: u64| {
            let hit = roll < share;
            roll = if hit { u64::MAX } else { roll.saturating_sub(share) };
            hit
        };
        if hits(self.errors) {
            return Err(BoltError::retry("an error by chance"));
        }
        if hits(self.rejects) {
            return Err(BoltError::reject("a refusal by chance"));
        }
        if hits(self.restarts) {
            return Err(BoltError::restart("broken by chance"));
        }
        assert!(!hits(self.panics), "a panic by chance");
        Ok(())
    }
}

/// A spout that reads a queue, and puts back what fails because the spout was interrupted.
pub(super) struct Feed {
    books: Arc<Books>,
    spout: usize,
    mishaps: Mishaps,
    random: Random,
    clock: Clock,
}

impl Feed {
    /// Most items in one call of `next`.
    pub(super) const MOST: usize = 12;

    pub(super) fn new(books: Arc<Books>, spout: usize, mishaps: Mishaps, seed: u64) -> Self {
        let random = Random::new(mix([seed, 100 + spout as u64, books.life(), 2, 3]));
        Self { books, spout, mishaps, random, clock: Clock::system() }
    }

    async fn strike(&mut self) -> Result<(), SpoutError> {
        let struck = self.mishaps.strike(&mut self.random, &self.clock).await;
        struck.map_err(|_| SpoutError::restart("broken by chance"))
    }
}

impl Spout for Feed {
    type Out = Emitter<Item>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let some = 1 + self.random.index(Self::MOST);
        let ids = self.books.take(self.spout, some);
        if ids.is_empty() && self.books.may_end(self.spout) {
            return Ok(Next::End);
        }
        if ids.is_empty() {
            self.clock.sleep(Duration::from_millis(1)).await;
            return Ok(Next::More);
        }
        let mut covered = self.books.lend(ids.clone());
        for chunk in ids.chunks(1 + self.random.index(4)) {
            out.cover(covered.token(chunk.len()));
            for &id in chunk {
                if self.random.percent(50) {
                    self.strike().await?;
                }
                if self.random.percent(50) { out.emit(Item { id }) } else { out.send(Item { id }).await }
            }
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        Ok(())
    }
}

/// A bolt that makes items of items, and writes down what it did when it succeeded.
pub(super) struct Worker {
    bolt: usize,
    books: Arc<Books>,
    mishaps: Mishaps,
    random: Random,
    clock: Clock,
    /// Its task, if every task gets every item.
    task: Option<usize>,
}

impl Worker {
    pub(super) fn new(bolt: usize, books: Arc<Books>, mishaps: Mishaps, seed: u64) -> Self {
        let random = Random::new(mix([seed, bolt as u64, books.life(), 2, 3]));
        Self { bolt, books, mishaps, random, clock: Clock::system(), task: None }
    }

    fn children(&self, id: u64, output: usize) -> impl Iterator<Item = Item> + use<> {
        let (bolt, task) = (self.bolt, self.task.unwrap_or(usize::MAX));
        (0..fan_out(id, bolt, output)).map(move |copy| Item { id: child(id, bolt, output, copy, task) })
    }

    async fn strike(&mut self) -> Result<(), BoltError> {
        self.mishaps.strike(&mut self.random, &self.clock).await
    }

    pub(super) async fn work(&mut self, id: u64, out: &mut Emitter<Item>) -> Result<(), BoltError> {
        self.strike().await?;
        for item in self.children(id, 0) {
            self.emit(item, out).await;
        }
        self.strike().await?;
        self.done(id);
        Ok(())
    }

    pub(super) fn complain(&self, complaint: String) {
        self.books.complain(complaint);
    }

    pub(super) async fn ready(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.clock = context.clock.clone();
        self.task = self.books.is_all(self.bolt).then_some(context.task);
        self.strike().await
    }

    fn done(&self, id: u64) {
        self.books.executed((self.bolt, id, self.task));
    }

    async fn emit(&mut self, item: Item, out: &mut Emitter<Item>) {
        if self.random.percent(50) { out.emit(item) } else { out.send(item).await }
    }
}

impl Bolt<Item> for Worker {
    type Out = Emitter<Item>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.ready(context).await
    }

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        self.work(item.id, out).await
    }
}

/// A worker with two outputs.
pub(super) struct Splitter(pub(super) Worker);

impl Bolt<Item> for Splitter {
    type Out = (Emitter<Item>, Emitter<Item>);

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0.ready(context).await
    }

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.strike().await?;
        for item in self.0.children(item.id, 0) {
            self.0.emit(item, &mut out.0).await;
        }
        for item in self.0.children(item.id, 1) {
            self.0.emit(item, &mut out.1).await;
        }
        self.0.done(item.id);
        Ok(())
    }
}

/// A worker that keeps items, and works on them when it is woken.
pub(super) struct Keeper {
    worker: Worker,
    kept: Vec<(u64, Token)>,
    wake: Option<Timestamp>,
}

impl Keeper {
    pub(super) const MOST: usize = 20;

    pub(super) fn new(worker: Worker) -> Self {
        Self { worker, kept: Vec::new(), wake: None }
    }

    async fn work_off(&mut self, out: &mut Emitter<Item>, mishaps: bool) -> Result<(), BoltError> {
        self.wake = None;
        for (id, token) in std::mem::take(&mut self.kept) {
            if mishaps {
                self.worker.strike().await?;
            }
            for item in self.worker.children(id, 0) {
                out.emit_anchored(item, token.share());
            }
            self.worker.done(id);
            token.ack();
        }
        Ok(())
    }
}

impl Bolt<Item> for Keeper {
    type Out = Emitter<Item>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.worker.ready(context).await
    }

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        self.worker.strike().await?;
        self.kept.push((item.id, out.keep()));
        let wait = Duration::from_millis(self.worker.random.below(50));
        self.wake.get_or_insert(out.now() + wait);
        Ok(())
    }

    async fn tick(&mut self, _now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.work_off(out, true).await
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.wake
    }

    fn is_full(&self) -> bool {
        self.kept.len() >= Self::MOST
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.work_off(out, false).await
    }
}
