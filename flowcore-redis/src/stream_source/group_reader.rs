use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::Timestamp;
use redis::{Pipeline, Value};

use super::entry::{self, Entry};
use super::{StreamSourceConfig, StreamStart};
use crate::connection::Connection;
use crate::{Error, ErrorKind};

/// How long a read waits in the server.
const BLOCK: Duration = Duration::from_secs(5);
const FIRST: Bytes = Bytes::from_static(b"0-0");

/// Reads as one consumer of a group, oldest entries first: its own that were not acknowledged, those that
/// others left, new ones.
#[derive(Debug)]
pub(super) struct GroupReader {
    pub(super) connection: Connection,
    config: StreamSourceConfig,
    in_flight: HashSet<Bytes>,
    /// After which of its own entries to go on looking for unacknowledged ones that nobody here knows.
    own_after: Option<Bytes>,
    claim_after_entry: Bytes,
    next_claim: Timestamp,
}

impl GroupReader {
    pub(super) fn new(config: &StreamSourceConfig) -> Self {
        let subject = format!("consumer {} of stream {}", config.consumer, config.key);
        Self {
            connection: Connection::new(&config.redis, subject).for_ever().blocking_for(BLOCK),
            config: config.clone(),
            in_flight: HashSet::new(),
            own_after: Some(FIRST),
            claim_after_entry: FIRST,
            next_claim: Timestamp::MIN,
        }
    }

    /// Makes the group, unless it is there.
    pub(super) async fn create_group(&mut self) -> Result<(), Error> {
        let start = match self.config.start {
            StreamStart::Oldest => "0",
            StreamStart::New => "$",
        };
        let mut pipe = Pipeline::new();
        pipe.cmd("XGROUP")
            .arg("CREATE")
            .arg(&self.config.key)
            .arg(&self.config.group)
            .arg(start)
            .arg("MKSTREAM");
        match self.connection.run(&pipe).await {
            Err(error) if !error.says("BUSYGROUP") => Err(error),
            _ => Ok(()),
        }
    }

    /// Waits for entries that are not in flight. When it is cancelled or an answer is lost, what that answer
    /// held is found among its own entries by the next call, before newer ones.
    pub(super) async fn read(&mut self) -> Result<Vec<Entry>, Error> {
        let waited = self.connection.clock().stopwatch();
        loop {
            match self.read_once().await {
                Ok(entries) if entries.is_empty() => {}
                Ok(entries) => return Ok(entries),
                Err(error) if error.kind() == ErrorKind::Missing => self.create_group().await?,
                Err(error) => self.connection.pause_after(error, waited, None).await?,
            }
        }
    }

    async fn read_once(&mut self) -> Result<Vec<Entry>, Error> {
        if let Some(after) = self.own_after.clone() {
            return self.read_own(after).await;
        }
        if self.connection.clock().now() >= self.next_claim {
            let claimed = self.claim().await?;
            if !claimed.is_empty() {
                return Ok(claimed);
            }
        }
        // Until the answer is here, there may be entries of ours that we do not know.
        self.own_after = Some(FIRST);
        let entries = self.group_read(">", Some(BLOCK.min(self.config.claim_after / 4))).await?;
        self.own_after = None;
        Ok(self.take_charge(entries))
    }

    async fn read_own(&mut self, after: Bytes) -> Result<Vec<Entry>, Error> {
        let after = String::from_utf8_lossy(&after).into_owned();
        let entries = self.group_read(&after, None).await?;
        self.own_after = entries.last().map(|entry| entry.id.clone());
        Ok(self.take_charge(entries))
    }

    async fn group_read(&mut self, after: &str, block: Option<Duration>) -> Result<Vec<Entry>, Error> {
        let config = &self.config;
        let mut pipe = Pipeline::new();
        pipe.cmd("XREADGROUP").arg("GROUP").arg(&config.group).arg(&config.consumer);
        pipe.arg("COUNT").arg(config.batch);
        if let Some(block) = block {
            pipe.arg("BLOCK").arg(millis(block));
        }
        pipe.arg("STREAMS").arg(&config.key).arg(after);
        let answer = self.connection.once(&pipe).await?;
        self.parse(answer, entry::read)
    }

    async fn claim(&mut self) -> Result<Vec<Entry>, Error> {
        let config = &self.config;
        let mut pipe = Pipeline::new();
        pipe.cmd("XAUTOCLAIM").arg(&config.key).arg(&config.group).arg(&config.consumer);
        pipe.arg(millis(config.claim_after)).arg(&self.claim_after_entry[..]).arg("COUNT").arg(config.batch);
        let answer = self.connection.once(&pipe).await?;
        let (cursor, entries) = self.parse(answer, entry::claimed)?;
        if cursor == FIRST {
            self.next_claim = self.connection.clock().now() + config.claim_after / 4;
        }
        self.claim_after_entry = cursor;
        Ok(self.take_charge(entries))
    }

    fn parse<T>(&self, answer: Vec<Value>, read: impl Fn(Value) -> Option<T>) -> Result<T, Error> {
        let value = answer.into_iter().next().and_then(read);
        value.ok_or_else(|| self.connection.error(ErrorKind::Reply))
    }

    /// Those of `entries` that are not in flight. They are now.
    fn take_charge(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        entries.retain(|entry| self.in_flight.insert(entry.id.clone()));
        entries
    }

    /// `ids` are acknowledged.
    pub(super) fn forget(&mut self, ids: &[Bytes]) {
        for id in ids {
            self.in_flight.remove(id);
        }
    }

    /// `ids` were not delivered: they are read again.
    pub(super) fn read_again(&mut self, ids: &[Bytes]) {
        self.forget(ids);
        self.own_after = Some(FIRST);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
