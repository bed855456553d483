use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Batch, Channel, ChannelError, ComponentContext, PutError, PutErrorKind, PutTransaction};
use crate::base::{Backoff, Token};
use crate::event::Event;

/// Says when a component is to stop.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Follows `signal`, which turns true once.
    pub fn new(signal: watch::Receiver<bool>) -> Self {
        Self(signal)
    }

    /// Whether it is time to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is time to stop. Safe to cancel.
    pub async fn wait(&mut self) {
        // An error says that nobody is left who could tell: that is a stop too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Where a source puts its events: into every channel it is connected to, or into none.
pub struct ChannelWriter<T: Send + 'static = Event> {
    channels: Vec<Arc<dyn Channel<T>>>,
    context: ComponentContext,
    stopping: Stopping,
    copy: fn(&T) -> T,
    written: u64,
}

impl<T: Send + 'static> ChannelWriter<T> {
    /// A writer into all of `channels`.
    pub fn new(channels: Vec<Arc<dyn Channel<T>>>, context: ComponentContext, stopping: Stopping) -> Self
    where
        T: Clone,
    {
        Self { channels, context, stopping, copy: T::clone, written: 0 }
    }

    /// The source's name and clock.
    pub fn context(&self) -> &ComponentContext {
        &self.context
    }

    /// Waits until the source is to stop. Safe to cancel.
    pub async fn stopping(&mut self) {
        self.stopping.wait().await;
    }

    /// Whether the source is to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_set()
    }

    /// Events that were put.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Puts a batch into all channels in one transaction each: room is reserved in all of them before the
    /// first one commits. Waits while a channel is full. The token is acknowledged when the events were
    /// delivered from every channel.
    ///
    /// # Errors
    /// [`PutError`] with the batch when a channel is closed, when the batch is larger than its transactions,
    /// or when the source is to stop and there is still no room.
    pub async fn put(&mut self, batch: Batch<T>) -> Result<(), PutError<Batch<T>>> {
        /// Between two tries when a channel stays full longer than its own waiting time.
        const PAUSE: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
        let mut pause = PAUSE;
        let Batch { mut events, token } = batch;
        let count = events.len() as u64;
        loop {
            match self.reserve(events).await {
                Ok(transactions) => {
                    commit(transactions, token, &self.context).await;
                    self.written += count;
                    return Ok(());
                }
                Err(error) if error.kind.retries() && !self.is_stopping() => {
                    tracing::debug!(source = %self.context.name, %error, "put again after a pause");
                    events = error.refused;
                    self.context.clock.sleep(pause.next_delay()).await;
                }
                Err(PutError { channel, kind, refused }) => {
                    return Err(PutError { channel, kind, refused: Batch::new(refused, token) });
                }
            }
        }
    }

    async fn reserve(&self, events: Vec<T>) -> Result<Vec<Box<dyn PutTransaction<T>>>, PutError<Vec<T>>> {
        let mut reserved = Vec::with_capacity(self.channels.len());
        let Some((last, others)) = self.channels.split_last() else { return Ok(reserved) };
        for channel in others {
            let copy = events.iter().map(self.copy).collect();
            match reserve_in(channel, copy).await {
                Ok(transaction) => reserved.push(transaction),
                Err(error) => return Err(PutError { refused: events, ..error }),
            }
        }
        reserved.push(reserve_in(last, events).await?);
        Ok(reserved)
    }
}

async fn reserve_in<T: Send + 'static>(
    channel: &Arc<dyn Channel<T>>,
    events: Vec<T>,
) -> Result<Box<dyn PutTransaction<T>>, PutError<Vec<T>>> {
    let (channel, kind) = match channel.begin_put().await {
        Ok(mut transaction) => return transaction.put(events).await.map(|()| transaction),
        Err(ChannelError::Closed { channel }) => (channel, PutErrorKind::Closed),
        Err(ChannelError::Storage { channel, .. }) => (channel, PutErrorKind::Storage),
    };
    Err(PutError { channel, kind, refused: events })
}

async fn commit<T: Send + 'static>(
    reserved: Vec<Box<dyn PutTransaction<T>>>,
    token: Token,
    context: &ComponentContext,
) {
    for transaction in reserved {
        // Not an error of the put: the token of the batch fails with it, and so the source is told.
        if let Err(error) = transaction.commit(token.share()).await {
            tracing::error!(source = %context.name, %error, "a commit failed");
        }
    }
    token.ack();
}

impl<T: Send + 'static> std::fmt::Debug for ChannelWriter<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelWriter")
            .field("source", &self.context.name)
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
