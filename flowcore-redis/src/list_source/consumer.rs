use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Backoff, Clock, Receipt, Receipts, Token, random_u64};
use redis::Pipeline;
use tokio::sync::{Mutex, MutexGuard};

use super::keys::Keys;
use super::reader::{Reader, Taken};
use super::renewal::Renewal;
use super::rescue::{self, Suspects};
use super::scripts::{self, RELEASE, RENEW};
use super::settler::{Settled, Settler};
use super::{ListConsumerConfig, ListSource, ListSpout};
use crate::Error;
use crate::connection::Connection;

/// One consumer of a list: what its spout or source and whoever settles its entries have in common.
///
/// A handle: its clones are the same consumer. It takes ownership of its name when the first spout or source
/// of it opens, and gives everything back when the last one closes.
///
/// ```no_run
/// # async fn store(counted: &[bytes::Bytes]) -> Result<(), flowcore_redis::Error> {
/// use flowcore_redis::{ListConsumer, ListConsumerConfig, RedisConfig, Settled};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = ListConsumerConfig::new(redis, "CoffeeOrderQueue", "count-1").settled_elsewhere();
/// let consumer = ListConsumer::new(config);
/// let spout = consumer.spout();
/// // Later, in the bolt that stores what was counted:
/// let settled = consumer.settle_with(counted, "bucket 7", |transaction| {
///     transaction.cmd("HINCRBY").arg("all:20140928120000:Orders").arg("Espresso").arg(3);
/// });
/// assert_eq!(settled.await?, Settled::Now);
/// # drop(spout);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ListConsumer {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: ListConsumerConfig,
    keys: Keys,
    /// Names this instance: who finds another token there has been fenced.
    token: String,
    receipts: Receipts<Taken>,
    /// Receipts that were waited for and are not noted yet: at most one for each spout.
    answered: std::sync::Mutex<Vec<Receipt<Taken>>>,
    reading: Mutex<Reading>,
    settler: Mutex<Settler>,
    renewal: Renewal,
}

#[derive(Debug)]
struct Reading {
    reader: Reader,
    suspects: Suspects,
    /// Spouts and sources that are open.
    open: usize,
}

impl ListConsumer {
    /// Not connected before a spout or source of it opens.
    pub fn new(config: ListConsumerConfig) -> Self {
        let keys = Keys::new(&config.key, &config.consumer);
        let subject = format!("consumer {} of list {}", config.consumer, config.key);
        let token = random_token();
        let connection = Connection::new(&config.redis, subject.clone()).for_ever();
        let reader = Reader::new(connection, &config, &keys, &token);
        let settler =
            Settler::new(Connection::new(&config.redis, subject).for_ever(), keys.clone(), token.clone());
        let reading = Reading { reader, suspects: Suspects::new(config.lease), open: 0 };
        let shared = Shared {
            keys,
            token,
            receipts: Receipts::new(),
            answered: std::sync::Mutex::default(),
            reading: Mutex::new(reading),
            settler: Mutex::new(settler),
            renewal: Renewal::default(),
            config,
        };
        Self { shared: Arc::new(shared) }
    }

    /// A spout of it. When the engine makes the spout anew, another one of the same consumer goes on.
    pub fn spout(&self) -> ListSpout {
        ListSpout::new(self.clone())
    }

    /// A source of it.
    pub fn source(&self) -> ListSource {
        ListSource::new(self.clone())
    }

    /// Removes `entries` from what the consumer has pending, in one transaction with the commands that
    /// `commands` adds. Does nothing of it when another consumer took over.
    ///
    /// When the connection breaks and the answer is lost, it looks under `commit_id` whether the transaction
    /// was applied, and repeats it if not. So `commit_id` must be another one for every transaction of this
    /// consumer, and the same when a call that failed is repeated. Entries with equal bodies are equal: one is
    /// removed for each that is listed.
    ///
    /// Redis does not undo the other commands of a transaction when one of them fails, for example because a
    /// key holds another type: that is an error which does not pass.
    ///
    /// # Errors
    /// [`ErrorKind::Fenced`](crate::ErrorKind::Fenced) when another consumer took over: nothing was changed. An error that
    /// [retries](Error::retries) when the server stayed away for the patience of the configuration.
    pub async fn settle_with(
        &self,
        entries: &[Bytes],
        commit_id: &str,
        commands: impl FnOnce(&mut Pipeline),
    ) -> Result<Settled, Error> {
        let mut transaction = Pipeline::new();
        commands(transaction.atomic());
        let patience = Some(self.shared.config.redis.patience);
        self.shared.settler.lock().await.transact(transaction, entries, commit_id, patience).await
    }

