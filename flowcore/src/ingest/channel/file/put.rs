use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::FileChannelError;
use super::encoded::Encoded;
use super::queue::Room;
use super::shared::{Pending, Shared};
use super::stored::{Stored, encode_items};
use crate::base::Token;
use crate::ingest::{ChannelError, PutError, PutErrorKind, PutTransaction};

/// Bytes of the events of one put: a record is no longer than 4 GiB.
const LARGEST: u64 = (4 << 30) - (64 << 20);

/// Events with reserved room, not written yet.
pub(super) struct FilePut<T: Stored> {
    shared: Arc<Shared<T>>,
    events: Vec<T>,
    room: Room,
}

type Answer = Result<(), Arc<FileChannelError>>;

impl<T: Stored> FilePut<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, events: Vec::new(), room: Room::default() }
    }

    async fn reserve(&mut self, more: Room) -> Result<(), PutErrorKind> {
        let all = self.room.plus(more);
        // An item's own bytes are at least about its weight.
        if !self.shared.lock().queue.allows(all) || all.bytes as u64 > LARGEST {
            return Err(PutErrorKind::TooLarge);
        }
        self.shared.reserve(more).await?;
        self.room = all;
        Ok(())
    }

    /// Hands the events to the writer; `waiter` is told when they are on disk.
    fn hand_in(&mut self, token: Token, waiter: Option<oneshot::Sender<Answer>>) -> Result<(), ChannelError> {
        let events = std::mem::take(&mut self.events);
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let is_sealed = self.shared.settings.keys.active.is_some();
        let encoded = Encoded::put(count, self.room.bytes as u64, is_sealed, |body| {
            encode_items(&events, body);
        });
        let Some(record) = encoded else {
            // The room is given back by the drop.
            return Err(self.shared.storage("the items are longer than a record may be"));
        };
        let room = std::mem::take(&mut self.room);
        self.shared.submit(Pending { record, events, room, token, waiter });
        Ok(())
    }
}

#[async_trait]
impl<T: Stored> PutTransaction<T> for FilePut<T> {
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        if let Err(kind) = self.reserve(Room::of(&events)).await {
            return Err(PutError { channel: self.shared.name.to_string(), kind, refused: events });
        }
        if self.events.is_empty() {
            self.events = events;
        } else {
            self.events.extend(events);
        }
        Ok(())
    }

    async fn commit(mut self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        if self.events.is_empty() {
            // Nothing to wait for.
            token.ack();
            return Ok(());
        }
        let (waiter, answer) = oneshot::channel();
        self.hand_in(token, Some(waiter))?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.shared.storage(error)),
            Err(_) => Err(self.shared.storage(FileChannelError::Stopped)),
        }
    }

    async fn submit(mut self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        if self.events.is_empty() || !token.is_tracked() {
            return self.commit(token).await;
        }
        self.hand_in(token, None)
    }
}

impl<T: Stored> Drop for FilePut<T> {
    fn drop(&mut self) {
        if self.room.events > 0 {
            self.shared.release(self.room);
        }
    }
}
