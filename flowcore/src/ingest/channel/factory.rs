use std::sync::Arc;

use async_trait::async_trait;

use super::{Channel, ChannelError};
use crate::event::{Event, Weigh};
use crate::ingest::{ComponentContext, MemoryChannel};

/// Opens a channel when its agent starts. Builders of channels are factories, and so is a channel that is
/// there already: `Arc<dyn Channel<T>>`, `Arc<C>`, or a clone of a [`MemoryChannel`].
#[async_trait]
pub trait ChannelFactory<T: Send + 'static = Event>: Send + 'static {
    /// Opens it under the name in `context`.
    ///
    /// # Errors
    /// [`ChannelError::Storage`] when what it keeps its events in cannot be opened.
    async fn open(self: Box<Self>, context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError>;

    /// Makes of a running channel what this would open, with all of its events, when it is called. `None` where
    /// the two differ in more than their limits.
    fn resize<'a>(&'a self, _running: &'a dyn Channel<T>) -> Option<Box<dyn FnOnce() + 'a>> {
        None
    }
}

#[async_trait]
impl<T: Weigh + Send + 'static> ChannelFactory<T> for MemoryChannel<T> {
    async fn open(self: Box<Self>, _context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        Ok(Arc::new(*self))
    }
}

#[async_trait]
impl<T: Send + 'static, C: Channel<T>> ChannelFactory<T> for Arc<C> {
    async fn open(self: Box<Self>, _context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        Ok(*self)
    }
}

#[async_trait]
impl<T: Send + 'static> ChannelFactory<T> for Arc<dyn Channel<T>> {
    async fn open(self: Box<Self>, _context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        Ok(*self)
    }
}
