use std::sync::Arc;
use std::time::Duration;

use super::pending::Pending;
use crate::base::{Clock, Timestamp, Token};
use crate::event::Event;
use crate::ingest::{Channel, ChannelError, PutErrorKind};
use crate::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext};

/// A bolt that puts its tuples into a channel, in batches.
///
/// The tuples' tokens go with them: a tuple is acknowledged when its event is delivered from the channel (a
/// durable channel acknowledges when it is on disk). While the channel is full the task takes no more input.
/// Order is kept.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::bridge::ChannelBolt;
/// use flowcore::ingest::{Channel, MemoryChannel};
/// use flowcore::process::TopologyBuilder;
/// use flowcore_testkit::ScriptedSpout;
/// use std::sync::Arc;
///
/// let channel = Arc::new(MemoryChannel::<String>::new("out"));
/// let script = ScriptedSpout::new().emit(["a".to_owned()]);
/// let mut topology = TopologyBuilder::new("put");
/// let letters = topology.spout("letters", script.factory());
/// let to = channel.clone();
/// topology.bolt("channel", move || ChannelBolt::new(to.clone())).shuffle(&letters);
/// let running = topology.build()?.start();
/// let read = async {
///     let take = channel.take(10).await?;
///     assert_eq!(take.events(), ["a"]);
///     assert!(script.acked().is_empty(), "not before it is delivered from the channel");
///     take.commit().await
/// };
/// let (report, read) = tokio::join!(running.wait(), read);
/// (report?, read?);
/// assert_eq!(script.acked(), ["a"]);
/// # Ok(()) }
/// ```
pub struct ChannelBolt<T: Clone + Send + Sync + 'static = Event> {
    channel: Arc<dyn Channel<T>>,
    pending: Pending<T>,
    clock: Clock,
}

impl<T: Clone + Send + Sync + 'static> ChannelBolt<T> {
    /// Batches of up to 100 tuples, 20 ms.
    pub fn new(channel: Arc<dyn Channel<T>>) -> Self {
        Self::with_batch(channel, 100, Duration::from_millis(20))
    }

    /// Batches of up to `tuples`, that wait for `linger` at most. The channel must allow as many in one put.
    pub fn with_batch(channel: Arc<dyn Channel<T>>, tuples: usize, linger: Duration) -> Self {
        Self { channel, pending: Pending::new(tuples, linger), clock: Clock::system() }
    }

    async fn put(&mut self, now: Timestamp) -> Result<(), BoltError> {
        while let Some(batch) = self.pending.first() {
            let mut transaction = match self.channel.begin_put().await {
                Ok(transaction) => transaction,
                Err(error @ ChannelError::Closed { .. }) => return Err(BoltError::fatal(error)),
                Err(ChannelError::Storage { .. }) => {
                    self.pending.postpone(now);
                    return Ok(());
                }
            };
            if let Err(error) = transaction.put(std::mem::take(&mut batch.items)).await {
                let fatal = matches!(error.kind, PutErrorKind::Closed | PutErrorKind::TooLarge);
                let text = error.to_string();
                batch.items = error.refused;
                self.pending.postpone(now);
                return if fatal { Err(BoltError::fatal(text)) } else { Ok(()) };
            }
            // When the commit fails, so do the tokens: the tuples are replayed.
            transaction.commit(Token::joint(self.pending.delivered())).await?;
        }
        Ok(())
    }
}

impl<T: Clone + Send + Sync + 'static> Bolt<T> for ChannelBolt<T> {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.clock = context.clock.clone();
        Ok(())
    }

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
        self.put(out.now()).await?;
        while self.pending.len() > 0 {
            self.pending.pause(&self.clock).await;
            self.put(self.clock.now()).await?;
        }
        Ok(())
    }
}

impl<T: Clone + Send + Sync + 'static> std::fmt::Debug for ChannelBolt<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelBolt").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}
