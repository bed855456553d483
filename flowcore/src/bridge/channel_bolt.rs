use std::sync::Arc;
use std::time::Duration;

use super::pending::Pending;
use crate::base::{Timestamp, Token};
use crate::event::Event;
use crate::ingest::{Channel, ChannelError, PutErrorKind};
use crate::process::{Bolt, BoltError, NoOutput, Outputs};

/// A bolt that puts its tuples into a channel, in batches.
///
/// The tuples' tokens go with them: a tuple is acknowledged when its event is delivered from the channel (a
/// durable channel acknowledges when it is on disk). While the channel is full the task takes no more input.
/// Order is kept.
pub struct ChannelBolt<T: Clone + Send + Sync + 'static = Event> {
    channel: Arc<dyn Channel<T>>,
    pending: Pending<T>,
}

impl<T: Clone + Send + Sync + 'static> ChannelBolt<T> {
    /// Batches of up to 100 tuples, 20 ms.
    pub fn new(channel: Arc<dyn Channel<T>>) -> Self {
        Self { channel, pending: Pending::new(100, Duration::from_millis(20)) }
    }

    async fn put(&mut self, now: Timestamp) -> Result<(), BoltError> {
        if self.pending.items.is_empty() {
            return Ok(());
        }
        let mut transaction = match self.channel.begin_put().await {
            Ok(transaction) => transaction,
            Err(error @ ChannelError::Closed { .. }) => return Err(BoltError::fatal(error)),
            Err(ChannelError::Storage { .. }) => {
                self.pending.postpone(now);
                return Ok(());
            }
        };
        let events = std::mem::take(&mut self.pending.items);
        if let Err(error) = transaction.put(events).await {
            let fatal = matches!(error.kind, PutErrorKind::Closed | PutErrorKind::TooLarge);
            let text = error.to_string();
            self.pending.items = error.refused;
            self.pending.postpone(now);
            return if fatal { Err(BoltError::fatal(text)) } else { Ok(()) };
        }
        let tokens = std::mem::take(&mut self.pending.tokens);
        self.pending.delivered();
        // When the commit fails, so do the tokens: the tuples are replayed.
        transaction.commit(Token::joint(tokens)).await?;
        Ok(())
    }
}

impl<T: Clone + Send + Sync + 'static> Bolt<T> for ChannelBolt<T> {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        if self.pending.add(tuple.clone(), out) { self.put(out.now()).await } else { Ok(()) }
    }

    async fn tick(&mut self, now: Timestamp, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.put(now).await
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.pending.due()
    }

    fn is_full(&self) -> bool {
        self.pending.is_full()
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.put(out.now()).await
    }
}

impl<T: Clone + Send + Sync + 'static> std::fmt::Debug for ChannelBolt<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelBolt").field("pending", &self.pending.items.len()).finish_non_exhaustive()
    }
}
