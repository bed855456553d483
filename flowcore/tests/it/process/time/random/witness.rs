//! Bolts that look whether what comes may come.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::{Bolt, BoltError, Directed, Emitter, TaskContext};
use flowcore_testkit::Random;

use super::feed::Timed;

/// What one task saw, in all its lives.
#[derive(Debug, Default)]
pub(super) struct Seen {
    watermark: Option<Timestamp>,
    pub(super) ends: u32,
    pub(super) cleanups: u32,
    /// Tuples that were on time, behind a watermark.
    pub(super) checked: u64,
    /// Tuples that were not on time, and came behind a watermark that has passed them.
    pub(super) late: u64,
}

#[derive(Debug, Default)]
struct State {
    tasks: BTreeMap<(usize, usize), Seen>,
    lives: u64,
    complaints: Vec<String>,
}

/// What all tasks saw. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Books(Arc<Mutex<State>>);

impl Books {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn tuple(&self, task: (usize, usize), tuple: &Timed) {
        let mut state = self.state();
        let seen = state.tasks.entry(task).or_default();
        let passed = seen.watermark.filter(|watermark| tuple.at < *watermark);
        seen.checked += u64::from(tuple.on_time && seen.watermark.is_some());
        seen.late += u64::from(passed.is_some());
        if let (Some(watermark), true) = (passed, tuple.on_time) {
            state.complaints.push(format!("{task:?}: {tuple:?} behind {watermark}"));
        }
    }

    /// A watermark is told once to each life.
    fn watermark(&self, task: (usize, usize), before: Option<Timestamp>, watermark: Timestamp) {
        let mut state = self.state();
        let seen = state.tasks.entry(task).or_default();
        seen.ends += u32::from(watermark == Timestamp::MAX);
        let grows = before.is_none_or(|before| watermark > before);
        let stays = seen.watermark.is_none_or(|last| watermark >= last);
        let last = seen.watermark.replace(watermark);
        if !grows || !stays || seen.cleanups > 0 {
            state.complaints.push(format!("{task:?}: {watermark} after {before:?} and {last:?}"));
        }
    }

    pub(super) fn check(&self, plan: &impl Debug) {
        assert_eq!(self.state().complaints, Vec::<String>::new(), "{plan:?}");
    }

    pub(super) fn with_task<R>(&self, bolt: usize, task: usize, read: impl FnOnce(&Seen) -> R) -> R {
        read(self.state().tasks.entry((bolt, task)).or_default())
    }
}

/// Hands on what it gets, and has mishaps.
pub(super) struct Witness {
    books: Books,
    bolt: usize,
    task: usize,
    /// Of a thousand calls.
    mishaps: u64,
    random: Random,
    clock: Clock,
    /// What this life was told.
    told: Option<Timestamp>,
}

impl Witness {
    pub(super) fn new(books: &Books, bolt: usize, mishaps: u64, seed: u64) -> Self {
        let mut state = books.state();
        state.lives += 1;
        let random = Random::new(seed.wrapping_add(state.lives << 32));
        let (books, clock) = (books.clone(), Clock::system());
        Self { books, bolt, task: 0, mishaps, random, clock, told: None }
    }

    async fn strike(&mut self) -> Result<(), BoltError> {
        if self.random.percent(10) {
            self.clock.sleep(Duration::from_millis(self.random.below(10))).await;
        }
        let roll = self.random.below(1_000);
        assert!(roll >= self.mishaps / 4, "a panic by chance");
        match roll {
            roll if roll < self.mishaps / 2 => Err(BoltError::restart("broken by chance")),
            roll if roll < self.mishaps => Err(BoltError::retry("an error by chance")),
            _ => Ok(()),
        }
    }

    async fn work(&mut self, tuple: &Timed, out: &mut Emitter<Timed>) -> Result<(), BoltError> {
        self.books.tuple((self.bolt, self.task), tuple);
        self.strike().await?;
        if self.random.percent(50) {
            out.emit(*tuple);
        } else {
            out.send(*tuple).await;
        }
        self.strike().await
    }

    async fn hear(&mut self, watermark: Timestamp) -> Result<(), BoltError> {
        self.books.watermark((self.bolt, self.task), self.told, watermark);
        self.told = Some(watermark);
        // The end is told once: nobody fails then.
        if watermark == Timestamp::MAX { Ok(()) } else { self.strike().await }
    }
}

impl Bolt<Timed> for Witness {
    type Out = Emitter<Timed>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        (self.task, self.clock) = (context.task, context.clock.clone());
        Ok(())
    }

    async fn execute(&mut self, tuple: &Timed, out: &mut Self::Out) -> Result<(), BoltError> {
        self.work(tuple, out).await
    }

    async fn on_watermark(&mut self, watermark: Timestamp, _: &mut Self::Out) -> Result<(), BoltError> {
        self.hear(watermark).await
    }

    async fn cleanup(&mut self, _: &mut Self::Out) -> Result<(), BoltError> {
        self.books.state().tasks.entry((self.bolt, self.task)).or_default().cleanups += 1;
        Ok(())
    }
}

/// A witness of a direct stream.
pub(super) struct Desk(pub(super) Witness);

impl Bolt<Directed<Timed>> for Desk {
    type Out = Emitter<Timed>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0.prepare(context).await
    }

    async fn execute(&mut self, tuple: &Directed<Timed>, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.work(tuple, out).await
    }

    async fn on_watermark(&mut self, watermark: Timestamp, _: &mut Self::Out) -> Result<(), BoltError> {
        self.0.hear(watermark).await
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0.cleanup(out).await
    }
}
