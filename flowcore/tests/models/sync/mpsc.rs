use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use super::step::Step;

pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity);
    let step = Arc::new(Step::default());
    (Sender { sender, step: Arc::clone(&step) }, Receiver { receiver, step })
}

pub(crate) struct Sender<T> {
    sender: mpsc::Sender<T>,
    step: Arc<Step>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), step: Arc::clone(&self.step) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.step.take();
    }
}

impl<T> Sender<T> {
    pub(crate) fn capacity(&self) -> usize {
        self.step.take();
        self.sender.capacity()
    }

    pub(crate) fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.step.take();
        Ok(Permit { permit: self.sender.try_reserve()?, step: &self.step })
    }

    pub(crate) async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        let mut reserve = pin!(self.sender.reserve());
        let permit = poll_fn(|cx| {
            self.step.take();
            reserve.as_mut().poll(cx)
        });
        Ok(Permit { permit: permit.await?, step: &self.step })
    }
}

pub(crate) struct Permit<'a, T> {
    permit: mpsc::Permit<'a, T>,
    step: &'a Step,
}

impl<T> Permit<'_, T> {
    pub(crate) fn send(self, value: T) {
        self.step.take();
        self.permit.send(value);
    }
}

pub(crate) struct Receiver<T> {
    receiver: mpsc::Receiver<T>,
    step: Arc<Step>,
}

impl<T> Receiver<T> {
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.step.take();
        self.receiver.poll_recv(cx)
    }

    pub(crate) fn close(&mut self) {
        self.step.take();
        self.receiver.close();
    }
}
