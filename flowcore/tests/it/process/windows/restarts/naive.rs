//! Windows that keep every tuple, beside real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use flowcore::base::Timestamp;
use flowcore::process::observe::OpenWindows;
use flowcore::process::window::{Collecting, EventWindowBolt, EventWindowResult, Late};
use flowcore::process::{Bolt, BoltError, Emitter, TaskContext};
use flowcore_testkit::Random;

use super::{Order, at};

/// Start of a window, key, and the tuples in it.
pub(super) type Given = (i64, u8, Vec<u64>);

/// Start and end of a window that is open, its tuples and its keys.
pub(super) type Open = (i64, i64, u64, u64);

/// One life of a window bolt: all its tuples, and the watermark when they came.
#[derive(Debug, Default)]
struct Life(Vec<(Order, i64)>);

#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    pub(super) size: i64,
    pub(super) slide: i64,
}

impl Grid {
    /// The windows that a tuple was put in.
    fn windows(self, order: &Order, came_at: i64) -> impl Iterator<Item = i64> {
        let at = at(order.at).as_millis();
        let last = at.div_euclid(self.slide) * self.slide;
        let starts =
            (0..).map(move |n| last - n * self.slide).take_while(move |start| at < start + self.size);
        starts.filter(move |start| start + self.size > came_at)
    }
}

impl Life {
    /// What each window that ends behind `from`, and not behind `to`, holds of each key.
    fn contents(&self, grid: Grid, from: i64, to: i64) -> BTreeMap<(i64, u8), Vec<u64>> {
        let mut contents: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        for (order, came_at) in &self.0 {
            for start in grid.windows(order, *came_at) {
                if start + grid.size > from && start + grid.size <= to {
                    contents.entry((start, order.key)).or_default().push(order.id);
                }
            }
        }
        contents
    }

    fn open(&self, grid: Grid, watermark: i64) -> Vec<Open> {
        let mut open: BTreeMap<i64, (u64, BTreeSet<u8>)> = BTreeMap::new();
        for ((start, key), ids) in self.contents(grid, watermark, i64::MAX) {
            let (tuples, keys) = open.entry(start).or_default();
            *tuples += ids.len() as u64;
            keys.insert(key);
        }
        let told = |(start, (tuples, keys)): (i64, (u64, BTreeSet<u8>))| {
            (start, start + grid.size, tuples, keys.len() as u64)
        };
        open.into_iter().map(told).collect()
    }
}

/// What the model knows of a task.
#[derive(Debug, Default)]
pub(super) struct Task {
    /// It outlives the bolt.
    pub(super) watermark: Option<Timestamp>,
    /// None while there is no bolt.
    life: Option<Life>,
    /// What should have been told since it was asked.
    pub(super) told: Vec<Vec<Open>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) tasks: BTreeMap<usize, Task>,
    pub(super) expected: Vec<Given>,
    pub(super) late: Vec<u64>,
    lives: u64,
    /// How often something may still go wrong in this round.
    pub(super) mishaps_left: u32,
}

/// Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Books(Arc<Mutex<State>>);

impl Books {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

#[derive(PartialEq)]
enum Mishap {
    None,
    Error,
    Panic,
}

type Real = EventWindowBolt<Order, u8, Collecting>;

/// A window bolt that fails by chance, and the model of it.
pub(super) struct Watched {
    real: Real,
    grid: Grid,
    books: Books,
    task: usize,
    /// Of a hundred calls.
    mishaps: u64,
    random: Random,
}

impl Watched {
    pub(super) fn new(real: Real, grid: Grid, books: &Books, mishaps: u64, seed: u64) -> Self {
        books.state().lives += 1;
        let random = Random::new(seed.wrapping_add(books.state().lives << 32));
        Self { real, grid, books: books.clone(), task: 0, mishaps, random }
    }

    fn with<R>(&self, act: impl FnOnce(&mut Task) -> R) -> R {
        act(self.books.state().tasks.entry(self.task).or_default())
    }

    fn strike(&mut self) -> Mishap {
        let roll = self.random.below(100);
        let left = self.books.state().mishaps_left;
        if roll >= self.mishaps || left == 0 {
            return Mishap::None;
        }
        self.books.state().mishaps_left -= 1;
        if roll < self.mishaps / 2 { Mishap::Panic } else { Mishap::Error }
    }
}

impl Bolt<Order> for Watched {
    type Out = (Emitter<EventWindowResult<u8, Vec<Order>>>, Emitter<Late<Order>>);

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.task = context.task;
        self.with(|task| task.life = Some(Life::default()));
        self.real.prepare(context).await
    }

    async fn execute(&mut self, order: &Order, out: &mut Self::Out) -> Result<(), BoltError> {
        match self.strike() {
            Mishap::Panic => panic!("a panic by chance"),
            Mishap::Error => return Err(BoltError::retry("an error by chance")),
            Mishap::None => {}
        }
        let grid = self.grid;
        let is_late = self.with(|task| {
            let came_at = task.watermark.map_or(i64::MIN, Timestamp::as_millis);
            let is_late = grid.windows(order, came_at).next().is_none();
            task.life.as_mut().unwrap().0.push((order.clone(), came_at));
            is_late
        });
        if is_late {
            self.books.state().late.push(order.id);
        }
        self.real.execute(order, out).await
    }

    async fn on_watermark(&mut self, watermark: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        let before = self.with(|task| task.watermark.replace(watermark));
        assert!(self.strike() == Mishap::None, "a panic by chance");
        let from = before.map_or(i64::MIN, Timestamp::as_millis);
        let grid = self.grid;
        let due = self.with(|task| task.life.as_ref().unwrap().contents(grid, from, watermark.as_millis()));
        self.books.state().expected.extend(due.into_iter().map(|((start, key), ids)| (start, key, ids)));
        self.real.on_watermark(watermark, out).await
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        let grid = self.grid;
        self.with(|task| {
            let watermark = task.watermark.map_or(i64::MIN, Timestamp::as_millis);
            let open = task.life.as_ref().map(|life| life.open(grid, watermark));
            task.told.extend(open);
        });
        self.real.open_windows(windows);
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.real.cleanup(out).await
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.with(|task| task.life = None);
    }
}
