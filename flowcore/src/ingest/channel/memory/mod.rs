//! The memory channel: a bounded queue of segments, one for each put.
//!
//! One lock is taken for each transaction and none for each event. Waiting putters and waiting takers
//! stand in line: who came first is served first, so nobody starves.

mod budget;
mod builder;
mod put;
mod queue;
mod shared;
mod take;

use std::sync::Arc;

use async_trait::async_trait;

use super::{Channel, ChannelError, ChannelState, PutTransaction, Take};
use crate::event::{Event, Weigh};

pub use budget::ByteBudget;
pub use builder::MemoryChannelBuilder;
use put::MemoryPut;
use shared::Shared;
use take::MemoryTake;

/// A channel in memory: fast, and empty after a crash.
///
/// **Delivery.** The token of a put is acknowledged when all of its events were committed by takers, and
/// fails when the channel is dropped with one of them inside. So a source that waits for its tokens loses
/// nothing in a crash: what was in the channel comes again.
///
/// **Order.** Events of one putter are taken in its order. A take that is rolled back goes back to where it
/// was, also when several takes are open at once; with several takers, another may have taken later events
/// in the meantime.
///
/// **Limits.** Events that wait, are taken and are reserved together never exceed the capacity, nor their
/// bytes the byte capacity. A put waits for room for [`keep_alive`](MemoryChannelBuilder::keep_alive).
///
/// **Close.** Puts that had room already may still commit. A take ends with [`ChannelError::Closed`] only
/// when no event can come back: while another take is open, it waits for its end.
///
/// Clones are handles on the same channel.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::base::Token;
/// use flowcore::ingest::{Channel, MemoryChannel};
///
/// let channel = MemoryChannel::<String>::builder().capacity(1_000).build("lines");
/// let mut put = channel.begin_put().await?;
/// put.put(vec!["a".to_owned(), "b".to_owned()]).await?;
/// put.commit(Token::untracked()).await?;
///
/// let take = channel.take(100).await?;
/// assert_eq!(take.events(), ["a", "b"]);
/// take.commit().await?;
/// assert!(channel.state().is_drained());
/// # Ok(()) }
/// ```
pub struct MemoryChannel<T = Event> {
    shared: Arc<Shared<T>>,
}

impl<T: Weigh + Send + 'static> MemoryChannel<T> {
    /// A channel with the default limits: see [`MemoryChannelBuilder`].
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self::builder().build(name)
    }

    /// Chooses the limits.
    pub fn builder() -> MemoryChannelBuilder<T> {
        MemoryChannelBuilder::new()
    }

    /// Its name, as errors show it.
    pub fn name(&self) -> &str {
        self.shared.name()
    }
}

#[async_trait]
impl<T: Weigh + Send + 'static> Channel<T> for MemoryChannel<T> {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError> {
        let scale = self.shared.begin().ok_or_else(|| self.shared.closed())?;
        Ok(Box::new(MemoryPut::new(self.shared.clone(), scale)))
    }

    async fn take(&self, max: usize) -> Result<Take<T>, ChannelError> {
        let taken = self.shared.take(max).await?;
        let transaction = MemoryTake::new(self.shared.clone(), taken.parts);
        Ok(Take::new(taken.events, Box::new(transaction)))
    }

    fn close(&self) {
        self.shared.close();
    }

    fn state(&self) -> ChannelState {
        self.shared.state()
    }
}

impl<T> Clone for MemoryChannel<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T> std::fmt::Debug for MemoryChannel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryChannel").field("name", &self.shared.name()).finish_non_exhaustive()
    }
}
