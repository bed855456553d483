use bytes::Bytes;

use super::ListConsumerConfig;
use super::keys::Keys;
use super::scripts::{self, ACQUIRE, TAKE};
use crate::connection::Connection;
use crate::{Error, ErrorKind, reply};

/// Entries that were taken together.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    /// How many were taken before.
    pub(super) number: u64,
    pub(super) entries: Vec<Bytes>,
}

/// Takes entries. It counts what it was given, so that an answer that was lost is given again.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
    keys: Keys,
    consumer: String,
    token: String,
    lease: String,
    received: u64,
}

impl Reader {
    pub(super) fn new(connection: Connection, config: &ListConsumerConfig, keys: &Keys, token: &str) -> Self {
        Self {
            connection,
            keys: keys.clone(),
            consumer: config.consumer.clone(),
            token: token.to_owned(),
            lease: config.lease.as_millis().to_string(),
            received: 0,
        }
    }

    /// Makes the token the owner. What the name had pending is in the queue again, unless it was its own.
    pub(super) async fn acquire(&mut self) -> Result<i64, Error> {
        let pipe = scripts::call(ACQUIRE, &self.keys, &[&self.consumer, &self.token, &self.lease], &[]);
        let back = self.connection.run_one(&pipe).await?;
        let back = reply::integer(&back).ok_or_else(|| self.connection.error(ErrorKind::Reply))?;
        if back >= 0 {
            self.received = 0;
        }
        Ok(back)
    }

    /// Up to `max` entries from the head of the queue, under a number that grows. Safe to cancel.
    pub(super) async fn take(&mut self, max: usize) -> Result<Taken, Error> {
        let (max, received) = (max.to_string(), self.received.to_string());
        let arguments = [&self.token, &max, &received, &self.consumer, &self.lease].map(String::as_str);
        let pipe = scripts::call(TAKE, &self.keys, &arguments, &[]);
        let answer = self.connection.run_one(&pipe).await?;
        let entries = reply::all_bytes(answer).ok_or_else(|| self.connection.error(ErrorKind::Reply))?;
        let number = self.received;
        self.received += entries.len() as u64;
        Ok(Taken { number, entries })
    }
}
