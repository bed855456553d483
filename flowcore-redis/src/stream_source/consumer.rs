use std::pin::pin;

use bytes::Bytes;
use flowcore::base::{Clock, Receipt, Receipts, Token};
use flowcore::event::Event;
use redis::Pipeline;

use super::StreamSourceConfig;
use super::entry::Entry;
use super::group_reader::GroupReader;
use crate::Error;
use crate::connection::Connection;

/// Reads entries and acknowledges them, each over a connection of its own: one waits in the server.
#[derive(Debug)]
pub(super) struct StreamConsumer {
    reader: GroupReader,
    acker: Acker,
    receipts: Receipts<Vec<Bytes>>,
    config: StreamSourceConfig,
}

/// Events, and what answers for them.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) events: Vec<Event>,
    pub(super) token: Token,
}

#[derive(Debug)]
struct Acker {
    connection: Connection,
    key: String,
    group: String,
    acked: Vec<Bytes>,
    /// Acknowledged, and the reader has not heard of it.
    done: Vec<Bytes>,
    /// Not delivered, and the reader has not heard of it.
    failed: Vec<Bytes>,
}

impl StreamConsumer {
    pub(super) fn new(config: StreamSourceConfig) -> Self {
        Self {
            reader: GroupReader::new(&config),
            acker: Acker::new(&config),
            receipts: Receipts::new(),
            config,
        }
    }

    pub(super) async fn open(&mut self, clock: &Clock) -> Result<(), Error> {
        self.reader.connection.set_clock(clock);
        self.acker.connection.set_clock(clock);
        self.reader.create_group().await
    }

    /// Waits for entries; acknowledges what is answered meanwhile.
    pub(super) async fn next(&mut self) -> Result<Entries, Error> {
        loop {
            self.settle_answered().await?;
            let (mut removed, mut ids, mut events) = (Vec::new(), Vec::new(), Vec::new());
            for entry in self.read().await? {
                if entry.fields.is_none() {
                    removed.push(entry.id);
                    continue;
                }
                events.push(entry.to_event(&self.config.body_field, self.config.id_header.as_deref()));
                ids.push(entry.id);
            }
            self.give_up(removed);
            if !events.is_empty() {
                return Ok(Entries { events, token: self.receipts.token(ids) });
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<Entry>, Error> {
        let Self { reader, acker, receipts, .. } = self;
        // A success must not cancel it: the server may have assigned entries already, which costs a second look.
        let mut read = pin!(reader.read());
        loop {
            tokio::select! {
                entries = &mut read => return entries,
                receipt = receipts.next() => acker.note(receipt),
            }
            if !acker.failed.is_empty() {
                return Ok(Vec::new());
            }
            acker.flush().await?;
        }
    }

    fn give_up(&mut self, removed: Vec<Bytes>) {
        if !removed.is_empty() {
            tracing::warn!(
                key = self.config.key,
                entries = removed.len(),
                "entries were trimmed before they were read"
            );
            self.acker.acked.extend(removed);
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        self.receipts.outstanding()
    }

    /// Waits for the next answer and settles it. Safe to cancel.
    pub(super) async fn settle_next(&mut self) -> Result<(), Error> {
        let receipt = self.receipts.next().await;
        self.acker.note(receipt);
        self.settle_answered().await
    }

    /// Acknowledges what was delivered; what was not is read again.
    pub(super) async fn settle_answered(&mut self) -> Result<(), Error> {
        while let Some(receipt) = self.receipts.try_next() {
            self.acker.note(receipt);
        }
        self.acker.flush().await?;
        self.reader.forget(&std::mem::take(&mut self.acker.done));
        let failed = std::mem::take(&mut self.acker.failed);
        if !failed.is_empty() {
            self.reader.read_again(&failed);
        }
        Ok(())
    }
}

impl Acker {
    fn new(config: &StreamSourceConfig) -> Self {
        let subject = format!("consumer {} of stream {}", config.consumer, config.key);
        Self {
            connection: Connection::new(&config.redis, subject).for_ever(),
            key: config.key.clone(),
            group: config.group.clone(),
            acked: Vec::new(),
            done: Vec::new(),
            failed: Vec::new(),
        }
    }

    fn note(&mut self, receipt: Receipt<Vec<Bytes>>) {
        match receipt.outcome {
            Ok(()) => self.acked.extend(receipt.id),
            Err(_) => self.failed.extend(receipt.id),
        }
    }

    /// Tells the server what was delivered. To say it twice changes nothing, so this is safe to cancel.
    async fn flush(&mut self) -> Result<(), Error> {
        if !self.acked.is_empty() {
            let pipe = self.acknowledgement();
            self.connection.run(&pipe).await?;
            self.done.append(&mut self.acked);
        }
        Ok(())
    }

    fn acknowledgement(&self) -> Pipeline {
        /// Bounds the time in which the server does nothing else.
        const MOST: usize = 1024;
        let mut pipe = Pipeline::new();
        for part in self.acked.chunks(MOST) {
            pipe.cmd("XACK").arg(&self.key).arg(&self.group);
            for id in part {
                pipe.arg(&id[..]);
            }
        }
        pipe
    }
}
