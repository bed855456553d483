use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::Receipt;
use redis::{Pipeline, Value};

use super::keys::Keys;
use super::reader::Taken;
use super::scripts::{self, GIVE_BACK, REMOVE};
use crate::connection::Connection;
use crate::{Error, ErrorKind, reply};

/// What a call of [`ListConsumer::settle_with`](super::ListConsumer::settle_with) has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The transaction was applied.
    Now,
    /// It had been applied before, under the same commit id: nothing was done.
    Before,
}

/// Removes entries from the pending list, one commit after the other. The server keeps the id of the last
/// one, so a commit whose answer was lost is not applied twice.
#[derive(Debug)]
pub(super) struct Settler {
    pub(super) connection: Connection,
    keys: Keys,
    token: String,
    commits: u64,
    acked: VecDeque<Bytes>,
    failed: BTreeMap<u64, Vec<Bytes>>,
    /// Sent, and not known to be applied.
    under_way: Option<Pipeline>,
}

impl Settler {
    pub(super) fn new(connection: Connection, keys: Keys, token: String) -> Self {
        let (acked, failed) = (VecDeque::new(), BTreeMap::new());
        Self { connection, keys, token, commits: 0, acked, failed, under_way: None }
    }

    /// Remembers an answer until the next [`flush`](Self::flush).
    pub(super) fn note(&mut self, receipt: Receipt<Taken>) {
        let Taken { number, entries } = receipt.id;
        match receipt.outcome {
            Ok(()) => self.acked.extend(entries),
            Err(error) => {
                tracing::debug!(error = %error.chain(), "entries go back to the queue");
                self.failed.insert(number, entries);
            }
        }
    }

    /// Tells the server all answers. Safe to cancel: the next call goes on.
    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        loop {
            if self.under_way.is_none() {
                self.under_way = self.next_commit();
            }
            let Some(pipe) = &self.under_way else { return Ok(()) };
            self.connection.run(pipe).await?;
            self.under_way = None;
        }
    }

    /// What failed stays where it is: everything pending is about to go back, in its order.
    pub(super) fn forget_failures(&mut self) {
        self.failed.clear();
    }

    /// Failures from the last one taken to the first, so that they are in their order again.
    fn next_commit(&mut self) -> Option<Pipeline> {
        /// Bounds the time in which the server does nothing else.
        const MOST: usize = 1024;
        let (script, entries) = match self.failed.pop_last() {
            Some((_, entries)) => (GIVE_BACK, entries),
            None if self.acked.is_empty() => return None,
            None => (REMOVE, self.acked.drain(..self.acked.len().min(MOST)).collect()),
        };
        self.commits += 1;
        Some(scripts::call(script, &self.keys, &[&self.token, &self.commits.to_string()], &entries))
    }

    /// Removes `entries` together with what is in `transaction` already.
    pub(super) async fn transact(
        &mut self,
        mut transaction: Pipeline,
        entries: &[Bytes],
        commit_id: &str,
        patience: Option<Duration>,
    ) -> Result<Settled, Error> {
        let id = format!("{}/of/{commit_id}", self.token);
        for entry in entries {
            transaction.cmd("LREM").arg(&self.keys.pending).arg(1).arg(&entry[..]);
        }
        transaction.cmd("SET").arg(&self.keys.commit).arg(&id);
        let waited = self.connection.clock().stopwatch();
        loop {
            match self.try_once(&transaction, &id).await {
                Ok(Some(settled)) => return Ok(settled),
                // Owner or commit changed between the look and the transaction: the next look says how.
                Ok(None) => {}
                Err(error) => self.connection.pause_after(error, waited, patience).await?,
            }
        }
    }

    async fn try_once(&mut self, transaction: &Pipeline, id: &str) -> Result<Option<Settled>, Error> {
        let mut look = Pipeline::new();
        // The commit too: an attempt that was given up may be applied late, over a connection of the past.
        look.cmd("WATCH").arg(&self.keys.owner).arg(&self.keys.commit);
        look.cmd("GET").arg(&self.keys.owner);
        look.cmd("GET").arg(&self.keys.commit);
        let mut seen = self.connection.once(&look).await?.into_iter().skip(1).map(reply::text);
        let (owner, commit) = (seen.next().flatten(), seen.next().flatten());
        // No owner at all says that the server has lost what it had: nobody else can have taken over.
        if owner.is_some_and(|owner| owner != self.token) {
            return Err(self.connection.error(ErrorKind::Fenced));
        }
        if commit.as_deref() == Some(id) {
            return Ok(Some(Settled::Before));
        }
        let answer = self.connection.once(transaction).await?;
        let applied = matches!(answer.as_slice(), [Value::Array(_)]);
        Ok(applied.then_some(Settled::Now))
    }
}
