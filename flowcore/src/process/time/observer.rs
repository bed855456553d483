use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::event_time::TimestampOf;
use super::generator::Generator;
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
        while let Some(tuple) = batch.get(*at) {
            generator.observe(0, (self.0)(tuple));
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
