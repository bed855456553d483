use std::time::Duration;

use crate::base::{Backoff, Timestamp, TokenSet};
use crate::process::Outputs;

/// Tuples that a bolt keeps until it has a batch of them, or until the oldest has waited long enough.
#[derive(Debug)]
pub(super) struct Pending<T> {
    pub(super) items: Vec<T>,
    pub(super) tokens: TokenSet,
    due: Option<Timestamp>,
    batch: usize,
    linger: Duration,
    pause: Backoff,
}

impl<T> Pending<T> {
    pub(super) fn new(batch: usize, linger: Duration) -> Self {
        Self {
            items: Vec::new(),
            tokens: TokenSet::default(),
            due: None,
            batch: batch.max(1),
            linger,
            pause: Backoff::new(Duration::from_millis(50), Duration::from_secs(5)),
        }
    }

    /// Returns whether the batch is complete.
    pub(super) fn add(&mut self, item: T, out: &mut impl Outputs) -> bool {
        self.items.push(item);
        out.keep_in(&mut self.tokens);
        if self.due.is_none() {
            self.due = Some(out.now() + self.linger);
        }
        self.is_full() && self.pause.attempts() == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= self.batch
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// The batch is where it belongs.
    pub(super) fn delivered(&mut self) {
        self.items.clear();
        self.due = None;
        self.pause.reset();
    }

    /// It is not: try again after a pause.
    pub(super) fn postpone(&mut self, now: Timestamp) {
        self.due = Some(now + self.pause.next_delay());
    }
}
