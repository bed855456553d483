use async_trait::async_trait;

use super::{Batch, ChannelError};

/// Events taken from a channel, until they are committed or go back.
///
/// Dropping it rolls it back: the events are in the channel again, first in line and in their old order.
#[must_use = "a take that is dropped is rolled back"]
pub struct Take<T: Send + 'static> {
    events: Vec<T>,
    transaction: Option<Box<dyn TakeTransaction<T>>>,
}

/// What a channel knows about a take. Written by channels, used through [`Take`].
#[async_trait]
pub trait TakeTransaction<T: Send + 'static>: Send {
    /// The events are delivered: forget them, and acknowledge the tokens they came with.
    ///
    /// # Errors
    /// [`ChannelError::Storage`]: they will be delivered again.
    async fn commit(self: Box<Self>) -> Result<(), ChannelError>;

    /// Puts `events` back, first in line.
    fn rollback(self: Box<Self>, events: Vec<T>);

    /// Gives up the events together with what answers for them; see [`Take::hand_over`].
    fn hand_over(self: Box<Self>, events: Vec<T>) -> Vec<Batch<T>>;
}

impl<T: Send + 'static> Take<T> {
    /// For channels: `events` that were taken under `transaction`.
    pub fn new(events: Vec<T>, transaction: Box<dyn TakeTransaction<T>>) -> Self {
        Self { events, transaction: Some(transaction) }
    }

    /// The same events under another transaction, made of this one.
    pub(crate) fn within(
        mut self,
        other: impl FnOnce(Box<dyn TakeTransaction<T>>) -> Box<dyn TakeTransaction<T>>,
    ) -> Self {
        let transaction = self.transaction.take().map(other);
        Self { events: std::mem::take(&mut self.events), transaction }
    }

    /// The events, in the order of the puts.
    pub fn events(&self) -> &[T] {
        &self.events
    }

    /// They are delivered.
    ///
    /// # Errors
    /// [`ChannelError::Storage`]: they will be delivered again.
    pub async fn commit(mut self) -> Result<(), ChannelError> {
        match self.transaction.take() {
            Some(transaction) => transaction.commit().await,
            None => Ok(()),
        }
    }

    /// They go back into the channel.
    pub fn rollback(self) {
        drop(self);
    }

    /// Ends the take without an answer: whoever gets the batches answers their tokens. A channel in memory
    /// passes on the tokens of the puts and has room again at once; a durable one gives tokens that commit.
    pub fn hand_over(mut self) -> Vec<Batch<T>> {
        let events = std::mem::take(&mut self.events);
        match self.transaction.take() {
            Some(transaction) => transaction.hand_over(events),
            None => Vec::new(),
        }
    }
}

impl<T: Send + 'static> Drop for Take<T> {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            transaction.rollback(std::mem::take(&mut self.events));
        }
    }
}

impl<T: Send + 'static> std::fmt::Debug for Take<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Take").field("events", &self.events.len()).finish_non_exhaustive()
    }
}
