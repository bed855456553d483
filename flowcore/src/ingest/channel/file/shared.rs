use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::base::{BlockingPool, DiskLock, Token};
use crate::ingest::channel::keep_alive::KeepAlive;
use crate::ingest::{ChannelError, ChannelState, PutErrorKind};

use super::encoded::Encoded;
use super::log::Log;
use super::queue::{Limits, Part, Queue, ReadRequest, Room, Step, Taken};
use super::segment::Segment;
use super::settings::Settings;
use super::{FileChannelError, FileChannelStatus, Stored};

/// Bytes of committed puts that wait to be written; then further puts wait.
pub(super) const UNWRITTEN: usize = 4 << 20;

/// A put that is to be written.
#[derive(Debug)]
pub(super) struct Pending<T> {
    pub(super) record: Encoded,
    pub(super) events: Vec<T>,
    pub(super) room: Room,
    pub(super) token: Token,
    pub(super) waiter: Option<oneshot::Sender<Result<(), Arc<FileChannelError>>>>,
}

/// Whether what was left for later is to be written now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Open,
    /// Once: somebody waits for it.
    Settling,
    /// Always: nobody holds the channel any more.
    Ended,
}

/// What is under the lock.
#[derive(Debug)]
pub(super) struct Inner<T> {
    pub(super) queue: Queue<T>,
    pub(super) pending: VecDeque<Pending<T>>,
    pub(super) unwritten: usize,
    /// Taken, and not told to the log.
    pub(super) takes: Vec<Range<u64>>,
    /// `None` while a thread writes.
    pub(super) log: Option<Log>,
    pub(super) is_writing: bool,
    pub(super) is_reading: bool,
    pub(super) read_error: Option<FileChannelError>,
    pub(super) status: FileChannelStatus,
    pub(super) ending: Ending,
    /// Of the segments, in order.
    pub(super) paths: Vec<(u64, PathBuf)>,
}

impl<T> Inner<T> {
    /// Whether it is asked for; then this answers for it.
    pub(super) fn answer_ending(&mut self) -> bool {
        let asked = self.ending != Ending::Open;
        if self.ending == Ending::Settling {
            self.ending = Ending::Open;
        }
        asked
    }

    pub(super) fn know(&mut self, segments: &[Segment]) {
        let same = self.paths.len() == segments.len()
            && self.paths.last().map(|(id, _)| *id) == segments.last().map(|segment| segment.id);
        if !same {
            self.paths = segments.iter().map(|segment| (segment.id, segment.path.clone())).collect();
            self.status.segments = self.paths.len();
        }
    }

    pub(super) fn path(&self, segment: u64) -> Option<PathBuf> {
        let at = self.paths.binary_search_by_key(&segment, |(id, _)| *id).ok()?;
        self.paths.get(at).map(|(_, path)| path.clone())
    }
}

/// The queue, the log, and who waits for them.
///
/// One thread at a time writes, and only while there is something to write; the same holds for reading.
/// Waiting goes through two fair locks, as in the memory channel.
pub(super) struct Shared<T> {
    pub(super) name: Arc<str>,
    /// As it was opened.
    pub(super) settings: Settings,
    pub(super) keep_alive: KeepAlive,
    pub(super) pool: BlockingPool,
    pub(super) inner: Mutex<Inner<T>>,
    pub(super) putters: tokio::sync::Mutex<()>,
    pub(super) takers: tokio::sync::Mutex<()>,
    pub(super) room: Notify,
    pub(super) arrived: Notify,
    /// A thread has stopped writing.
    pub(super) written: Notify,
    /// Something is left to do later: see `Housekeeping`.
    pub(super) later: Arc<Notify>,
    pub(super) _locks: Vec<Box<dyn DiskLock>>,
}

impl<T> Shared<T> {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn closed(&self) -> ChannelError {
        ChannelError::Closed { channel: self.name.to_string() }
    }

    pub(super) fn storage(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ChannelError {
        ChannelError::Storage { channel: self.name.to_string(), cause: cause.into() }
    }
}

impl<T: Stored> Shared<T> {
    pub(super) async fn reserve(&self, room: Room) -> Result<(), PutErrorKind> {
        self.keep_alive.bound(&self.settings.clock, self.wait_for_room(room)).await
    }

