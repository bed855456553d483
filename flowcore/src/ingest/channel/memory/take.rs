use std::sync::Arc;

use async_trait::async_trait;

use super::queue::Part;
use super::shared::Shared;
use crate::event::Weigh;
use crate::ingest::{Batch, ChannelError, TakeTransaction};

/// From which puts the events of a take are.
pub(super) struct MemoryTake<T> {
    shared: Arc<Shared<T>>,
    parts: Vec<Part<T>>,
}

impl<T> MemoryTake<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, parts: Vec<Part<T>>) -> Self {
        Self { shared, parts }
    }
}

#[async_trait]
impl<T: Weigh + Send + 'static> TakeTransaction<T> for MemoryTake<T> {
    async fn commit(self: Box<Self>) -> Result<(), ChannelError> {
        self.shared.forget(&self.parts);
        for part in self.parts {
            part.token.ack();
        }
        Ok(())
    }

    fn rollback(self: Box<Self>, events: Vec<T>) {
        self.shared.put_back(events, self.parts);
    }

    fn hand_over(self: Box<Self>, events: Vec<T>) -> Vec<Batch<T>> {
        self.shared.forget(&self.parts);
        let mut events = events;
        let split = |part: Part<T>| {
            let later = events.split_off(part.room.events.min(events.len()));
            Batch::new(std::mem::replace(&mut events, later), part.token)
        };
        self.parts.into_iter().map(split).collect()
    }
}
