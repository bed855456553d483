use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::event_time::TimestampOf;
use super::generator::{Generator, Known};
use crate::base::{Panic, Timestamp};
use crate::process::Tuple;
use crate::process::tuple::TupleBatch;

/// Shows the timestamps of a batch to a generator. One virtual call a batch, none a tuple.
pub(crate) trait Observer<T: Tuple + ?Sized>: Send {
    /// From the tuple `at` on, to the end of the batch. `at` moves on behind each tuple that was shown.
    fn show(&mut self, batch: &T::Batch, at: &mut usize, generator: &mut Generator);

    /// The partition of a slot of the generator.
    fn partition(&self, slot: usize) -> Option<String>;
}

/// Tuples whose timestamp or partition could not be read, because the user's function panicked.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub(crate) tuples: u64,
    pub(crate) first: Option<Panic>,
}

impl<T: Tuple + ?Sized> dyn Observer<T> {
    /// Shows a whole batch. A function that panics spoils its tuple alone.
    pub(crate) fn show_all(&mut self, batch: &T::Batch, generator: &mut Generator) -> Unread {
        let (mut at, mut unread) = (0, Unread::default());
        loop {
            let shown = catch_unwind(AssertUnwindSafe(|| self.show(batch, &mut at, generator)));
            let Err(payload) = shown else { return unread };
            unread.tuples += 1;
            unread.first.get_or_insert_with(|| Panic::from_payload(&*payload));
            at += 1;
        }
    }
}

/// All tuples are in one order.
pub(super) struct Single<F>(pub(super) Arc<F>);

impl<T, F> Observer<T> for Single<F>
where
    T: Tuple + ?Sized,
    F: Fn(&T) -> Timestamp + Send + Sync,
{
    fn show(&mut self, batch: &T::Batch, at: &mut usize, generator: &mut Generator) {
        let mut known = Known::NOTHING;
        while let Some(tuple) = batch.get(*at) {
            let timestamp = (self.0)(tuple);
            if !known.has(timestamp) {
                generator.observe(0, timestamp);
                known = generator.known(0);
            }
            *at += 1;
        }
    }

    fn partition(&self, _slot: usize) -> Option<String> {
        None
    }
}

/// Tuples are in order within their partition.
pub(super) struct Partitioned<T: Tuple + ?Sized, P, F> {
    timestamp: TimestampOf<T>,
    partition: Arc<F>,
    slots: HashMap<P, usize>,
}

impl<T: Tuple + ?Sized, P, F> Partitioned<T, P, F> {
    /// Partitions that are told apart. What comes after them has one slot more.
    const MOST: usize = 1_024;

    pub(super) fn new(timestamp: TimestampOf<T>, partition: Arc<F>) -> Self {
        Self { timestamp, partition, slots: HashMap::new() }
    }
}

impl<T, P, F> Partitioned<T, P, F>
where
    T: Tuple + ?Sized,
    P: Hash + Eq,
    F: Fn(&T) -> P,
{
    fn slot_of(&mut self, tuple: &T) -> usize {
        let partition = (self.partition)(tuple);
        if let Some(&slot) = self.slots.get(&partition) {
            return slot;
        }
        let slot = self.slots.len();
        if slot < Self::MOST {
            self.slots.insert(partition, slot);
        }
        slot
    }
}

impl<T, P, F> Observer<T> for Partitioned<T, P, F>
where
    T: Tuple + ?Sized,
    P: Hash + Eq + Display + Send,
    F: Fn(&T) -> P + Send + Sync,
{
    fn show(&mut self, batch: &T::Batch, at: &mut usize, generator: &mut Generator) {
        while let Some(tuple) = batch.get(*at) {
            let timestamp = (self.timestamp)(tuple);
            generator.observe(self.slot_of(tuple), timestamp);
            *at += 1;
        }
    }

    fn partition(&self, slot: usize) -> Option<String> {
        if slot >= Self::MOST {
            return Some("all others".to_owned());
        }
        self.slots.iter().find(|(_, at)| **at == slot).map(|(partition, _)| partition.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flowcore_testkit::Random;

    use super::super::event_time::Pace;
    use super::*;

    const PACE: Pace = Pace {
        lag: Duration::from_millis(20),
        idle_after: Duration::from_millis(5),
        max_ahead: Duration::from_millis(200),
    };

    #[test]
    fn what_is_known_and_left_out_changes_nothing() {
        let mut left_out = 0;
        for seed in 0..300 {
            println!("seed {seed}");
            let mut random = Random::new(seed);
            let mut single = Single(Arc::new(|at: &i64| Timestamp::from_millis(*at)));
            let [mut some, mut all] = [(); 2].map(|()| Generator::new(PACE, Timestamp::from_millis(0)));
            let (mut now, mut front) = (0, -300);
            for _ in 0..30 {
                now += i64::try_from(random.below(4)).unwrap();
                let clock = Timestamp::from_millis(if random.percent(10) { -300 } else { 0 });
                for generator in [&mut some, &mut all] {
                    generator.begin(Timestamp::from_millis(now), clock);
                }
                front += i64::try_from(random.below(40)).unwrap();
                let far = if random.percent(10) { 900 } else { 60 };
                let tuples = usize::try_from(random.below(200)).unwrap();
                let batch: Vec<i64> = std::iter::repeat_with(|| {
                    let ahead = if random.percent(1) { 500 } else { 0 };
                    front + ahead - i64::try_from(random.below(far)).unwrap()
                })
                .take(tuples)
                .collect();
                single.show(&batch, &mut 0, &mut some);
                for at in batch.iter().map(|at| Timestamp::from_millis(*at)) {
                    left_out += u32::from(all.known(0).has(at));
                    all.observe(0, at);
                }
                assert_eq!(format!("{some:?}"), format!("{all:?}"));
                let hold = random.percent(20).then(|| Timestamp::from_millis(front - 50));
                let [some, all] =
                    [&mut some, &mut all].map(|generator| generator.say(Timestamp::from_millis(now), hold));
                assert_eq!(some, all);
            }
        }
        assert!(left_out > 100_000, "{left_out}");
    }
}
