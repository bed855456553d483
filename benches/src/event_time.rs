//! Event time: readings of many keys, somewhat out of order, are counted by key in windows of a second. Beside it a
//! hand-written loop over hash maps, on as many threads, which needs no exchange: each thread makes the readings of
//! its own keys.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowcore::base::{TaskEnd, TaskSet, Timestamp, blocking};
use flowcore::process::time::EventTime;
use flowcore::process::window::{EventWindowResult, WindowSpec};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TaskContext, TopologyBuilder,
};

use crate::order::shuffled;
use crate::word_count::Counts;
use crate::{Failure, check};

/// How many keys there are.
pub const KEYS: u64 = 100_000;
/// A whole second.
const START: i64 = 1_411_905_600_000;
/// Readings in a millisecond of their time.
const PER_MILLI: u64 = 1_000;
/// Milliseconds by which a reading may be behind those before it.
const DISORDER: u64 = 500;
/// Milliseconds.
const WINDOW: i64 = 1_000;
/// Readings between two looks at which windows have ended.
const STEP: u64 = 1_024;

/// Something that was measured.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Of what.
    pub key: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// The reading of this number, the same each time.
pub fn reading(number: u64) -> Reading {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let behind = (mixed * DISORDER) >> 32;
    let at = START + (number / PER_MILLI).saturating_sub(behind).cast_signed();
    Reading { key: shuffled(number, KEYS), at }
}

/// What all results add up to: who counts a reading in another window or for another key has another sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// Readings that were counted.
    pub readings: u64,
    /// A mark for each of them that says its window and its key.
    pub marks: u64,
}

impl Total {
    /// One more result: `count` readings of `key` in the window that starts at `start`.
    pub fn add(&mut self, start: i64, key: u64, count: u64) {
        let mark = (start.cast_unsigned() ^ key.rotate_left(40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.readings += count;
        self.marks = self.marks.wrapping_add((mark >> 16).wrapping_mul(count));
    }

    fn add_all(&mut self, start: i64, counts: &Counts<u64>) {
        for (key, count) in counts {
            self.add(start, *key, *count);
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let marks = self.marks.wrapping_add(other.marks);
        Self { readings: self.readings + other.readings, marks }
    }

    /// Of the first `readings` readings.
    pub fn of(readings: u64) -> Self {
        let mut total = Self::default();
        for Reading { key, at } in (0..readings).map(reading) {
            total.add(at - at % WINDOW, key, 1);
        }
        total
    }

    /// # Errors
    /// When it is another one than `found`.
    pub fn check(self, found: Self) -> Result<(), Failure> {
        check("readings", self.readings, found.readings)?;
        check("marks", self.marks, found.marks)?;
        Ok(())
    }
}

struct Readings {
    at: u64,
    step: u64,
    end: u64,
}

impl Spout for Readings {
    type Out = Emitter<Reading>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        (self.at, self.step) = (context.task as u64, context.parallelism as u64);
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.at + STEP * self.step).min(self.end);
        while self.at < end {
            out.emit(reading(self.at));
            self.at += self.step;
        }
        Ok(if self.at >= self.end { Next::End } else { Next::More })
    }
}

struct AddUp {
    own: Total,
    total: Arc<Mutex<Total>>,
}

impl Bolt<EventWindowResult<u64, u64>> for AddUp {
    type Out = NoOutput;

    async fn execute(
        &mut self,
        result: &EventWindowResult<u64, u64>,
        _out: &mut NoOutput,
    ) -> Result<(), BoltError> {
        if result.window.cut_short {
            return Err(BoltError::fatal("a window was closed by something else than the watermark"));
        }
        self.own.add(result.window.start.as_millis(), result.key, result.contents);
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        *total = total.and(self.own);
        Ok(())
    }
}

/// Counts `readings` readings in a topology with `tasks` tasks of each component.
///
/// # Errors
/// When the topology fails, or counts wrongly.
pub async fn topology(readings: u64, tasks: usize, expected: Total) -> Result<(), Failure> {
    let total = Arc::new(Mutex::new(Total::default()));
    let into = Arc::clone(&total);
    let mut topology = TopologyBuilder::new("readings");
    let at = EventTime::of(|reading: &Reading| Timestamp::from_millis(reading.at));
    let stream = topology
        .spout("readings", move || Readings { at: 0, step: 1, end: readings })
        .parallelism(tasks)
        .event_time(at.lag(Duration::from_millis(DISORDER)));
    let seconds = WindowSpec::tumbling(Duration::from_millis(WINDOW.unsigned_abs()))?;
    let counts = stream.key_by(|reading| reading.key).window("count", seconds).count();
    let counts = counts.parallelism(tasks).ignore_late();
    topology
        .bolt("add up", move || AddUp { own: Total::default(), total: Arc::clone(&into) })
        .shuffle(counts.results())
        .parallelism(tasks);
    let report = topology.build()?.run().await?;
    check("acknowledged readings", readings, report.snapshot.component("readings").acked)?;
    let found = *total.lock().unwrap_or_else(PoisonError::into_inner);
    expected.check(found)
}

/// Counts `readings` readings by hand, on `threads` threads: 1, 2, 4 or 8, so that each has keys of its own.
///
/// # Errors
/// When it counts wrongly.
pub async fn by_hand(readings: u64, threads: usize, expected: Total) -> Result<(), Failure> {
    let mut set = TaskSet::new();
    for thread in 0..threads as u64 {
        set.spawn("loop", blocking(move || count(readings, thread, threads)));
    }
    let mut total = Total::default();
    while let Some((_, end)) = set.next().await {
        if let TaskEnd::Done(Ok(own)) = end {
            total = total.and(own);
        }
    }
    expected.check(total)
}

fn count(readings: u64, thread: u64, threads: usize) -> Total {
    let mut total = Total::default();
    let mut open: VecDeque<(i64, Counts<u64>)> = VecDeque::new();
    let (mut latest, mut since) = (0, 0);
    for Reading { key, at } in (thread..readings).step_by(threads).map(reading) {
        let start = at - at % WINDOW;
        let at_or_before = open.partition_point(|(other, _)| *other < start);
        if open.get(at_or_before).is_none_or(|(other, _)| *other != start) {
            open.insert(at_or_before, (start, Counts::default()));
        }
        *open[at_or_before].1.entry(key).or_insert(0) += 1;
        (latest, since) = (at.max(latest), since + 1);
        if since == STEP {
            since = 0;
            let watermark = latest - DISORDER.cast_signed();
            while let Some((start, counts)) = open.pop_front_if(|(start, _)| *start + WINDOW <= watermark) {
                total.add_all(start, &counts);
            }
        }
    }
    for (start, counts) in open {
        total.add_all(start, &counts);
    }
    total
}
