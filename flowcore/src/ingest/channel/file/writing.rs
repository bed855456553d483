use std::sync::Arc;

use crate::base::{DeliveryError, LossKind};
use crate::ingest::metrics::Counter;

use super::checkpoint::Unwritten;
use super::encoded::Encoded;
use super::log::{Log, Written};
use super::shared::{Ending, Inner, Pending, Shared};
use super::{FileChannelError, Stored};

/// Bytes of puts that share a write and a sync at most.
const AT_ONCE: u64 = 2 << 20;

/// Writes until nothing is left to write, on a thread of its own. Dropped without being run, it fails what
/// waits.
pub(super) struct Writing<T: Stored> {
    shared: Arc<Shared<T>>,
    has_ended: bool,
}

/// What became of some puts.
enum Outcome {
    /// They are in the log, as many as there are places.
    Written(Vec<Written>),
    /// They wait for room on the disk.
    Full(FileChannelError),
    Failed(FileChannelError),
}

impl<T: Stored> Writing<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self { shared, has_ended: false }
    }

    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let log = shared.lock().log.take();
        let Some(mut log) = log else { return };
        self.look_for_space(&mut log);
        while let Some(puts) = self.next(&mut log) {
            let outcome = write(&mut log, &puts);
            if !self.settle(&mut log, puts, outcome) {
                break;
            }
        }
        let is_last = shared.lock().answer_ending();
        if let Err(error) = log.sync_if_due(is_last) {
            tracing::error!(channel = &*shared.name, %error, "what was committed may not survive a loss of power");
        }
        if log.owes_a_sync() {
            shared.later.notify_one();
        }
        let Unwritten { first, copy } = log.checkpoint_if_due(is_last);
        log.settings.counters.add(Counter::CheckpointWriteError, first);
        log.settings.counters.add(Counter::CheckpointBackupWriteError, copy);
        if log.owes_a_checkpoint() {
            shared.later.notify_one();
        }
        let mut inner = shared.lock();
        inner.status.checkpoint_errors += first;
        inner.status.checkpoint_copy_errors += copy;
        inner.know(&log.segments);
        inner.log = Some(log);
        inner.is_writing = false;
        self.has_ended = true;
        // What came after the last look.
        let is_asked = match inner.ending {
            Ending::Open => false,
            Ending::Settling => true,
            Ending::Ended => !is_last,
        };
        if is_asked || !inner.takes.is_empty() || (!inner.pending.is_empty() && !inner.status.disk_full) {
            shared.write_soon(inner);
        } else {
            drop(inner);
        }
        shared.written.notify_waiters();
    }

    /// Tries a disk that was full at the start: no put waits for it here, they are all held back.
    fn look_for_space(&self, log: &mut Log) {
        let is_held = |inner: &Inner<T>| inner.status.disk_full && inner.pending.is_empty();
        if !is_held(&self.shared.lock()) {
            return;
        }
        match if log.current.is_some() { Ok(()) } else { log.roll() } {
            Err(error) if error.is_full() => self.shared.later.notify_one(),
            // What else is wrong, the next put hears.
            _ => {
                self.shared.lock().status.empty_disk(&self.shared.name);
                self.shared.room.notify_one();
            }
        }
    }

    /// The puts that are written together. `None` when nothing is left to do.
    fn next(&self, log: &mut Log) -> Option<Vec<Pending<T>>> {
        let mut inner = self.shared.lock();
        let takes = std::mem::take(&mut inner.takes);
        let has_takes = !takes.is_empty();
        for range in takes {
            log.take(range);
        }
        let mut size = 0;
        let mut puts = Vec::new();
        while let Some(put) = inner.pending.pop_front() {
            size += put.record.size();
            puts.push(put);
            if size >= AT_ONCE {
                break;
            }
        }
        (has_takes || !puts.is_empty()).then_some(puts)
    }

    /// Tells who waits. Returns whether to go on.
    fn settle(&self, log: &mut Log, puts: Vec<Pending<T>>, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Written(written) => self.publish(puts, &written, log),
            Outcome::Full(error) => {
                self.wait_for_space(puts, &error);
                // Takes never need space; what they free lets puts go on.
                let spares = log.spares.len();
                if let Err(error) = log.append(&[]) {
                    tracing::debug!(channel = &*self.shared.name, %error, "takes are not recorded yet");
                }
                return log.spares.len() > spares;
            }
            Outcome::Failed(error) => self.fail(log, puts, error),
        }
        true
    }

    fn publish(&self, mut puts: Vec<Pending<T>>, written: &[Written], log: &Log) {
        let rest = puts.split_off(written.len().min(puts.len()));
        let mut inner = self.shared.lock();
        inner.status.empty_disk(&self.shared.name);
        for put in rest.into_iter().rev() {
            inner.pending.push_front(put);
        }
        let mut answers = Vec::with_capacity(puts.len());
        for (put, Written { first, span }) in puts.into_iter().zip(written) {
            inner.unwritten -= put.record.bytes();
            inner.queue.publish(*first, put.events, put.room, *span);
            answers.push((put.token, put.waiter));
        }
        inner.know(&log.segments);
        drop(inner);
        self.shared.arrived.notify_one();
        self.shared.room.notify_one();
        for (token, waiter) in answers {
            token.ack();
            if let Some(waiter) = waiter {
                // Who committed may have gone.
                let _ = waiter.send(Ok(()));
            }
        }
    }

    fn wait_for_space(&self, puts: Vec<Pending<T>>, error: &FileChannelError) {
        let mut inner = self.shared.lock();
        for put in puts.into_iter().rev() {
            inner.pending.push_front(put);
        }
        inner.status.fill_disk(&self.shared.name, error);
        drop(inner);
        self.shared.later.notify_one();
    }

    fn fail(&self, log: &mut Log, puts: Vec<Pending<T>>, error: FileChannelError) {
        tracing::error!(channel = &*self.shared.name, %error, "cannot write");
        let events = puts.iter().map(|put| u64::from(put.record.events)).sum();
        let given_up = log.give_up(events);
        let mut inner = self.shared.lock();
        inner.queue.give_up(given_up);
        drop(inner);
        fail_puts(&self.shared, puts, error);
    }
}

