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
    fn new(counters: Counters) -> Self {
        Self {
            counters,
            put: DelayHistogram::default(),
            take: DelayHistogram::default(),
            started: Moment::default(),
            stopped: Moment::default(),
        }
    }

    fn put_failed(&self, kind: PutErrorKind) {
        if matches!(kind, PutErrorKind::Storage | PutErrorKind::Commit) {
            self.counters.add(Counter::EventPutError, 1);
        }
    }
}

impl<T: Send + 'static> CountedChannel<T> {
    /// Counts in `counters`, too.
    pub(crate) fn new(channel: Arc<dyn Channel<T>>, clock: Clock, counters: Counters) -> Self {
        let tally = ChannelTally::new(counters);
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
            Ok(put) => {
                let (tally, is_durable) = (self.tally.clone(), self.channel.is_durable());
                Ok(Box::new(CountedPut { put, time, events: 0, tally, is_durable }))
            }
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

    async fn settle(&self) {
        self.channel.settle().await;
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
    is_durable: bool,
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
        let Self { put, time, events, tally, .. } = *self;
        let outcome = put.commit(token).await;
        ended(&tally, time, events, outcome.is_ok());
        outcome
    }

    async fn submit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let Self { put, time, events, tally, is_durable } = *self;
        if is_durable && token.is_tracked() {
            // It succeeds when it is on disk, not before.
            let settled = Token::new(move |outcome| {
                ended(&tally, time, events, outcome.is_ok());
                match outcome {
                    Ok(()) => token.ack(),
                    Err(error) => token.fail(error),
                }
            });
            return put.submit(settled).await;
        }
        let outcome = put.submit(token).await;
        ended(&tally, time, events, outcome.is_ok());
        outcome
    }
}

fn ended(tally: &ChannelTally, time: Stopwatch, events: u64, is_done: bool) {
    if is_done {
        tally.counters.add(Counter::EventPutSuccess, events);
        tally.put.record(time.elapsed());
    } else {
        tally.put_failed(PutErrorKind::Commit);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Keeps the tokens of what was submitted.
    #[derive(Default, Clone)]
    struct Slow(Arc<std::sync::Mutex<Vec<Token>>>);

    #[async_trait]
    impl PutTransaction<u8> for Slow {
        async fn put(&mut self, _events: Vec<u8>) -> Result<(), PutError<Vec<u8>>> {
            Ok(())
        }

        async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
            self.0.lock().unwrap().push(token);
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_put_into_a_durable_channel_succeeds_when_it_is_on_disk() {
        for is_durable in [true, false] {
            let tally = Arc::new(ChannelTally::new(Counters::default()));
            let (disk, settled) = (Slow::default(), Arc::new(AtomicBool::new(false)));
            let put = Box::new(disk.clone());
            let time = Clock::system().stopwatch();
            let mut put = Box::new(CountedPut { put, time, events: 0, tally: tally.clone(), is_durable });
            put.put(vec![1, 2, 3]).await.unwrap();
            let told = Arc::clone(&settled);
            put.submit(Token::new(move |_| told.store(true, Ordering::SeqCst))).await.unwrap();
            let counted = || tally.counters.get(Counter::EventPutSuccess);
            assert_eq!(counted(), if is_durable { 0 } else { 3 });
            disk.0.lock().unwrap().drain(..).for_each(Token::ack);
            assert_eq!((counted(), settled.load(Ordering::SeqCst)), (3, true));
        }
    }
}
