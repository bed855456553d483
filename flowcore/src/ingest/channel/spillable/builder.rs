use std::any::Any;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::SpillableChannel;
use super::shared::{Inner, Limits, Shared};
use crate::base::Clock;
use crate::event::Event;
use crate::ingest::{
    Channel, ChannelError, ChannelFactory, ComponentContext, FileChannelBuilder, FileChannelError,
    MemoryChannelBuilder, Stored,
};

/// Why a [`SpillableChannel`] cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpillableChannelError {
    /// It was given neither.
    #[error("a spillable channel needs a part in memory or a part on disk")]
    NoPart,
    /// Its part on disk cannot be opened.
    #[error("the part on disk cannot be opened")]
    Disk(#[source] FileChannelError),
}

/// Chooses the two parts of a [`SpillableChannel`], and when it goes from one to the other: to the disk after
/// 3 seconds without room in memory, back when more than 5 % of the memory is free; 10,000 events a transaction.
#[derive(Debug)]
#[must_use]
pub struct SpillableChannelBuilder<T = Event> {
    memory: Option<MemoryChannelBuilder<T>>,
    disk: Option<FileChannelBuilder<T>>,
    transaction: usize,
    timeout: Duration,
    threshold: u8,
    context: ComponentContext,
}

impl<T: Stored> SpillableChannelBuilder<T> {
    pub(super) fn new() -> Self {
        Self {
            memory: None,
            disk: None,
            transaction: 10_000,
            timeout: Duration::from_secs(3),
            threshold: 5,
            context: ComponentContext::new("spillable", Clock::system()),
        }
    }

    /// The part in memory. Without one, all events go to the disk.
    pub fn memory(mut self, memory: MemoryChannelBuilder<T>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// The part on disk. Without one, it is a memory channel.
    pub fn disk(mut self, disk: FileChannelBuilder<T>) -> Self {
        self.disk = Some(disk);
        self
    }

    /// How many events one put or take may have, at least 1; also of both parts.
    pub fn transaction(mut self, events: usize) -> Self {
        self.transaction = events.max(1);
        self
    }

    /// How long a put waits for room in memory before it goes to the disk; and how long for room there.
    pub fn overflow_timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Puts go to the disk until more than this share of the memory is free, in percent.
    pub fn deactivation_threshold(mut self, percent: u8) -> Self {
        self.threshold = percent.min(100);
        self
    }

    /// Whether [`resize`](Self::resize) makes of `channel` what this would open: it has the same parts, and that
    /// on disk [can be resized](FileChannelBuilder::can_resize).
    pub fn can_resize(&self, channel: &SpillableChannel<T>) -> bool {
        let Shared { memory, disk, .. } = &*channel.shared;
        let same_disk = match (&self.disk, disk) {
            (Some(next), Some(disk)) => next.can_resize(disk),
            (next, disk) => next.is_none() && disk.is_none(),
        };
        same_disk && self.memory.is_some() == memory.is_some()
    }

    /// Gives `channel` and its parts these limits; they keep their events. A part that holds more than it may
    /// takes no puts until it holds less.
    pub fn resize(&self, channel: &SpillableChannel<T>) {
        let shared = &channel.shared;
        shared.lock().limits = Limits { transaction: self.transaction, threshold: self.threshold };
        if let (Some(next), Some(memory)) = (&self.memory, &shared.memory) {
            next.resize_part(memory, self.transaction, self.timeout);
        }
        if let (Some(next), Some(disk)) = (&self.disk, &shared.disk) {
            next.resize_part(disk, self.transaction, self.timeout);
        }
    }

    /// Opens it under the name that its errors show. What its part on disk has is in it.
    ///
    /// # Errors
    /// [`SpillableChannelError`].
    pub async fn open(self, name: impl Into<Arc<str>>) -> Result<SpillableChannel<T>, SpillableChannelError> {
        let (name, transaction) = (name.into(), self.transaction);
        if self.memory.is_none() && self.disk.is_none() {
            return Err(SpillableChannelError::NoPart);
        }
        let memory = self
            .memory
            .map(|memory| memory.transaction(transaction).keep_alive(self.timeout).build(name.clone()));
        let disk = match self.disk {
            Some(disk) => {
                let disk = disk.transaction(transaction).keep_alive(self.timeout).within(&self.context);
                Some(disk.open(name.clone()).await.map_err(SpillableChannelError::Disk)?)
            }
            None => None,
        };
        let shared = Shared {
            name,
            memory,
            disk,
            clock: self.context.clock,
            inner: Mutex::new(Inner::new(Limits { transaction, threshold: self.threshold })),
            commits: tokio::sync::Mutex::default(),
            takers: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        };
        shared.found();
        Ok(SpillableChannel::new(Arc::new(shared)))
    }
}

#[async_trait]
impl<T: Stored> ChannelFactory<T> for SpillableChannelBuilder<T> {
    async fn open(
        mut self: Box<Self>,
        context: &ComponentContext,
    ) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        self.context = context.clone();
        let name = context.name.clone();
        let opened = Self::open(*self, name.clone()).await;
        let channel = opened
            .map_err(|error| ChannelError::Storage { channel: name.to_string(), cause: Box::new(error) })?;
        Ok(Arc::new(channel))
    }

    fn resize<'a>(&'a self, running: &'a dyn Channel<T>) -> Option<Box<dyn FnOnce() + 'a>> {
        let channel = (running as &dyn Any).downcast_ref()?;
        self.can_resize(channel).then(|| Box::new(|| self.resize(channel)) as Box<dyn FnOnce()>)
    }
}
