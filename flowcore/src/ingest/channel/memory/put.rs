use std::sync::Arc;

use async_trait::async_trait;

use super::queue::{Room, Scale};
use super::shared::Shared;
use crate::base::Token;
use crate::event::Weigh;
use crate::ingest::{ChannelError, PutError, PutErrorKind, PutTransaction};

/// Events with reserved room, not visible yet.
pub(super) struct MemoryPut<T: Weigh> {
    shared: Arc<Shared<T>>,
    scale: Scale<T>,
    events: Vec<T>,
    room: Room,
}

impl<T: Weigh> MemoryPut<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, scale: Scale<T>) -> Self {
        Self { shared, scale, events: Vec::new(), room: Room::default() }
    }

    async fn reserve(&mut self, more: Room) -> Result<(), PutErrorKind> {
        self.shared.reserve(self.room, more).await?;
        self.room += more;
        Ok(())
    }
}

#[async_trait]
impl<T: Weigh + Send + 'static> PutTransaction<T> for MemoryPut<T> {
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        let more = Room::of(&events, self.scale);
        if let Err(kind) = self.reserve(more).await {
            return Err(PutError { channel: self.shared.name().to_owned(), kind, refused: events });
        }
        if self.events.is_empty() {
            self.events = events;
        } else {
            self.events.extend(events);
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            // Nothing to wait for.
            token.ack();
        } else {
            self.shared.publish(events, std::mem::take(&mut self.room), self.scale, token);
        }
        Ok(())
    }
}

impl<T: Weigh> Drop for MemoryPut<T> {
    fn drop(&mut self) {
        if self.room.events > 0 {
            self.shared.release(self.room);
        }
    }
}
