use std::sync::Arc;
use std::task::{Context, Poll};

use super::Counters;
use crate::base::sync::mpsc;
use crate::process::Tuple;
use crate::process::batch::Parcel;

/// The bounded queue between two tasks, counted in parcels.
pub(crate) fn mailbox<T: Tuple + ?Sized>(
    capacity: usize,
    counters: Arc<Counters>,
) -> (MailboxSender<T>, MailboxReceiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity);
    (MailboxSender { sender, counters: Arc::clone(&counters) }, MailboxReceiver { receiver, counters })
}

pub(crate) struct MailboxSender<T: Tuple + ?Sized> {
    sender: mpsc::Sender<Parcel<T>>,
    counters: Arc<Counters>,
}

impl<T: Tuple + ?Sized> Clone for MailboxSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), counters: Arc::clone(&self.counters) }
    }
}

impl<T: Tuple + ?Sized> MailboxSender<T> {
    /// How many tuples wait for the task, in all its mailboxes; the most there is if this one is full.
    pub(crate) fn level(&self) -> u64 {
        if self.sender.capacity() == 0 { u64::MAX } else { self.counters.waiting.get() as u64 }
    }

    /// Waits for room. A parcel for a task that has ended is dropped, and so has failed; one that is given up
    /// while it waits, too.
    pub(crate) async fn send(&self, parcel: Parcel<T>) {
        let Ok(room) = self.sender.reserve().await else { return };
        self.counters.waiting.raise(parcel.len());
        room.send(parcel);
    }
}

pub(crate) struct MailboxReceiver<T: Tuple + ?Sized> {
    receiver: mpsc::Receiver<Parcel<T>>,
    counters: Arc<Counters>,
}

impl<T: Tuple + ?Sized> MailboxReceiver<T> {
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Parcel<T>>> {
        let received = self.receiver.poll_recv(cx);
        if let Poll::Ready(Some(parcel)) = &received {
            self.counters.waiting.lower(parcel.len());
        }
        received
    }
}
