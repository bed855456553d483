use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::queue::{Limits, Scale};
use super::shared::Shared;
use super::{ByteBudget, MemoryChannel};
use crate::event::{Event, Weigh};
use crate::ingest::{Channel, ChannelError, ChannelFactory, ComponentContext};

/// Chooses the limits of a [`MemoryChannel`]: 10,000 events, 1,000 a transaction, 64 MiB, and 3 seconds
/// that a put waits for room.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::{Channel, MemoryChannel};
/// use std::time::Duration;
///
/// let channel = MemoryChannel::<Event>::builder()
///     .capacity(50_000)
///     .transaction(500)
///     .bytes(16 << 20)
///     .keep_alive(Duration::from_millis(100))
///     .build("memory");
/// assert_eq!(channel.state().capacity, 50_000);
/// ```
#[derive(Debug)]
#[must_use]
pub struct MemoryChannelBuilder<T = Event> {
    limits: Limits<T>,
    keep_alive: Duration,
}

impl<T: Weigh + Send + 'static> MemoryChannelBuilder<T> {
    pub(super) fn new() -> Self {
        let (events, transaction, bytes) = (10_000, 1_000, 64 << 20);
        let limits = Limits { events, transaction, bytes, budget: None, scale: Scale::own() };
        Self { limits, keep_alive: Duration::from_secs(3) }
    }

    /// How many events it holds at most, at least 1.
    pub fn capacity(mut self, events: usize) -> Self {
        self.limits.events = events.max(1);
        self
    }

    /// How many events one put or take may have, at least 1. More than the capacity means the capacity.
    pub fn transaction(mut self, events: usize) -> Self {
        self.limits.transaction = events.max(1);
        self
    }

    /// How many bytes its events may have together, by [`Weigh`]. A heavier batch is refused as too large.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Counts its bytes against `budget` too, which other channels have as well: what they hold together never
    /// has more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::base::Token;
    /// use flowcore::ingest::{ByteBudget, Channel, MemoryChannel, PutErrorKind};
    /// use std::time::Duration;
    ///
    /// let budget = ByteBudget::new(1_000);
    /// let channel = |name| {
    ///     let builder = MemoryChannel::<String>::builder().budget(&budget);
    ///     builder.weigh_by(1, |line, _| line.len()).keep_alive(Duration::ZERO).build(name)
    /// };
    /// let (one, other) = (channel("one"), channel("other"));
    /// let mut put = one.begin_put().await?;
    /// put.put(vec!["x".repeat(900)]).await?;
    /// put.commit(Token::untracked()).await?;
    /// let refused = other.begin_put().await?.put(vec!["x".repeat(200)]).await;
    /// assert_eq!(refused.map_err(|error| error.kind), Err(PutErrorKind::Full));
    /// # Ok(()) }
    /// ```
    pub fn budget(mut self, budget: &ByteBudget) -> Self {
        self.limits.budget = Some(budget.clone());
        self
    }

    /// Counts the bytes of an event otherwise than by [`Weigh`]: `weigh` is given each event and `slot`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::ingest::{Channel, MemoryChannel};
    ///
    /// let slots = |line: &String, slot: usize| line.len().max(1).next_multiple_of(slot);
    /// let channel = MemoryChannel::<String>::builder().weigh_by(100, slots).bytes(300).build("lines");
    /// let mut put = channel.begin_put().await?;
    /// put.put(vec![String::new(), "x".repeat(101)]).await?;
    /// assert_eq!(channel.state().bytes, 300);
    /// # Ok(()) }
    /// ```
    pub fn weigh_by(mut self, slot: usize, weigh: fn(&T, usize) -> usize) -> Self {
        self.limits.scale = Scale { slot, weigh };
        self
    }

    /// How long a put waits for room before it is refused as full.
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.keep_alive = time;
        self
    }

    /// The channel, under the name that its errors show.
    pub fn build(self, name: impl Into<Arc<str>>) -> MemoryChannel<T> {
        MemoryChannel { shared: Arc::new(Shared::new(name.into(), self.limits(), self.keep_alive)) }
    }

    /// Gives `channel` these limits, and keeps its events: one that holds more than it may takes no puts until
    /// it holds less. What is in it stays counted as it was.
    pub fn resize(&self, channel: &MemoryChannel<T>) {
        channel.shared.resize(self.limits(), self.keep_alive);
    }

    /// The same for a part of another channel, whose limits of time and transaction hold.
    pub(in crate::ingest::channel) fn resize_part(
        &self,
        channel: &MemoryChannel<T>,
        transaction: usize,
        keep_alive: Duration,
    ) {
        let transaction = transaction.min(self.limits.events);
        channel.shared.resize(Limits { transaction, ..self.limits.clone() }, keep_alive);
    }

    fn limits(&self) -> Limits<T> {
        let transaction = self.limits.transaction.min(self.limits.events);
        Limits { transaction, ..self.limits.clone() }
    }
}

#[async_trait]
impl<T: Weigh + Send + 'static> ChannelFactory<T> for MemoryChannelBuilder<T> {
    async fn open(self: Box<Self>, context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        Ok(Arc::new(self.build(context.name.clone())))
    }

    fn resize<'a>(&'a self, running: &'a dyn Channel<T>) -> Option<Box<dyn FnOnce() + 'a>> {
        let channel = (running as &dyn Any).downcast_ref()?;
        Some(Box::new(|| self.resize(channel)))
    }
}
