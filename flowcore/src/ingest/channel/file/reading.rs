use std::sync::Arc;

use super::queue::ReadRequest;
use super::read::read;
use super::shared::{Inner, Shared};
use super::{FileChannelError, Stored};

/// Bytes of events that are read at once, and that are kept ready.
pub(super) const AHEAD: usize = 4 << 20;

/// One read, on a thread of its own. Dropped without being run, it leaves an error.
pub(super) struct Reading<T: Stored> {
    shared: Arc<Shared<T>>,
    request: ReadRequest,
    has_ended: bool,
}

impl<T: Stored> Reading<T> {
    pub(super) fn new(shared: Arc<Shared<T>>, request: ReadRequest) -> Self {
        Self { shared, request, has_ended: false }
    }

    pub(super) fn run(mut self) {
        let path = self.shared.lock().path(self.request.span.segment);
        let shared = Arc::clone(&self.shared);
        let done = match path {
            Some(path) => {
                read::<T>(&*shared.settings.disk, &shared.settings.keys, &path, &self.request, AHEAD as u64)
            }
            None => Err(FileChannelError::Stopped),
        };
        let mut inner = shared.lock();
        match done {
            Ok(read) => {
                for damage in read.damage {
                    inner.status.add(&shared.name, damage);
                }
                inner.takes.extend(read.lost.iter().cloned());
                inner.queue.load(&self.request, read.loaded, &read.lost, read.rest);
                inner.read_error = None;
            }
            Err(error) => self.set_aside(&mut inner, error),
        }
        inner.status.unreadable = inner.queue.aside();
        inner.is_reading = false;
        self.has_ended = true;
        if inner.takes.is_empty() {
            drop(inner);
        } else {
            shared.write_soon(inner);
            shared.room.notify_one();
        }
        shared.arrived.notify_one();
    }
}

impl<T: Stored> Reading<T> {
    /// What follows is delivered meanwhile.
    fn set_aside(&self, inner: &mut Inner<T>, error: FileChannelError) {
        if inner.status.unreadable == 0 {
            tracing::warn!(channel = &*self.shared.name, %error, "a segment cannot be read: its events wait");
        }
        inner.queue.set_aside(self.request.span.segment);
        inner.read_error = Some(error);
        self.shared.later.notify_one();
    }
}

impl<T: Stored> Drop for Reading<T> {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut inner = self.shared.lock();
            inner.is_reading = false;
            inner.queue.set_aside(self.request.span.segment);
            inner.read_error = Some(FileChannelError::Stopped);
            drop(inner);
            self.shared.arrived.notify_one();
        }
    }
}
