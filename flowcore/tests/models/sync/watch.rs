use std::future::poll_fn;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::step::Step;

#[derive(Debug)]
pub(crate) struct Sender<T> {
    sender: watch::Sender<T>,
    step: Arc<Step>,
}

impl<T: Copy> Sender<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { sender: watch::Sender::new(value), step: Arc::default() }
    }

    pub(crate) fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        self.step.take();
        self.sender.send_if_modified(modify)
    }

    pub(crate) fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.step.take();
        self.sender.send_modify(modify);
    }

    pub(crate) fn borrow(&self) -> Seen<T> {
        self.step.take();
        Seen(*self.sender.borrow())
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        self.step.take();
        Receiver { receiver: self.sender.subscribe(), step: Arc::clone(&self.step) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Receiver<T> {
    receiver: watch::Receiver<T>,
    step: Arc<Step>,
}

impl<T: Copy> Receiver<T> {
    pub(crate) fn borrow(&self) -> Seen<T> {
        self.step.take();
        Seen(*self.receiver.borrow())
    }

    pub(crate) async fn wait_for(
        &mut self,
        condition: impl FnMut(&T) -> bool,
    ) -> Result<Seen<T>, watch::error::RecvError> {
        let Self { receiver, step } = self;
        let mut waited = pin!(async { receiver.wait_for(condition).await.map(|value| Seen(*value)) });
        poll_fn(|cx| {
            step.take();
            waited.as_mut().poll(cx)
        })
        .await
    }
}

/// A copy: nothing stays locked from one step to the next.
pub(crate) struct Seen<T>(T);

impl<T> Deref for Seen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
