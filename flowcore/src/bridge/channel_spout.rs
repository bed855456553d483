use std::sync::Arc;

use crate::event::Event;
use crate::ingest::{Channel, ChannelError};
use crate::process::{Emitter, Next, Outputs, Spout, SpoutError};

/// Reads a channel as a spout.
///
/// A take ends when its events are emitted, and the channel has room again: the topology answers the tokens
/// that the events were put with. So the channel's capacity bounds what waits in front of the topology, and
/// `max_pending` what is under way in it. It ends when the channel is closed and empty. Order is kept.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::sync::Arc;
/// use flowcore::base::Token;
/// use flowcore::bridge::ChannelSpout;
/// use flowcore::event::Event;
/// use flowcore::ingest::Channel;
/// use flowcore::ingest::channel::MemoryChannel;
/// use flowcore::process::{TopologyBuilder, for_each};
///
/// let channel: Arc<dyn Channel> = Arc::new(MemoryChannel::<Event>::new("memory"));
/// let mut put = channel.begin_put().await?;
/// put.put(vec![Event::new("hello")]).await?;
/// let (told, safe) = std::sync::mpsc::channel();
/// put.commit(Token::new(move |outcome| told.send(outcome.is_ok()).unwrap())).await?;
/// channel.close();
///
/// let mut topology = TopologyBuilder::new("read a channel");
/// let read = channel.clone();
/// let events = topology.spout("events", move || ChannelSpout::new(read.clone()));
/// topology.bolt("look", || for_each(|event: &Event| assert_eq!(event.body, "hello"))).shuffle(&events);
/// topology.build()?.run().await?;
/// assert_eq!(safe.recv(), Ok(true), "the token came through to the last bolt");
/// # Ok(()) }
/// ```
pub struct ChannelSpout<T: Send + Sync + 'static = Event> {
    channel: Arc<dyn Channel<T>>,
    batch: usize,
}

impl<T: Send + Sync + 'static> ChannelSpout<T> {
    /// Takes up to 2,048 events at a time, as many as a topology's batch has by default: what fills a batch alone
    /// is not copied once more.
    pub fn new(channel: Arc<dyn Channel<T>>) -> Self {
        Self { channel, batch: 2048 }
    }

    /// Takes up to `events` at a time.
    #[must_use]
    pub fn batch(mut self, events: usize) -> Self {
        self.batch = events.max(1);
        self
    }
}

impl<T: Send + Sync + 'static> Spout for ChannelSpout<T> {
    type Out = Emitter<T>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let take = match self.channel.take(self.batch).await {
            Ok(take) => take,
            Err(ChannelError::Closed { .. }) => return Ok(Next::End),
            Err(error @ ChannelError::Storage { .. }) => return Err(error.into()),
        };
        for batch in take.hand_over() {
            out.cover(batch.token);
            for event in batch.events {
                out.send(event).await;
            }
        }
        Ok(Next::More)
    }
}

impl<T: Send + Sync + 'static> std::fmt::Debug for ChannelSpout<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelSpout").field("batch", &self.batch).finish_non_exhaustive()
    }
}