    async fn wait_for_room(&self, room: Room) -> Result<(), PutErrorKind> {
        let _turn = self.putters.lock().await;
        loop {
            let freed = self.room.notified();
            let step = {
                let mut inner = self.lock();
                let is_held = inner.unwritten > UNWRITTEN || inner.status.disk_full;
                if is_held && !inner.queue.is_closed() { Step::Wait } else { inner.queue.reserve(room) }
            };
            match step {
                Step::Done(()) => return Ok(()),
                Step::Closed => return Err(PutErrorKind::Closed),
                Step::Wait | Step::Read | Step::Failed => freed.await,
            }
        }
    }

    pub(super) fn resize(&self, limits: Limits, keep_alive: Duration) {
        self.keep_alive.set(keep_alive);
        self.lock().queue.set_limits(limits);
        self.room.notify_one();
    }

    pub(super) fn release(&self, room: Room) {
        self.lock().queue.release(room);
        self.room.notify_one();
        // A taker may wait for the last open put of a closed channel.
        self.arrived.notify_one();
    }

    /// Hands a put to the writer.
    pub(super) fn submit(self: &Arc<Self>, pending: Pending<T>) {
        let mut inner = self.lock();
        inner.unwritten += pending.record.bytes();
        inner.pending.push_back(pending);
        self.write_soon(inner);
    }

    pub(super) async fn take(self: &Arc<Self>, max: usize) -> Result<Taken<T>, FileTakeError> {
        let _turn = self.takers.lock().await;
        loop {
            let arrived = self.arrived.notified();
            let step = {
                let mut inner = self.lock();
                let step = inner.queue.take(max);
                if matches!(step, Step::Failed) {
                    inner.queue.try_again();
                    if let Some(error) = inner.read_error.take() {
                        return Err(FileTakeError::Read(error));
                    }
                }
                self.read_ahead(&mut inner);
                step
            };
            match step {
                Step::Done(taken) => return Ok(taken),
                Step::Closed => return Err(FileTakeError::Closed),
                Step::Wait | Step::Read | Step::Failed => arrived.await,
            }
        }
    }

    /// Starts to read if little is left in memory.
    fn read_ahead(self: &Arc<Self>, inner: &mut Inner<T>) {
        if inner.is_reading {
            return;
        }
        if let Some(request) = inner.queue.next_read(super::reading::AHEAD) {
            inner.is_reading = true;
            self.start_reading(request);
        }
    }

    fn start_reading(self: &Arc<Self>, request: ReadRequest) {
        let reading = super::reading::Reading::new(Arc::clone(self), request);
        self.pool.start(move || reading.run());
    }

    pub(super) fn forget(self: &Arc<Self>, parts: &[Part]) {
        let mut inner = self.lock();
        inner.queue.forget(parts);
        inner.takes.extend(parts.iter().map(|part| part.sequences.clone()));
        self.write_soon(inner);
        self.room.notify_one();
        // A taker may wait for the last open take of a closed channel.
        self.arrived.notify_one();
    }

    pub(super) fn put_back(&self, events: Option<Vec<T>>, parts: Vec<Part>) {
        self.lock().queue.put_back(events, parts);
        self.arrived.notify_one();
    }

    pub(super) fn close(&self) {
        self.lock().queue.close();
        self.room.notify_one();
        self.arrived.notify_one();
    }

    /// Lets a thread write, if none does.
    pub(super) fn write_soon(self: &Arc<Self>, mut inner: MutexGuard<'_, Inner<T>>) {
        if !inner.is_writing {
            inner.is_writing = true;
            drop(inner);
            let writing = super::writing::Writing::new(Arc::clone(self));
            self.pool.start(move || writing.run());
        }
    }

    fn settle_soon(self: &Arc<Self>) {
        let mut inner = self.lock();
        if inner.ending == Ending::Open {
            inner.ending = Ending::Settling;
        }
        self.write_soon(inner);
    }

    /// The last handle is gone: a checkpoint is written if one is asked for.
    pub(super) fn end(self: &Arc<Self>) {
        let mut inner = self.lock();
        inner.ending = Ending::Ended;
        if inner.log.as_ref().is_none_or(Log::owes_a_checkpoint) {
            self.write_soon(inner);
        }
    }

    /// Returns when nothing is left to write.
    pub(super) async fn settle(self: &Arc<Self>) {
        self.settle_soon();
        loop {
            let mut written = pin!(self.written.notified());
            written.as_mut().enable();
            if !self.lock().is_writing {
                return;
            }
            written.await;
        }
    }

    pub(super) fn state(&self) -> ChannelState {
        self.lock().queue.state()
    }
}

/// Why a take gave nothing.
#[derive(Debug)]
pub(super) enum FileTakeError {
    Closed,
    Read(FileChannelError),
}
