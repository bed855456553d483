use std::sync::Arc;
use std::task::{Context, Poll};

use super::Counters;
use crate::base::sync::{AtomicUsize, Ordering, mpsc};
use crate::base::{DeliveryError, LossKind};
use crate::process::Tuple;
use crate::process::batch::Parcel;
use crate::process::time::Mark;

/// The bounded queue between two tasks, counted in parcels.
pub(crate) fn mailbox<T: Tuple + ?Sized>(
    capacity: usize,
    counters: Arc<Counters>,
) -> (MailboxSender<T>, MailboxReceiver<T>) {
    of(capacity, counters, None)
}

/// The same for the feedback edge `name`: what would make more than `most` tuples in it fails instead of waiting.
pub(crate) fn loop_mailbox<T: Tuple + ?Sized>(
    name: &Arc<str>,
    most: usize,
    counters: Arc<Counters>,
) -> (MailboxSender<T>, MailboxReceiver<T>) {
    of(most, counters, Some(Arc::new(Bound { name: Arc::clone(name), most, tuples: AtomicUsize::new(0) })))
}

fn of<T: Tuple + ?Sized>(
    parcels: usize,
    counters: Arc<Counters>,
    bound: Option<Arc<Bound>>,
) -> (MailboxSender<T>, MailboxReceiver<T>) {
    let (sender, receiver) = mpsc::channel(parcels);
    let sender = MailboxSender { sender, counters: Arc::clone(&counters), bound: bound.clone() };
    (sender, MailboxReceiver { receiver, counters, bound })
}

/// How many tuples are in a mailbox, and how many may be.
struct Bound {
    name: Arc<str>,
    most: usize,
    tuples: AtomicUsize,
}

impl Bound {
    /// Returns how many of `tuples` have room: they are in from now on.
    fn enter(&self, tuples: usize) -> usize {
        let entered = |inside: usize| self.most.saturating_sub(inside).min(tuples);
        let update = |inside| Some(inside + entered(inside));
        self.tuples.fetch_update(Ordering::AcqRel, Ordering::Acquire, update).map_or(0, entered)
    }

    fn leave(&self, tuples: usize) {
        self.tuples.fetch_sub(tuples, Ordering::AcqRel);
    }
}

/// What is sent to a task: tuples, or what their sender says of its event time, or both. What it says comes
/// behind the tuples.
pub(crate) struct Mail<T: Tuple + ?Sized> {
    pub(crate) parcel: Option<Parcel<T>>,
    pub(crate) heard: Option<Heard>,
}

/// What a sender says of its event time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    /// Which of the tasks that send on this edge.
    pub(crate) sender: usize,
    pub(crate) mark: Mark,
}

impl<T: Tuple + ?Sized> Mail<T> {
    fn len(&self) -> usize {
        self.parcel.as_ref().map_or(0, Parcel::len)
    }
}

impl<T: Tuple + ?Sized> From<Parcel<T>> for Mail<T> {
    fn from(parcel: Parcel<T>) -> Self {
        Self { parcel: Some(parcel), heard: None }
    }
}

impl<T: Tuple + ?Sized> From<Heard> for Mail<T> {
    fn from(heard: Heard) -> Self {
        Self { parcel: None, heard: Some(heard) }
    }
}

pub(crate) struct MailboxSender<T: Tuple + ?Sized> {
    sender: mpsc::Sender<Mail<T>>,
    counters: Arc<Counters>,
    bound: Option<Arc<Bound>>,
}

impl<T: Tuple + ?Sized> Clone for MailboxSender<T> {
    fn clone(&self) -> Self {
        let (sender, counters) = (self.sender.clone(), Arc::clone(&self.counters));
        Self { sender, counters, bound: self.bound.clone() }
    }
}

impl<T: Tuple + ?Sized> MailboxSender<T> {
    /// How many tuples wait for the task, in all its mailboxes; the most there is if this one is full.
    pub(crate) fn level(&self) -> u64 {
        if self.sender.capacity() == 0 { u64::MAX } else { self.counters.waiting.get() as u64 }
    }

    /// Puts in what there is room for. The others fail, and so do all if the task has ended.
    fn offer(&self, mut parcel: Parcel<T>, bound: &Bound) {
        let entered = bound.enter(parcel.len());
        parcel.cut(entered, &DeliveryError::new(Arc::clone(&bound.name), LossKind::NoRoom));
        if entered == 0 {
            return;
        }
        let Ok(room) = self.sender.try_reserve() else { return bound.leave(entered) };
        self.counters.waiting.raise(entered);
        room.send(parcel.into());
    }

    /// Whether it is part of a feedback edge.
    pub(crate) fn is_loop(&self) -> bool {
        self.bound.is_some()
    }

    /// Waits for room. A parcel for a task that has ended is dropped, and so has failed; one that is given up
    /// while it waits, too.
    pub(crate) async fn send(&self, mail: impl Into<Mail<T>>) {
        let mail = mail.into();
        if let Some(bound) = &self.bound {
            // Event time does not go round: see `is_loop`.
            return mail.parcel.map_or((), |parcel| self.offer(parcel, bound));
        }
        let Ok(room) = self.sender.reserve().await else { return };
        self.counters.waiting.raise(mail.len());
        room.send(mail);
    }
}

pub(crate) struct MailboxReceiver<T: Tuple + ?Sized> {
    receiver: mpsc::Receiver<Mail<T>>,
    counters: Arc<Counters>,
    bound: Option<Arc<Bound>>,
}

impl<T: Tuple + ?Sized> MailboxReceiver<T> {
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<Mail<T>>> {
        let received = self.receiver.poll_recv(cx);
        if let Poll::Ready(Some(mail)) = &received {
            self.counters.waiting.lower(mail.len());
            if let Some(bound) = &self.bound {
                bound.leave(mail.len());
            }
        }
        received
    }

    /// Whether it is part of a feedback edge: then its senders may live as long as its reader.
    pub(crate) fn is_loop(&self) -> bool {
        self.bound.is_some()
    }

    /// Takes nothing in any more; what is there can be received.
    pub(crate) fn close(&mut self) {
        self.receiver.close();
    }
}