/// Tries every folder once, and the first one again.
fn write<T>(log: &mut Log, puts: &[Pending<T>]) -> Outcome {
    let records: Vec<&Encoded> = puts.iter().map(|put| &put.record).collect();
    let mut tries = log.settings.folders.len() + 1;
    loop {
        tries -= 1;
        match log.append(&records) {
            Ok(written) => return Outcome::Written(written),
            Err(error) if error.is_full() => return Outcome::Full(error),
            Err(error) if tries == 0 => return Outcome::Failed(error),
            Err(error) => tracing::warn!(%error, "a segment is given up"),
        }
    }
}

fn fail_puts<T: Stored>(shared: &Shared<T>, puts: Vec<Pending<T>>, error: FileChannelError) {
    let error = Arc::new(error);
    let mut inner = shared.lock();
    let mut answers = Vec::with_capacity(puts.len());
    for put in puts {
        inner.unwritten -= put.record.bytes();
        inner.queue.release(put.room);
        answers.push((put.token, put.waiter));
    }
    drop(inner);
    shared.room.notify_one();
    shared.arrived.notify_one();
    for (token, waiter) in answers {
        token.fail(DeliveryError::new(&*shared.name, LossKind::Failed));
        if let Some(waiter) = waiter {
            // Who committed may have gone.
            let _ = waiter.send(Err(Arc::clone(&error)));
        }
    }
}

impl<T: Stored> Drop for Writing<T> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut inner = self.shared.lock();
        inner.is_writing = false;
        let puts: Vec<Pending<T>> = take_all(&mut inner);
        drop(inner);
        fail_puts(&self.shared, puts, FileChannelError::Stopped);
        self.shared.written.notify_waiters();
    }
}

fn take_all<T>(inner: &mut Inner<T>) -> Vec<Pending<T>> {
    inner.pending.drain(..).collect()
}
