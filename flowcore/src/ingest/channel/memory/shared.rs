use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::queue::{Limits, Part, Queue, Room, Scale, Step, Taken};
use crate::base::{Clock, Token};
use crate::event::Weigh;
use crate::ingest::channel::keep_alive::KeepAlive;
use crate::ingest::{ChannelError, ChannelState, PutErrorKind};

/// The queue and who waits for it.
///
/// Waiting goes through two fair locks: only the first in line looks at the queue and waits for a
/// notification, so one stored permit is enough and no wake-up can go to the wrong one.
pub(super) struct Shared<T> {
    name: Arc<str>,
    keep_alive: KeepAlive,
    clock: Clock,
    queue: Mutex<Queue<T>>,
    putters: tokio::sync::Mutex<()>,
    takers: tokio::sync::Mutex<()>,
    room: Notify,
    arrived: Notify,
}

impl<T> Shared<T> {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn closed(&self) -> ChannelError {
        ChannelError::Closed { channel: self.name.to_string() }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Weigh> Shared<T> {
    pub(super) fn new(name: Arc<str>, limits: Limits<T>, keep_alive: Duration) -> Self {
        Self {
            name,
            keep_alive: KeepAlive::new(keep_alive),
            clock: Clock::system(),
            queue: Mutex::new(Queue::new(limits)),
            putters: tokio::sync::Mutex::default(),
            takers: tokio::sync::Mutex::default(),
            room: Notify::new(),
            arrived: Notify::new(),
        }
    }

    pub(super) fn resize(&self, limits: Limits<T>, keep_alive: Duration) {
        self.keep_alive.set(keep_alive);
        self.lock().set_limits(limits);
        self.room.notify_one();
    }

    /// Room for `more`, for a transaction that has `own` already.
    pub(super) async fn reserve(&self, own: Room, more: Room) -> Result<(), PutErrorKind> {
        if !self.lock().allows(own + more) {
            return Err(PutErrorKind::TooLarge);
        }
        self.keep_alive.bound(&self.clock, self.wait_for_room(own, more)).await
    }

    /// By which a put is counted that begins now; `None` when the channel is closed.
    pub(super) fn begin(&self) -> Option<Scale<T>> {
        let queue = self.lock();
        (!queue.is_closed()).then(|| queue.scale())
    }

    async fn wait_for_room(&self, own: Room, more: Room) -> Result<(), PutErrorKind> {
        let _turn = self.putters.lock().await;
        loop {
            let freed = self.room.notified();
            if let Some(reserved) = self.reserve_now(own, more) {
                return reserved;
            }
            let Some(budget) = self.lock().budget().cloned() else {
                freed.await;
                continue;
            };
            let freed_elsewhere = budget.freed();
            // Bytes may have been given back before somebody listened.
            if let Some(reserved) = self.reserve_now(own, more) {
                return reserved;
            }
            tokio::select! {
                () = freed => {}
                () = freed_elsewhere => {}
            }
        }
    }

    /// `None`: it has to be waited for.
    fn reserve_now(&self, own: Room, more: Room) -> Option<Result<(), PutErrorKind>> {
        let mut queue = self.lock();
        // The limits may have changed meanwhile.
        if !queue.allows(own + more) {
            return Some(Err(PutErrorKind::TooLarge));
        }
        match queue.reserve(more) {
            Step::Done(()) => Some(Ok(())),
            Step::Closed => Some(Err(PutErrorKind::Closed)),
            Step::Wait => None,
        }
    }

    pub(super) fn release(&self, room: Room) {
        self.lock().release(room);
        self.room.notify_one();
        // A taker may wait for the last open put of a closed channel.
        self.arrived.notify_one();
    }

    pub(super) fn publish(&self, events: Vec<T>, room: Room, scale: Scale<T>, token: Token) {
        self.lock().publish(events, room, scale, token);
        self.arrived.notify_one();
    }

    pub(super) async fn take(&self, max: usize) -> Result<Taken<T>, ChannelError> {
        let _turn = self.takers.lock().await;
        loop {
            let arrived = self.arrived.notified();
            let step = self.lock().take(max);
            match step {
                Step::Done(taken) => return Ok(taken),
                Step::Closed => return Err(self.closed()),
                Step::Wait => arrived.await,
            }
        }
    }

    pub(super) fn forget(&self, parts: &[Part<T>]) {
        self.lock().forget(parts);
        self.room.notify_one();
        // A taker may wait for the last open take of a closed channel.
        self.arrived.notify_one();
    }

    pub(super) fn put_back(&self, events: Vec<T>, parts: Vec<Part<T>>) {
        self.lock().put_back(events, parts);
        self.arrived.notify_one();
    }

    pub(super) fn close(&self) {
        self.lock().close();
        self.room.notify_one();
        self.arrived.notify_one();
    }

    pub(super) fn state(&self) -> ChannelState {
        self.lock().state()
    }
}
