use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use super::order::Part;
use super::shared::Shared;
use crate::base::Token;
use crate::ingest::{Batch, ChannelError, Stored, TakeTransaction};

/// A take of one part, and the places that its events have left.
pub(super) struct SpillTake<T: Stored> {
    shared: Arc<Shared<T>>,
    part: Part,
    places: Vec<Range<u64>>,
    /// `None` when it is over.
    inner: Option<Box<dyn TakeTransaction<T>>>,
}

impl<T: Stored> SpillTake<T> {
    pub(super) fn new(
        shared: Arc<Shared<T>>,
        part: Part,
        places: Vec<Range<u64>>,
        inner: Box<dyn TakeTransaction<T>>,
    ) -> Self {
        Self { shared, part, places, inner: Some(inner) }
    }

    /// The first places, of so many events.
    fn split(&mut self, events: usize) -> Vec<Range<u64>> {
        let (mut left, mut first) = (events as u64, Vec::new());
        while let Some(places) = self.places.first_mut().filter(|_| left > 0) {
            let end = places.end.min(places.start + left);
            left -= end - places.start;
            first.push(places.start..end);
            places.start = end;
            if places.is_empty() {
                self.places.remove(0);
            }
        }
        first
    }

    /// A token that has the order know when its events come back.
    fn watched(&mut self, events: usize, token: Token) -> Token {
        let (places, part, shared) = (self.split(events), self.part, self.shared.clone());
        shared.opened();
        Token::new(move |outcome| {
            match outcome {
                Ok(()) => token.ack(),
                Err(error) => {
                    token.fail(error);
                    // Of the memory's, the source tries again.
                    if part == Part::Disk {
                        shared.put_back(part, &places);
                    }
                }
            }
            shared.over();
        })
    }
}

#[async_trait]
impl<T: Stored> TakeTransaction<T> for SpillTake<T> {
    async fn commit(mut self: Box<Self>) -> Result<(), ChannelError> {
        match self.inner.take() {
            Some(inner) => inner.commit().await,
            None => Ok(()),
        }
    }

    fn rollback(mut self: Box<Self>, events: Vec<T>) {
        if let Some(inner) = self.inner.take() {
            inner.rollback(events);
            self.shared.put_back(self.part, &self.places);
        }
    }

    fn hand_over(mut self: Box<Self>, events: Vec<T>) -> Vec<Batch<T>> {
        let batches = self.inner.take().map(|inner| inner.hand_over(events)).unwrap_or_default();
        let watch = |Batch { events, token }: Batch<T>| {
            let token = self.watched(events.len(), token);
            Batch::new(events, token)
        };
        batches.into_iter().map(watch).collect()
    }
}

impl<T: Stored> Drop for SpillTake<T> {
    fn drop(&mut self) {
        self.shared.over();
    }
}
