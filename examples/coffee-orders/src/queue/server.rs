use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::{Backoff, Clock};
use redis::aio::MultiplexedConnection;
use redis::{Client, FromRedisValue, Pipeline, RedisError};

use super::{BRANCHES_KEY, QUEUE, ServerError, bucket_key};
use crate::bucket::BucketName;
use crate::packet::Dimension;
use crate::statistics::{Tally, Totals};

/// Counts by name.
type Counts = BTreeMap<String, u64>;

/// Reads what is stored in a Redis. A connection that broke is made anew at the next call.
#[derive(Debug)]
pub struct Server {
    client: Client,
    connection: Option<MultiplexedConnection>,
}

impl Server {
    /// The server at `url`. Not connected before the first call.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &str) -> Result<Self, ServerError> {
        Ok(Self { client: Client::open(url).map_err(ServerError::Address)?, connection: None })
    }

    async fn connection(&mut self) -> Result<&mut MultiplexedConnection, RedisError> {
        if self.connection.is_none() {
            self.connection = Some(self.client.get_multiplexed_async_connection().await?);
        }
        self.connection.as_mut().ok_or_else(|| RedisError::from(std::io::Error::other("not connected")))
    }

    /// The answers to `pipe`, which is there to do `what`, as in "read buckets of". A connection that broke
    /// since the last question is made anew.
    async fn ask<T: FromRedisValue>(
        &mut self,
        what: &'static str,
        pipe: &Pipeline,
    ) -> Result<T, ServerError> {
        let is_old = self.connection.is_some();
        let answer = match self.ask_once(pipe).await {
            Err(error) if is_old && error.is_io_error() && !error.is_timeout() => self.ask_once(pipe).await,
            answer => answer,
        };
        answer.map_err(|cause| {
            let address = self.client.get_connection_info().addr().to_string();
            ServerError::Read { what, address, cause }
        })
    }

    async fn ask_once<T: FromRedisValue>(&mut self, pipe: &Pipeline) -> Result<T, RedisError> {
        let answer = match self.connection().await {
            Ok(connection) => pipe.query_async(connection).await,
            Err(error) => Err(error),
        };
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    /// Waits until the server is there, and says so when it is not.
    ///
    /// # Errors
    /// When it does not let us in.
    pub async fn reach(&mut self, clock: &Clock) -> Result<(), ServerError> {
        let mut pause = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            match self.ask("use", Pipeline::new().ping()).await {
                Err(error) if error.retries() => {
                    if pause.attempts() == 0 {
                        let cause = &error as &dyn std::error::Error;
                        tracing::warn!(cause, "the redis is away: waiting for it");
                    }
                    clock.sleep(pause.next_delay()).await;
                }
                // Who may not ask this is in nevertheless.
                Err(error) if error.is_denied() => return Ok(()),
                answer => return answer,
            }
        }
    }

    /// The branches that ever had orders, sorted.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn branches(&mut self) -> Result<Vec<String>, ServerError> {
        let what = "read the set CoffeeOrderBranches of";
        let (mut branches,): (Vec<String>,) = self.ask(what, Pipeline::new().smembers(BRANCHES_KEY)).await?;
        branches.sort_unstable();
        Ok(branches)
    }

    /// The hashes under `keys`; empty where there is none.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn hashes(&mut self, keys: &[String]) -> Result<Vec<Counts>, ServerError> {
        let mut pipe = Pipeline::with_capacity(keys.len());
        for key in keys {
            pipe.cmd("HGETALL").arg(key);
        }
        self.ask("read buckets of", &pipe).await
    }

    /// Everything that is stored of a bucket.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn stored(&mut self, bucket: BucketName) -> Result<Vec<Tally>, ServerError> {
        let mut branches = self.branches().await?;
        branches.push(crate::order::ALL_BRANCHES.to_owned());
        branches.sort_unstable();
        let each =
            |branch: String| Dimension::ALL.into_iter().map(move |dimension| (branch.clone(), dimension));
        let wanted: Vec<_> = branches.into_iter().flat_map(each).collect();
        let keys: Vec<_> =
            wanted.iter().map(|(branch, dimension)| bucket_key(branch, bucket, *dimension)).collect();
        let stored = self.hashes(&keys).await?;
        let tallies = wanted.into_iter().zip(stored).filter(|(_, counts)| !counts.is_empty());
        Ok(tallies.map(|((branch, dimension), counts)| Tally { branch, dimension, counts }).collect())
    }

    /// The buckets that have orders, sorted.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn buckets(&mut self) -> Result<Vec<BucketName>, ServerError> {
        let pattern = format!("{}:*:{}", crate::order::ALL_BRANCHES, Dimension::CustomerAgeGrades);
        let mut buckets = Vec::new();
        let mut cursor = 0u64;
        loop {
            let mut scan = Pipeline::new();
            scan.cmd("SCAN").arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000);
            let ((next, keys),): ((u64, Vec<String>),) = self.ask("find the buckets of", &scan).await?;
            // Somebody else's key may look like ours: its middle is no bucket then.
            buckets.extend(keys.iter().filter_map(|key| key.split(':').nth(1)?.parse::<BucketName>().ok()));
            if next == 0 {
                break;
            }
            cursor = next;
        }
        buckets.sort_unstable();
        buckets.dedup();
        Ok(buckets)
    }

    /// The sum over `buckets`.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn totals(&mut self, buckets: &[BucketName]) -> Result<Totals, ServerError> {
        let mut totals = Totals::default();
        let all = crate::order::ALL_BRANCHES;
        for some in buckets.chunks(256) {
            let key = |dimension| some.iter().map(move |bucket| bucket_key(all, *bucket, dimension));
            let orders = self.hashes(&key(Dimension::CustomerAgeGrades).collect::<Vec<_>>()).await?;
            let cups = self.hashes(&key(Dimension::Orders).collect::<Vec<_>>()).await?;
            totals.orders += orders.iter().flat_map(Counts::values).sum::<u64>();
            totals.cups += cups.iter().flat_map(Counts::values).sum::<u64>();
        }
        Ok(totals)
    }

    /// How many entries wait in the queue, and how many `consumer` has taken and not settled.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn queued(&mut self, consumer: &str) -> Result<(u64, u64), ServerError> {
        let mut pipe = Pipeline::new();
        pipe.cmd("LLEN").arg(QUEUE);
        pipe.cmd("LLEN").arg(format!("{QUEUE}:pending:{consumer}"));
        self.ask("read the list CoffeeOrderQueue of", &pipe).await
    }
}
