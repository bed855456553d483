use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Backoff, Clock};
use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{ListConsumer, Pipeline, PublishSink, PublishSinkConfig, RedisConfig};

use super::{BRANCHES_KEY, LIVE_CHANNEL, Server, bucket_key};
use crate::bucket::BucketName;
use crate::cover::Cover;
use crate::packet::{self, Packet};
use crate::rejects::RejectsFile;
use crate::statistics::{Statistics, Tally};
use crate::topology::{Closed, KeepError, Keeper, QueueEntry};

/// Keeps buckets in a Redis: their counts are added and their entries removed from the pending list in one
/// transaction, which is not applied twice when an answer was lost.
#[derive(Debug)]
pub struct QueueKeeper {
    dir: PathBuf,
    consumer: ListConsumer,
    url: String,
    server: Option<Server>,
    live: PublishSink,
    stored: Arc<AtomicU64>,
    rejects: Option<RejectsFile>,
}

impl QueueKeeper {
    /// Keeps what `consumer` has taken; counts the orders that are `stored`. Entries that are no orders are
    /// written to the file of rejects in `dir`.
    pub fn new(url: &str, dir: PathBuf, consumer: ListConsumer, stored: Arc<AtomicU64>) -> Self {
        // A packet that is late is of no use: the next one has everything.
        let redis = RedisConfig::new(url).patience(Duration::from_secs(1));
        let live = PublishSink::new(PublishSinkConfig::new(redis, LIVE_CHANNEL));
        Self { dir, consumer, url: url.to_owned(), server: None, live, stored, rejects: None }
    }

    fn write_rejects(&mut self, closed: &Closed<QueueEntry>) -> Result<(), KeepError> {
        if closed.rejected.is_empty() {
            return Ok(());
        }
        let failed = |error| KeepError::new("cannot write to the file of rejects", error);
        let rejects = match &mut self.rejects {
            Some(rejects) => rejects,
            None => self.rejects.insert(RejectsFile::open(&self.dir, &Cover::default()).map_err(failed)?),
        };
        for rejected in &closed.rejected {
            rejects.append(rejected).map_err(failed)?;
        }
        rejects.sync().map_err(failed)
    }
}

#[async_trait]
impl Keeper<QueueEntry> for QueueKeeper {
    async fn open(&mut self) -> Result<(), KeepError> {
        let server = Server::new(&self.url);
        self.server = Some(server.map_err(|error| KeepError::new("cannot use this redis", error))?);
        Ok(())
    }

    async fn keep(&mut self, closed: &Closed<QueueEntry>) -> Result<(), KeepError> {
        /// No two commits of a process have the same name, whoever makes them.
        static COMMITS: AtomicU64 = AtomicU64::new(0);
        self.write_rejects(closed)?;
        let id = format!("{}/{}", closed.bucket, COMMITS.fetch_add(1, Ordering::Relaxed));
        loop {
            let add = |transaction: &mut Pipeline| add(transaction, closed.bucket, &closed.statistics);
            match self.consumer.settle_with(&closed.cover, &id, add).await {
                Ok(_) => break,
                // The server is away: there is nothing to do but wait for it, and nothing is lost.
                Err(error) if error.retries() => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a bucket waits to be stored");
                }
                Err(error) => return Err(KeepError::new("cannot store a bucket", error)),
            }
        }
        self.stored.fetch_add(closed.statistics.orders(), Ordering::Relaxed);
        Ok(())
    }

    async fn kept(&mut self, bucket: BucketName) -> Result<Vec<Tally>, KeepError> {
        let Some(server) = &mut self.server else { return Ok(Vec::new()) };
        let mut pause = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            match server.stored(bucket).await {
                Ok(stored) => return Ok(stored),
                // It is away: nothing can be stored until it is back.
                Err(error) if error.retries() => Clock::system().sleep(pause.next_delay()).await,
                Err(error) => return Err(KeepError::new("cannot read the store", error)),
            }
        }
    }

    async fn publish(&mut self, packets: Vec<packet::Statistics>) {
        let packets = packets.into_iter().map(Packet::Publish);
        let events: Vec<Event> =
            packets.filter_map(|packet| serde_json::to_vec(&packet).ok().map(Event::new)).collect();
        if let Err(error) = self.live.deliver(&events).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "the page will see the next packet");
        }
    }
}

/// The commands that add counts to a bucket.
fn add(transaction: &mut Pipeline, bucket: BucketName, statistics: &Statistics) {
    for Tally { branch, dimension, counts } in statistics.tallies() {
        let key = bucket_key(&branch, bucket, dimension);
        for (name, count) in counts {
            transaction.cmd("HINCRBY").arg(&key).arg(name).arg(count);
        }
        if branch != crate::order::ALL_BRANCHES {
            transaction.cmd("SADD").arg(BRANCHES_KEY).arg(branch);
        }
    }
}
