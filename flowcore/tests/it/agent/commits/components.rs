//! A source that puts its own numbers, and a sink that asks the ledger about what it sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use flowcore::base::Token;
use flowcore::ingest::{Batch, ChannelWriter, Sink, SinkError, Source, SourceError};

use super::chance::Chance;
use super::ledger::Ledger;
use crate::agent::parts::{Number, sleep};

/// Puts numbers that nobody has put, until it is to stop. All lives of one source share `next`.
#[derive(Clone)]
pub(super) struct Numbers {
    pub(super) next: Arc<AtomicU64>,
    pub(super) chance: Chance,
}

impl Numbers {
    /// Its numbers have `source` in their upper half.
    pub(super) fn of(source: u64, chance: &Chance) -> Self {
        Self { next: Arc::new(AtomicU64::new(source << 32)), chance: chance.clone() }
    }
}

#[async_trait]
impl Source<Number> for Numbers {
    async fn run(&mut self, out: &mut ChannelWriter<Number>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let count = 1 + self.chance.below(6);
            let first = self.next.fetch_add(count, Ordering::Relaxed);
            let numbers = (first..first + count).map(Number).collect();
            let token = if self.chance.percent(50) { Token::untracked() } else { Token::new(|_| ()) };
            // What is refused is not put again: nobody may ever see it.
            let _ = out.put(Batch::new(numbers, token)).await;
            sleep(self.chance.millis(8)).await;
        }
        Ok(())
    }
}

/// Late now and then, and now and then it fails before or after the events have gone out.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) ledger: Ledger,
    pub(super) chance: Chance,
}

#[async_trait]
impl Sink<Number> for Asking {
    async fn deliver(&mut self, events: &[Number]) -> Result<(), SinkError> {
        let numbers: Vec<u64> = events.iter().map(|number| number.0).collect();
        self.ledger.sees(&numbers);
        sleep(self.chance.dawdle()).await;
        if self.chance.fails() {
            return Err(SinkError::retry("out of milk"));
        }
        self.ledger.delivered(&numbers);
        if self.chance.fails() { Err(SinkError::retry("the answer is lost")) } else { Ok(()) }
    }
}
