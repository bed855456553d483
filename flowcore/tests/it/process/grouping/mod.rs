//! Groupings in whole topologies, with failures, replays and slow tasks.

mod combine;
mod errors;
mod load;
mod replays;

use flowcore::process::{Bolt, BoltError, NoOutput, TaskContext, Tuple};
use flowcore_testkit::{Random, Recorder};

/// Which task saw which tuple, at every attempt.
type Seen = Recorder<(usize, u64)>;

/// Records its task beside each tuple. Some calls fail, and a few of those panic.
struct Work {
    seen: Seen,
    random: Random,
    /// How many of a hundred calls fail.
    fails: u64,
    task: usize,
}

impl Work {
    fn new(record: &Seen, fails: u64, seed: u64) -> Self {
        // Each life has numbers of its own.
        let random = Random::new(seed ^ record.len() as u64);
        Self { seen: record.clone(), random, fails, task: 0 }
    }
}

/// What can be recorded as a number.
trait Number: Tuple {
    fn number(&self) -> u64;
}

impl Number for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

impl Number for str {
    fn number(&self) -> u64 {
        self.parse().unwrap()
    }
}

impl Number for flowcore::process::Directed<u64> {
    fn number(&self) -> u64 {
        **self
    }
}

impl<T: Number + ?Sized> Bolt<T> for Work {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.task = context.task;
        Ok(())
    }

    async fn execute(&mut self, tuple: &T, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.seen.push((self.task, tuple.number()));
        let roll = self.random.below(100);
        assert!(roll >= self.fails / 10, "a panic by chance");
        if roll < self.fails { Err(BoltError::retry("an error by chance")) } else { Ok(()) }
    }
}

/// How many tuples each of `tasks` saw.
fn counts(seen: &Seen, tasks: usize) -> Vec<usize> {
    let mut counts = vec![0; tasks];
    seen.items().iter().for_each(|(task, _)| counts[*task] += 1);
    counts
}
