use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::order::{DrainOrder, Part};
use super::take::SpillTake;
use crate::base::Clock;
use crate::ingest::channel::Take;
use crate::ingest::{Channel, ChannelError, ChannelState, FileChannel, MemoryChannel, Stored};

/// How often one looks whether the disk has lost what is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What may change while it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Events of one transaction.
    pub(super) transaction: usize,
    /// Percent of the memory that must be free for new events to go there again.
    pub(super) threshold: u8,
}

/// What is under the lock.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) limits: Limits,
    pub(super) order: DrainOrder,
    /// New events go to the disk.
    pub(super) overflows: bool,
    /// Puts that have room, and takes that are not over: each may bring events.
    pub(super) open: usize,
    closed: bool,
    /// Events that the disk has lost and the order knows of.
    lost: u64,
}

impl Inner {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, order: DrainOrder::default(), overflows: false, open: 0, closed: false, lost: 0 }
    }
}

pub(super) struct Shared<T: Stored> {
    pub(super) name: Arc<str>,
    pub(super) memory: Option<MemoryChannel<T>>,
    pub(super) disk: Option<FileChannel<T>>,
    pub(super) clock: Clock,
    pub(super) inner: Mutex<Inner>,
    /// Held from where a put gets its places until its part has it: so both agree on the order.
    pub(super) commits: tokio::sync::Mutex<()>,
    pub(super) takers: tokio::sync::Mutex<()>,
    pub(super) changed: Notify,
}

/// What a taker does next.
enum Next {
    From(Part, u64),
    Wait,
    Closed,
}

impl<T: Stored> Shared<T> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn closed(&self) -> ChannelError {
        ChannelError::Closed { channel: self.name.to_string() }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Where the next put goes. Once the memory was full, to the disk, until enough of the memory is free.
    pub(super) fn route(&self) -> Part {
        let Some(memory) = &self.memory else { return Part::Disk };
        if self.disk.is_none() {
            return Part::Memory;
        }
        let mut inner = self.lock();
        if inner.overflows {
            let ChannelState { waiting, taken, capacity, .. } = memory.state();
            let free = capacity.saturating_sub(waiting + taken);
            inner.overflows = free * 100 <= capacity * usize::from(inner.limits.threshold);
        }
        if inner.overflows { Part::Disk } else { Part::Memory }
    }

    pub(super) fn overflow(&self) {
        if !std::mem::replace(&mut self.lock().overflows, true) {
            tracing::info!(channel = &*self.name, "the memory is full: events go to the disk");
        }
    }

    /// A put has room, or a take has begun.
    pub(super) fn opened(&self) {
        self.lock().open += 1;
    }

    /// It is over.
    pub(super) fn over(&self) {
        self.lock().open -= 1;
        // A taker of a closed channel may wait for the last one.
        self.changed.notify_one();
    }

    pub(super) fn push(&self, part: Part, events: usize) -> Range<u64> {
        let places = self.lock().order.push(part, events as u64);
        self.changed.notify_one();
        places
    }

    pub(super) fn cancel(&self, places: &Range<u64>) {
        self.lock().order.cancel(places);
        self.changed.notify_one();
    }

    pub(super) fn put_back(&self, part: Part, places: &[Range<u64>]) {
        self.lock().order.put_back(part, places);
        self.changed.notify_one();
    }

    fn next(&self) -> Next {
        let inner = self.lock();
        match inner.order.head() {
            Some((part, events)) => Next::From(part, events),
            None if inner.closed && inner.open == 0 => Next::Closed,
            None => Next::Wait,
        }
    }

    pub(super) async fn take(self: &Arc<Self>, max: usize) -> Result<Take<T>, ChannelError> {
        let _turn = self.takers.lock().await;
        loop {
            let changed = self.changed.notified();
            let (part, events) = match self.next() {
                Next::From(part, events) => (part, events),
                Next::Wait => {
                    changed.await;
                    continue;
                }
                Next::Closed => return Err(self.closed()),
            };
            let max = usize::try_from(events).map_or(max, |events| events.min(max)).max(1);
            tokio::select! {
                biased;
                taken = self.take_from(part, max) => match taken {
                    Ok(taken) => return Ok(self.taken(part, taken)),
                    // It has less than was thought, and will not have more.
                    Err(ChannelError::Closed { .. }) => drop(self.lock().order.take(part, events)),
                    Err(error) => return Err(error),
                },
                () = changed => {}
                () = self.clock.sleep(LOOK_AGAIN) => self.forget_lost(),
            }
        }
    }

    async fn take_from(&self, part: Part, max: usize) -> Result<Take<T>, ChannelError> {
        match (part, &self.memory, &self.disk) {
            (Part::Memory, Some(memory), _) => memory.take(max).await,
            (Part::Disk, _, Some(disk)) => disk.take(max).await,
            _ => Err(self.closed()),
        }
    }

    fn taken(self: &Arc<Self>, part: Part, take: Take<T>) -> Take<T> {
        let mut inner = self.lock();
        let places = inner.order.take(part, take.events().len() as u64);
        inner.open += 1;
        drop(inner);
        take.within(|inner| Box::new(SpillTake::new(self.clone(), part, places, inner)))
    }

    /// What the disk could not read waits no longer.
    fn forget_lost(&self) {
        let Some(disk) = &self.disk else { return };
        let lost = disk.status().lost_events;
        let mut inner = self.lock();
        let more = lost - inner.lost.min(lost);
        inner.lost = lost;
        inner.order.take(Part::Disk, more);
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        if let Some(memory) = &self.memory {
            memory.close();
        }
        if let Some(disk) = &self.disk {
            disk.close();
        }
        self.changed.notify_one();
    }

    pub(super) fn state(&self) -> ChannelState {
        let memory = self.memory.as_ref().map(Channel::state).unwrap_or_default();
        let disk = self.disk.as_ref().map(Channel::state).unwrap_or_default();
        ChannelState {
            waiting: memory.waiting + disk.waiting,
            taken: memory.taken + disk.taken,
            capacity: memory.capacity.saturating_add(disk.capacity),
            bytes: memory.bytes.saturating_add(disk.bytes),
        }
    }

    /// What was on disk when it was opened comes first; what was lost then is not in it.
    pub(super) fn found(&self) {
        let Some(disk) = &self.disk else { return };
        let mut inner = self.lock();
        inner.lost = disk.status().lost_events;
        inner.order.push(Part::Disk, disk.state().waiting as u64);
    }
}
