use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::order::Part;
use super::shared::Shared;
use crate::base::{DeliveryError, Token};
use crate::ingest::channel::PutTransaction;
use crate::ingest::{Channel, ChannelError, PutError, PutErrorKind, Stored};

/// A transaction of one part, and how many events it has.
struct Half<T> {
    inner: Box<dyn PutTransaction<T>>,
    events: usize,
}

/// Events with reserved room: those that the memory has room for, then those that the disk has.
pub(super) struct SpillPut<T: Stored> {
    shared: Arc<Shared<T>>,
    memory: Option<Half<T>>,
    disk: Option<Half<T>>,
}

impl<T: Stored> SpillPut<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        shared.opened();
        Self { shared, memory: None, disk: None }
    }

    fn events(&self) -> usize {
        [&self.memory, &self.disk].into_iter().flatten().map(|half| half.events).sum()
    }

    fn refused(&self, kind: PutErrorKind, refused: Vec<T>) -> PutError<Vec<T>> {
        PutError { channel: self.shared.name.to_string(), kind, refused }
    }

    async fn put_memory(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        let memory = self.shared.memory.as_ref().map(|memory| memory as &dyn Channel<T>);
        put(&mut self.memory, memory, &self.shared, events).await
    }

    async fn put_disk(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        let disk = self.shared.disk.as_ref().map(|disk| disk as &dyn Channel<T>);
        put(&mut self.disk, disk, &self.shared, events).await
    }

    /// Gives the disk's half its places and hands it to the writer, whose answer comes by `answer`.
    async fn hand_in(&mut self, disk: Half<T>, token: Token) -> Result<(), ChannelError> {
        let (shared, places) = (self.shared.clone(), self.shared.push(Part::Disk, disk.events));
        let watched = Token::new(move |outcome| match outcome {
            Ok(()) => token.ack(),
            Err(error) => {
                shared.cancel(&places);
                token.fail(error);
            }
        });
        disk.inner.submit(watched).await
    }

    async fn publish(&mut self, memory: Half<T>, token: Token) -> Result<(), ChannelError> {
        self.shared.push(Part::Memory, memory.events);
        memory.inner.commit(token).await
    }

    /// The disk's half first: when it is safe, the memory's cannot fail. The memory's have the places before.
    async fn commit_both(
        &mut self,
        memory: Half<T>,
        disk: Half<T>,
        token: Token,
    ) -> Result<(), ChannelError> {
        let places = self.shared.push(Part::Memory, memory.events);
        let (waited, answer) = waited(token.share());
        let done = match self.hand_in(disk, waited).await {
            Ok(()) => safe(&self.shared, answer).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            self.shared.cancel(&places);
            return done;
        }
        memory.inner.commit(token).await
    }
}

async fn safe<T: Stored>(shared: &Shared<T>, answer: oneshot::Receiver<Answer>) -> Result<(), ChannelError> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| ChannelError::Storage {
        channel: shared.name.to_string(),
        cause,
    };
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(Box::new(error))),
        Err(error) => Err(failed(Box::new(error))),
    }
}

type Answer = Result<(), DeliveryError>;

/// A token that answers `token`, and tells what it answered.
fn waited(token: Token) -> (Token, oneshot::Receiver<Answer>) {
    let (told, answer) = oneshot::channel();
    let waited = Token::new(move |outcome| {
        let result = outcome.clone();
        match outcome {
            Ok(()) => token.ack(),
            Err(error) => token.fail(error),
        }
        // Who committed may have gone.
        let _ = told.send(result);
    });
    (waited, answer)
}

async fn put<T: Stored>(
    half: &mut Option<Half<T>>,
    channel: Option<&dyn Channel<T>>,
    shared: &Shared<T>,
    events: Vec<T>,
) -> Result<(), PutError<Vec<T>>> {
    let count = events.len();
    let mut own = match (half.take(), channel) {
        (Some(half), _) => half,
        (None, Some(channel)) => match channel.begin_put().await {
            Ok(inner) => Half { inner, events: 0 },
            Err(_) => return Err(closed(shared, events)),
        },
        (None, None) => return Err(closed(shared, events)),
    };
    let done = own.inner.put(events).await;
    if done.is_ok() {
        own.events += count;
    }
    *half = Some(own);
    done
}

fn closed<T: Stored>(shared: &Shared<T>, refused: Vec<T>) -> PutError<Vec<T>> {
    PutError { channel: shared.name.to_string(), kind: PutErrorKind::Closed, refused }
}

#[async_trait]
impl<T: Stored> PutTransaction<T> for SpillPut<T> {
    async fn put(&mut self, events: Vec<T>) -> Result<(), PutError<Vec<T>>> {
        if self.events().saturating_add(events.len()) > self.shared.lock().limits.transaction {
            return Err(self.refused(PutErrorKind::TooLarge, events));
        }
        if self.disk.is_some() || self.shared.route() == Part::Disk {
            return self.put_disk(events).await;
        }
        match self.put_memory(events).await {
            Err(PutError { kind: kind @ (PutErrorKind::Full | PutErrorKind::TooLarge), refused, .. })
                if self.shared.disk.is_some() =>
            {
                if kind == PutErrorKind::Full {
                    self.shared.overflow();
                }
                self.put_disk(refused).await
            }
            done => done,
        }
    }

    async fn commit(mut self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        let shared = self.shared.clone();
        let turn = shared.commits.lock().await;
        let (memory, disk) = (self.memory.take(), self.disk.take());
        match (memory.filter(|half| half.events > 0), disk.filter(|half| half.events > 0)) {
            (None, None) => {
                // Nothing to wait for.
                token.ack();
                Ok(())
            }
            (Some(memory), None) => self.publish(memory, token).await,
            (Some(memory), Some(disk)) => self.commit_both(memory, disk, token).await,
            (None, Some(disk)) => {
                let (waited, answer) = waited(token);
                self.hand_in(disk, waited).await?;
                drop(turn);
                safe(&self.shared, answer).await
            }
        }
    }

    async fn submit(mut self: Box<Self>, token: Token) -> Result<(), ChannelError> {
        if self.memory.as_ref().is_some_and(|half| half.events > 0) || !token.is_tracked() {
            return self.commit(token).await;
        }
        let Some(disk) = self.disk.take().filter(|half| half.events > 0) else {
            return self.commit(token).await;
        };
        let shared = self.shared.clone();
        let _turn = shared.commits.lock().await;
        self.hand_in(disk, token).await
    }
}

impl<T: Stored> Drop for SpillPut<T> {
    fn drop(&mut self) {
        self.shared.over();
    }
}