    /// Gives back to the queue what is pending and forgets the consumer. Only needed with
    /// [`ListConsumerConfig::settled_elsewhere`], when everything was settled that will be.
    ///
    /// # Errors
    /// [`ErrorKind::Fenced`](crate::ErrorKind::Fenced) when another consumer took over.
    pub async fn release(&self) -> Result<(), Error> {
        self.shared.renewal.stop();
        let config = &self.shared.config;
        let pipe = scripts::call(RELEASE, &self.shared.keys, &[&config.consumer, &self.shared.token], &[]);
        self.settler().await.connection.run_within(&pipe, Some(config.redis.patience)).await.map(|_| ())
    }

    pub(super) async fn open(&self, clock: &Clock) -> Result<(), Error> {
        let config = &self.shared.config;
        let mut reading = self.shared.reading.lock().await;
        reading.reader.connection.set_clock(clock);
        self.settler().await.connection.set_clock(clock);
        if reading.open == 0 && !self.shared.renewal.is_running() {
            let back = reading.reader.acquire().await?;
            if back > 0 {
                tracing::info!(key = config.key, consumer = config.consumer, entries = back, "took back");
            }
            self.shared.renewal.start(Arc::downgrade(&self.shared), clock, config.lease);
        }
        reading.open += 1;
        Ok(())
    }

    /// Settles what is answered and gives back the rest, when it is the last one that closes.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let mut reading = self.shared.reading.lock().await;
        reading.open = reading.open.saturating_sub(1);
        if reading.open > 0 || self.shared.config.settled_elsewhere {
            return self.settle_answered().await;
        }
        self.settle_last().await?;
        self.release().await
    }

    /// Waits for entries and takes them; settles what is answered meanwhile. Safe to cancel.
    pub(super) async fn next(&self) -> Result<Taken, Error> {
        let mut pause = Backoff::new(Duration::from_millis(2), self.shared.config.longest_pause);
        loop {
            self.settle_answered().await?;
            let (taken, clock) = self.take().await?;
            if !taken.entries.is_empty() {
                return Ok(taken);
            }
            tokio::select! {
                answered = self.shared.receipts.next() => self.remember(answered),
                () = clock.sleep(pause.next_delay()) => {}
            }
        }
    }

    async fn take(&self) -> Result<(Taken, Clock), Error> {
        let config = &self.shared.config;
        let mut reading = self.shared.reading.lock().await;
        let Reading { reader, suspects, .. } = &mut *reading;
        let clock = reader.connection.clock().clone();
        if suspects.is_due(clock.now()) {
            let missing =
                rescue::without_lease(&mut reader.connection, &config.key, &config.consumer).await?;
            for dead in suspects.look(clock.now(), reader.connection.connects(), &missing) {
                rescue::take_back(&mut reader.connection, &config.key, &dead).await?;
            }
        }
        Ok((reader.take(config.batch).await?, clock))
    }

    /// A token that answers for `taken`; none is needed when the entries are settled elsewhere.
    pub(super) fn token(&self, taken: Taken) -> Token {
        if self.shared.config.settled_elsewhere {
            return Token::untracked();
        }
        self.shared.receipts.token(taken)
    }

    /// Batches that were handed out and not answered.
    pub(super) fn outstanding(&self) -> usize {
        self.shared.receipts.outstanding()
    }

    /// Waits for the next answer and settles it. Safe to cancel.
    pub(super) async fn settle_next(&self) -> Result<(), Error> {
        let answered = self.shared.receipts.next().await;
        self.remember(answered);
        self.settle_answered().await
    }

    /// At once, so that no answer is lost when the wait that follows is cancelled.
    fn remember(&self, answered: Receipt<Taken>) {
        self.shared.answered.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
    }

    async fn settle_answered(&self) -> Result<(), Error> {
        let mut settler = self.settler().await;
        self.note_answered(&mut settler);
        settler.flush().await
    }

    async fn settle_last(&self) -> Result<(), Error> {
        let mut settler = self.settler().await;
        self.note_answered(&mut settler);
        settler.forget_failures();
        settler.flush().await
    }

    fn note_answered(&self, settler: &mut Settler) {
        let first = std::mem::take(&mut *self.shared.answered.lock().unwrap_or_else(PoisonError::into_inner));
        for receipt in first.into_iter().chain(std::iter::from_fn(|| self.shared.receipts.try_next())) {
            settler.note(receipt);
        }
    }

    pub(super) async fn renew(&self) -> Result<(), Error> {
        let lease = self.shared.config.lease.as_millis().to_string();
        let pipe = scripts::call(RENEW, &self.shared.keys, &[&self.shared.token, &lease], &[]);
        // Once: whoever settles must not wait for this to succeed.
        self.settler().await.connection.once(&pipe).await.map(|_| ())
    }

    async fn settler(&self) -> MutexGuard<'_, Settler> {
        self.shared.settler.lock().await
    }
}

fn random_token() -> String {
    format!("{:016x}{:016x}{:08x}", random_u64(), random_u64(), std::process::id())
}
