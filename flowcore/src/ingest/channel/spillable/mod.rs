//! The spillable channel: a memory channel in front of a file channel.
//!
//! It is made of the two as they are, and of the order in which they are drained.

mod builder;
mod order;
mod put;
mod shared;
mod take;

use std::sync::Arc;

use async_trait::async_trait;

use super::{Channel, ChannelError, ChannelHealth, ChannelState, PutTransaction, Take};
use crate::event::Event;
use crate::ingest::{FileChannelStatus, Stored};

pub use builder::{SpillableChannelBuilder, SpillableChannelError};

use put::SpillPut;
use shared::Shared;

/// A channel in memory that goes on to the disk when it is full.
///
/// **Overflow.** A put that finds no room in memory for
/// [`overflow_timeout`](SpillableChannelBuilder::overflow_timeout) goes to the disk, and so do those that follow,
/// until more than [a share](SpillableChannelBuilder::deactivation_threshold) of the memory is free. What is larger
/// than the memory goes to the disk at once. A put of which only a part had room may be in both.
///
/// **Order.** Events leave in the order in which their puts were committed, whichever part they are in. A take that
/// is rolled back goes back to where it was. A take has events of one part, so it may have fewer than there are.
///
/// **Delivery.** What is in memory is lost in a crash, what is on disk is not: there a commit returns when the
/// events are on disk. A token is acknowledged as the part does it, see [`MemoryChannel`](super::MemoryChannel) and
/// [`FileChannel`](super::FileChannel); so a source that waits for its tokens loses nothing.
///
/// **Limits, damage, close.** As those of the two parts.
///
/// Clones are handles on the same channel.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path();
/// use flowcore::base::Token;
/// use flowcore::ingest::{Channel, FileChannel, MemoryChannel, SpillableChannel};
///
/// let channel = SpillableChannel::<String>::builder()
///     .memory(MemoryChannel::builder().capacity(2))
///     .disk(FileChannel::builder([folder]).least_free_space(0))
///     .open("lines")
///     .await?;
/// for line in ["a", "b", "c"] {
///     let mut put = channel.begin_put().await?;
///     put.put(vec![line.to_owned()]).await?;
///     put.commit(Token::untracked()).await?;
/// }
/// assert_eq!(channel.on_disk(), 1);
/// let take = channel.take(100).await?;
/// assert_eq!(take.events(), ["a", "b"]);
/// take.commit().await?;
/// assert_eq!(channel.take(100).await?.events(), ["c"]);
/// # Ok(()) }
/// ```
pub struct SpillableChannel<T: Stored = Event> {
    shared: Arc<Shared<T>>,
}

impl<T: Stored> SpillableChannel<T> {
    /// Chooses its parts.
    pub fn builder() -> SpillableChannelBuilder<T> {
        SpillableChannelBuilder::new()
    }

    fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// Its name, as errors show it.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// How many events wait or are taken of its part on disk.
    pub fn on_disk(&self) -> usize {
        let state = self.shared.disk.as_ref().map(Channel::state).unwrap_or_default();
        state.waiting + state.taken
    }

    /// How its part on disk is.
    pub fn status(&self) -> Option<FileChannelStatus> {
        self.shared.disk.as_ref().map(super::FileChannel::status)
    }
}

#[async_trait]
impl<T: Stored> Channel<T> for SpillableChannel<T> {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError> {
        if self.shared.is_closed() {
            return Err(self.shared.closed());
        }
        Ok(Box::new(SpillPut::new(self.shared.clone())))
    }

    async fn take(&self, max: usize) -> Result<Take<T>, ChannelError> {
        self.shared.take(max).await
    }

    fn close(&self) {
        self.shared.close();
    }

    fn state(&self) -> ChannelState {
        self.shared.state()
    }

    async fn settle(&self) {
        if let Some(disk) = &self.shared.disk {
            disk.settle().await;
        }
    }

    /// Without a part in memory it is as its part on disk.
    fn is_durable(&self) -> bool {
        self.shared.memory.is_none()
    }

    fn health(&self) -> Option<ChannelHealth> {
        self.shared.disk.as_ref().and_then(Channel::health)
    }
}

impl<T: Stored> Clone for SpillableChannel<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T: Stored> std::fmt::Debug for SpillableChannel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpillableChannel").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
