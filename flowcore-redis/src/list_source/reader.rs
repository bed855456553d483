use bytes::Bytes;

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
    received: u64,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, received: 0 }
    }

    /// Makes `token` the owner. What the name had pending is in the queue again.
    pub(super) async fn acquire(
        &mut self,
        keys: &Keys,
        consumer: &str,
        token: &str,
        lease: &str,
    ) -> Result<i64, Error> {
        let pipe = scripts::call(ACQUIRE, keys, &[consumer, token, lease], &[]);
        let back = self.connection.run_one(&pipe).await?;
        self.received = 0;
        reply::integer(&back).ok_or_else(|| self.connection.error(ErrorKind::Reply))
    }

    /// Up to `max` entries from the head of the queue, under a number that grows. Safe to cancel.
    pub(super) async fn take(&mut self, keys: &Keys, token: &str, max: usize) -> Result<Taken, Error> {
        let (max, received) = (max.to_string(), self.received.to_string());
        let pipe = scripts::call(TAKE, keys, &[token, &max, &received], &[]);
        let answer = self.connection.run_one(&pipe).await?;
        let entries = reply::all_bytes(answer).ok_or_else(|| self.connection.error(ErrorKind::Reply))?;
        let number = self.received;
        self.received += entries.len() as u64;
        Ok(Taken { number, entries })
    }
}
