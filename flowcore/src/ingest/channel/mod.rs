//! Channels: where events wait between a source and a sink, moved in batches inside transactions.

mod factory;
mod file;
mod keep_alive;
mod memory;
mod spillable;
mod take;

use std::any::Any;

use async_trait::async_trait;

use super::{ChannelError, PutError};
use crate::base::Token;
use crate::event::Event;

pub use factory::ChannelFactory;
pub use file::{
    Checkpoints, Damage, DecodeError, EncryptionKey, EncryptionKeyError, FileChannel, FileChannelBuilder,
    FileChannelError, FileChannelInspection, FileChannelStatus, SegmentInspection, Stored, SyncPolicy,
};
pub use memory::{ByteBudget, MemoryChannel, MemoryChannelBuilder};
pub use spillable::{SpillableChannel, SpillableChannelBuilder, SpillableChannelError};
pub use take::{Take, TakeTransaction};

/// Events that are put together, and the token that answers for them.
#[derive(Debug)]
pub struct Batch<T> {
    /// The events, in order.
    pub events: Vec<T>,
    /// Acknowledged when every event is delivered.
    pub token: Token,
}

impl<T> Batch<T> {
    /// Events nobody waits for.
    pub fn untracked(events: Vec<T>) -> Self {
        Self { events, token: Token::untracked() }
    }

    /// Events that `token` answers for.
    pub fn new(events: Vec<T>, token: Token) -> Self {
        Self { events, token }
    }
}

/// Where events wait between a source and a sink.
///
/// Any number of tasks may put and take. Events that one task puts are taken in that order.
#[async_trait]
pub trait Channel<T: Send + 'static = Event>: Any + Send + Sync + 'static {
    /// Starts a put transaction. Nothing is visible to takers before its commit.
    ///
    /// # Errors
    /// [`ChannelError::Closed`] after [`close`](Self::close); [`ChannelError::Storage`].
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError>;

    /// Starts a take transaction: waits for at least one event and takes up to `max`, not more than a
    /// transaction may have. Safe to cancel: what was not returned stays in the channel.
    ///
    /// # Errors
    /// [`ChannelError::Closed`] when the channel is closed and empty; [`ChannelError::Storage`].
    async fn take(&self, max: usize) -> Result<Take<T>, ChannelError>;

    /// Takes no more puts. What is in it can still be taken; then takes end with [`ChannelError::Closed`].
    fn close(&self);

    /// What is in it now.
    fn state(&self) -> ChannelState;

    /// Returns when it has done all that it left for later, so that what it runs in may end. An agent asks for it
    /// when nobody puts or takes any more, and waits for its grace period at most.
    async fn settle(&self) {}

    /// Whether what waits in it is there again when it is opened anew: then nobody has to drain it before.
    fn is_durable(&self) -> bool {
        false
    }

    /// How what it keeps its events in is. `None` of one in memory.
    fn health(&self) -> Option<ChannelHealth> {
        None
    }
}

/// How the storage of a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelHealth {
    /// Whether it takes puts, as far as it was not closed.
    pub is_open: bool,
    /// Whether something is wrong: its disk is full, or events could not be read.
    pub is_unhealthy: bool,
    /// Whether its disk is full, or nearly: puts wait until there is room, takes go on.
    pub is_disk_full: bool,
    /// Committed events that could not be read since it was opened.
    pub lost_events: u64,
}

/// What is in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelState {
    /// Events that can be taken.
    pub waiting: usize,
    /// Events that were taken and not committed yet.
    pub taken: usize,
    /// How many events it may hold, waiting and taken together.
    pub capacity: usize,
    /// Bytes of the events that it holds, by [`Weigh`](crate::event::Weigh).
    pub bytes: usize,
}

impl ChannelState {
    /// Whether nothing waits and nothing is taken.
    pub fn is_drained(&self) -> bool {
        self.waiting == 0 && self.taken == 0
    }
}

/// Events that become visible together. Dropping it before the commit rolls it back: the room that was
/// reserved is free again.
#[async_trait]
pub trait PutTransaction<T: Send + 'static>: Send {
    /// Adds events: waits for room for a while. When this has returned, the commit cannot fail for want of
    /// room.
    ///
    /// # Errors
    /// [`PutError`] with the events in it.
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>>;

    /// Makes the events visible to takers. `token` answers for all of them: a channel in memory carries it
    /// to the commit of the take, a durable one acknowledges it when the events are on disk.
    ///
    /// # Errors
    /// [`ChannelError::Storage`]; the token has failed then.
    async fn commit(self: Box<Self>, token: Token) -> Result<(), ChannelError>;

    /// As [`commit`](Self::commit), but may return before the events are safe, so that the next batch is on its
    /// way meanwhile: `token` alone says when they are, or that they are not. Where nobody waits for the token,
    /// it is a commit.
    ///
    /// # Errors
    /// As those of a commit, if they are known yet.
    async fn submit(self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        self.commit(token).await
    }
}
