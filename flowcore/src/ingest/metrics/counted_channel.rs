use std::sync::Arc;

use async_trait::async_trait;

use super::{Counter, Counters, DelayHistogram, Moment};
use crate::base::{Clock, Stopwatch, Token};
use crate::ingest::channel::ChannelHealth;
use crate::ingest::{
    Batch, Channel, ChannelError, ChannelState, PutError, PutErrorKind, PutTransaction, Take, TakeTransaction,
};

/// A channel whose puts and takes are counted, by transaction.
pub(crate) struct CountedChannel<T: Send + 'static> {
    channel: Arc<dyn Channel<T>>,
    clock: Clock,
    tally: Arc<ChannelTally>,
}

/// What was counted.
#[derive(Debug)]
pub(crate) struct ChannelTally {
    pub(crate) counters: Counters,
    /// From the begin of a put to its commit.
    pub(crate) put: DelayHistogram,
    /// From a take to its end.
    pub(crate) take: DelayHistogram,
    pub(crate) started: Moment,
    pub(crate) stopped: Moment,
}

impl ChannelTally {
    fn put_failed(&self, kind: PutErrorKind) {
        if matches!(kind, PutErrorKind::Storage | PutErrorKind::Commit) {
            self.counters.add(Counter::EventPutError, 1);
        }
    }
}

impl<T: Send + 'static> CountedChannel<T> {
    /// Counts in `counters`, too.
    pub(crate) fn new(channel: Arc<dyn Channel<T>>, clock: Clock, counters: Counters) -> Self {
        let tally = ChannelTally {
            counters,
            put: DelayHistogram::default(),
            take: DelayHistogram::default(),
            started: Moment::default(),
            stopped: Moment::default(),
        };
        tally.started.set(clock.now());
        Self { channel, clock, tally: Arc::new(tally) }
    }

    pub(crate) fn tally(&self) -> &Arc<ChannelTally> {
        &self.tally
    }
}

#[async_trait]
impl<T: Send + 'static> Channel<T> for CountedChannel<T> {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError> {
        let time = self.clock.stopwatch();
        match self.channel.begin_put().await {
            Ok(put) => Ok(Box::new(CountedPut { put, time, events: 0, tally: self.tally.clone() })),
            Err(error) => {
                if let ChannelError::Storage { .. } = error {
                    self.tally.put_failed(PutErrorKind::Storage);
                }
                Err(error)
            }
        }
    }

    async fn take(&self, max: usize) -> Result<Take<T>, ChannelError> {
        match self.channel.take(max).await {
            Ok(take) => {
                let events = take.events().len() as u64;
                self.tally.counters.add(Counter::EventTakeAttempt, events);
                let (time, tally) = (self.clock.stopwatch(), self.tally.clone());
                Ok(take.within(|transaction| Box::new(CountedTake { transaction, time, events, tally })))
            }
            Err(error) => {
                if let ChannelError::Storage { .. } = error {
                    self.tally.counters.add(Counter::EventTakeError, 1);
                }
                Err(error)
            }
        }
    }

    fn close(&self) {
        self.channel.close();
        self.tally.stopped.set(self.clock.now());
    }

    fn state(&self) -> ChannelState {
        self.channel.state()
    }

    fn is_durable(&self) -> bool {
        self.channel.is_durable()
    }

    fn health(&self) -> Option<ChannelHealth> {
        self.channel.health()
    }
}

struct CountedPut<T: Send + 'static> {
    put: Box<dyn PutTransaction<T>>,
    time: Stopwatch,
    events: u64,
    tally: Arc<ChannelTally>,
}

#[async_trait]
impl<T: Send + 'static> PutTransaction<T> for CountedPut<T> {
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        let count = events.len() as u64;
        self.tally.counters.add(Counter::EventPutAttempt, count);
        let put = self.put.put(events).await;
        match &put {
            Ok(()) => self.events += count,
            Err(error) => self.tally.put_failed(error.kind),
        }
        put
    }

    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let Self { put, time, events, tally } = *self;
        let outcome = put.commit(token).await;
        ended(&tally, time, events, &outcome);
        outcome
    }

    async fn submit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let Self { put, time, events, tally } = *self;
        let outcome = put.submit(token).await;
        ended(&tally, time, events, &outcome);
        outcome
    }
}

fn ended(tally: &ChannelTally, time: Stopwatch, events: u64, outcome: &Result<(), ChannelError>) {
    match outcome {
        Ok(()) => {
            tally.counters.add(Counter::EventPutSuccess, events);
            tally.put.record(time.elapsed());
        }
        Err(_) => tally.put_failed(PutErrorKind::Commit),
    }
}

struct CountedTake<T: Send + 'static> {
    transaction: Box<dyn TakeTransaction<T>>,
    time: Stopwatch,
    events: u64,
    tally: Arc<ChannelTally>,
}

#[async_trait]
impl<T: Send + 'static> TakeTransaction<T> for CountedTake<T> {
    async fn commit(self: Box<Self>) -> Result<(), ChannelError> {
        let Self { transaction, time, events, tally } = *self;
        let outcome = transaction.commit().await;
        let counter = if outcome.is_ok() { Counter::EventTakeSuccess } else { Counter::EventTakeError };
        tally.counters.add(counter, if outcome.is_ok() { events } else { 1 });
        tally.take.record(time.elapsed());
        outcome
    }

    fn rollback(self: Box<Self>, events: Vec<T>) {
        self.tally.take.record(self.time.elapsed());
        self.transaction.rollback(events);
    }

    /// Who gets them has them: their tokens are another matter.
    fn hand_over(self: Box<Self>, events: Vec<T>) -> Vec<Batch<T>> {
        self.tally.counters.add(Counter::EventTakeSuccess, self.events);
        self.tally.take.record(self.time.elapsed());
        self.transaction.hand_over(events)
    }
}
