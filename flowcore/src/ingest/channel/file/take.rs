use std::sync::Arc;

use async_trait::async_trait;

use super::Stored;
use super::queue::Part;
use super::shared::Shared;
use crate::base::Token;
use crate::ingest::{Batch, ChannelError, TakeTransaction};

/// From which puts the events of a take are.
pub(super) struct FileTake<T: Stored> {
    shared: Arc<Shared<T>>,
    parts: Vec<Part>,
}

impl<T: Stored> FileTake<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, parts: Vec<Part>) -> Self {
        Self { shared, parts }
    }
}

#[async_trait]
impl<T: Stored> TakeTransaction<T> for FileTake<T> {
    async fn commit(self: Box<Self>) -> Result<(), ChannelError> {
        self.shared.forget(&self.parts);
        Ok(())
    }

    fn rollback(self: Box<Self>, events: Vec<T>) {
        self.shared.put_back(Some(events), self.parts);
    }

    fn hand_over(self: Box<Self>, mut events: Vec<T>) -> Vec<Batch<T>> {
        let split = |part: Part| {
            let later = events.split_off(part.room.events.min(events.len()));
            Batch::new(std::mem::replace(&mut events, later), committing(&self.shared, part))
        };
        self.parts.into_iter().map(split).collect()
    }
}

/// A token that commits, or has the events read again.
fn committing<T: Stored>(shared: &Arc<Shared<T>>, part: Part) -> Token {
    let shared = Arc::clone(shared);
    Token::new(move |outcome| match outcome {
        Ok(()) => shared.forget(&[part]),
        Err(_) => shared.put_back(None, vec![part]),
    })
}
