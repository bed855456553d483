use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::budget::ByteBudget;
use super::queue::{Limits, Part, Queue, Room, Scale, Step, Taken};
use crate::base::{Clock, Token};
use crate::event::Weigh;
use crate::ingest::{ChannelError, ChannelState, PutErrorKind};

/// The queue and who waits for it.
///
/// Waiting goes through two fair locks: only the first in line looks at the queue and waits for a
/// notification, so one stored permit is enough and no wake-up can go to the wrong one.
pub(super) struct Shared<T> {
    name: Arc<str>,
    /// Milliseconds that a put waits for room.
    keep_alive: AtomicU64,
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
            keep_alive: AtomicU64::new(millis(keep_alive)),
            clock: Clock::system(),
            queue: Mutex::new(Queue::new(limits)),
            putters: tokio::sync::Mutex::default(),
            takers: tokio::sync::Mutex::default(),
            room: Notify::new(),
            arrived: Notify::new(),
        }
    }

    pub(super) fn resize(&self, limits: Limits<T>, keep_alive: Duration) {
        self.keep_alive.store(millis(keep_alive), Ordering::Relaxed);
        self.lock().set_limits(limits);
        self.room.notify_one();
    }

    /// Room for `more`, for a transaction that has `own` already.
    pub(super) async fn reserve(&self, own: Room, more: Room) -> Result<(), PutErrorKind> {
        if !self.lock().allows(own + more) {
            return Err(PutErrorKind::TooLarge);
        }
        let keep_alive = Duration::from_millis(self.keep_alive.load(Ordering::Relaxed));
        tokio::select! {
            biased;
            reserved = self.wait_for_room(own, more) => reserved,
            () = self.clock.sleep(keep_alive) => Err(PutErrorKind::Full),
        }
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
            let budget = self.lock().budget().cloned();
            let freed_elsewhere = freed_elsewhere(budget.as_ref());
            let step = {
                let mut queue = self.lock();
                // The limits may have changed meanwhile.
                if !queue.allows(own + more) {
                    return Err(PutErrorKind::TooLarge);
                }
                queue.reserve(more)
            };
            match step {
                Step::Done(()) => return Ok(()),
                Step::Closed => return Err(PutErrorKind::Closed),
                Step::Wait => {
                    tokio::select! {
                        () = freed => {}
                        () = freed_elsewhere => {}
                    }
                }
            }
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

/// Waits for bytes that another channel gives back; it hears of those given back from now on.
fn freed_elsewhere(budget: Option<&ByteBudget>) -> impl Future<Output = ()> {
    let freed = budget.map(ByteBudget::freed);
    async {
        match freed {
            Some(freed) => freed.await,
            None => std::future::pending().await,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
