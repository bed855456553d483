use std::io;

use flowcore::base::{Clock, Timestamp};
use flowcore::event::Event;
use tokio::io::AsyncReadExt;

use crate::tcp::{Connection, Intake};

/// Makes events of what a connection brings.
pub(super) trait Parse: Send {
    /// Adds the messages that end in `bytes`.
    fn parse(&mut self, bytes: &[u8], now: Timestamp, events: &mut Vec<Event>);
}

/// How a connection is read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) source: String,
    pub(super) clock: Clock,
    /// Bytes that are read at once.
    pub(super) buffer: usize,
    /// Events that are put at once.
    pub(super) batch: usize,
}

impl Reading {
    /// Reads until the peer leaves or the source stops. What one read brought is in the channel before the
    /// next: a full channel stops the sender.
    pub(super) async fn converse(self, connection: Connection, parse: impl Parse, intake: Intake) {
        let peer = connection.peer;
        match self.read(connection, parse, intake.clone()).await {
            Ok(()) => tracing::debug!(source = %self.source, %peer, "a connection ended"),
            Err(error) => {
                intake.count_unread();
                tracing::warn!(source = %self.source, %peer, %error, "a connection broke");
            }
        }
    }

    async fn read(
        &self,
        connection: Connection,
        mut parse: impl Parse,
        mut intake: Intake,
    ) -> io::Result<()> {
        let mut stream = connection.open().await?;
        let mut buffer = vec![0; self.buffer];
        loop {
            let count = tokio::select! {
                read = stream.read(&mut buffer) => read?,
                () = intake.stopping() => 0,
            };
            if count == 0 {
                return Ok(());
            }
            let mut events = Vec::new();
            parse.parse(&buffer[..count], self.clock.now(), &mut events);
            while !events.is_empty() {
                let rest = events.split_off(events.len().min(self.batch));
                let count = events.len();
                let Some(outcome) = intake.put(events).await else { return Ok(()) };
                outcome.log_lost(&self.source, count);
                events = rest;
            }
        }
    }
}
