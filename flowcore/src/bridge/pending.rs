use std::collections::VecDeque;
use std::time::Duration;

use crate::base::{Backoff, Clock, Timestamp, TokenSet};
use crate::process::Outputs;

/// Tuples that a bolt keeps until it has a batch of them, or until the oldest has waited long enough. While
/// nothing can be delivered, the rest of what it was sent waits in batches behind the first one.
#[derive(Debug)]
pub(super) struct Pending<T> {
    batches: VecDeque<Gathered<T>>,
    due: Option<Timestamp>,
    batch: usize,
    linger: Duration,
    pause: Backoff,
}

/// At most a batch, and what it owes.
#[derive(Debug)]
pub(super) struct Gathered<T> {
    pub(super) items: Vec<T>,
    pub(super) tokens: TokenSet,
}

impl<T> Pending<T> {
    pub(super) fn new(batch: usize, linger: Duration) -> Self {
        Self {
            batches: VecDeque::new(),
            due: None,
            batch: batch.max(1),
            linger,
            pause: Backoff::new(Duration::from_millis(50), Duration::from_secs(5)),
        }
    }

    /// Returns whether the batch is complete.
    pub(super) fn add(&mut self, item: T, out: &mut impl Outputs) -> bool {
        if self.batches.back().is_none_or(|last| last.items.len() >= self.batch) {
            self.batches.push_back(Gathered { items: Vec::new(), tokens: TokenSet::default() });
        }
        if let Some(last) = self.batches.back_mut() {
            last.items.push(item);
            out.keep_in(&mut last.tokens);
        }
        if self.due.is_none() {
            self.due = Some(out.now() + self.linger);
        }
        self.is_full() && self.pause.attempts() == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.batches.front().is_some_and(|first| first.items.len() >= self.batch)
    }

    pub(super) fn len(&self) -> usize {
        self.batches.iter().map(|batch| batch.items.len()).sum()
    }

    /// The batch to deliver next.
    pub(super) fn first(&mut self) -> Option<&mut Gathered<T>> {
        self.batches.front_mut()
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// The first batch is where it belongs. Returns what it owed.
    pub(super) fn delivered(&mut self) -> TokenSet {
        self.pause.reset();
        let tokens = self.batches.pop_front().map(|batch| batch.tokens).unwrap_or_default();
        if self.batches.is_empty() {
            self.due = None;
        }
        tokens
    }

    /// It is not: try again after a pause.
    pub(super) fn postpone(&mut self, now: Timestamp) {
        self.due = Some(now + self.pause.next_delay());
    }

    /// At the end, when nobody calls again: waits until it is time to try what is left.
    pub(super) async fn pause(&self, clock: &Clock) {
        let due = self.due.unwrap_or(Timestamp::MIN);
        clock.sleep(due.since(clock.now())).await;
    }
}
