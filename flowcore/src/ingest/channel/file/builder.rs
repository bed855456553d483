use std::any::Any;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::encryption::Keys;
use super::queue::Limits;
use super::settings::Settings;
use super::{Checkpoints, EncryptionKey, FileChannel, FileChannelError, Stored, SyncPolicy};
use crate::base::{Clock, Disk, LocalDisk};
use crate::event::Event;
use crate::ingest::metrics::Counters;
use crate::ingest::{Channel, ChannelError, ChannelFactory, ComponentContext};

/// Chooses where a [`FileChannel`] keeps its events, and its limits: 1,000,000 events, 10,000 a transaction,
/// segments of 128 MiB, 500 MiB left free on the disk, 64 MiB of events in memory, a sync for each commit, and
/// 3 seconds that a put waits for room.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path();
/// use flowcore::event::Event;
/// use flowcore::ingest::{Channel, FileChannel, SyncPolicy};
///
/// let channel = FileChannel::<Event>::builder([folder.join("data")])
///     .capacity(50_000)
///     .segment_bytes(16 << 20)
///     .least_free_space(1 << 20)
///     .sync(SyncPolicy::EachCommit)
///     .open("file")
///     .await?;
/// assert_eq!(channel.state().capacity, 50_000);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use]
pub struct FileChannelBuilder<T = Event> {
    pub(super) limits: Limits,
    pub(super) keep_alive: Duration,
    pub(super) settings: Settings,
    item: PhantomData<fn() -> T>,
}

impl<T: Stored> FileChannelBuilder<T> {
    pub(super) fn new(folders: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        let limits = Limits { events: 1_000_000, transaction: 10_000, bytes: usize::MAX, memory: 64 << 20 };
        let settings = Settings {
            disk: Arc::new(LocalDisk),
            folders: folders.into_iter().map(Into::into).collect(),
            segment: 128 << 20,
            least_free: 500 << 20,
            sync: SyncPolicy::EachCommit,
            strict: false,
            keys: Keys::default(),
            checkpoints: None,
            counters: Counters::new(),
            clock: Clock::system(),
        };
        Self { limits, keep_alive: Duration::from_secs(3), settings, item: PhantomData }
    }

    /// How many events it holds at most, at least 1. May change from one opening to the next: one that holds
    /// more than that takes no puts until it holds less.
    pub fn capacity(mut self, events: usize) -> Self {
        self.limits.events = events.max(1);
        self
    }

    /// How many events one put or take may have, at least 1. More than the capacity means the capacity.
    pub fn transaction(mut self, events: usize) -> Self {
        self.limits.transaction = events.max(1);
        self
    }

    /// How many bytes its events may have together, by [`Weigh`](crate::event::Weigh); no limit by default. A
    /// heavier batch is refused as too large.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// How many bytes of waiting events it keeps in memory, so that they need not be read.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// How long a put waits for room before it is refused as full.
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.keep_alive = time;
        self
    }

    /// How long a segment is, at least 64 KiB; it takes this much of the disk from its beginning. One that
    /// is begun for a longer put is as long as that needs. May change from one opening to the next.
    pub fn segment_bytes(mut self, bytes: u64) -> Self {
        self.settings.segment = bytes.max(64 << 10);
        self
    }

    /// How many bytes stay free on the disk: a segment that would leave less is not begun, and puts wait.
    pub fn least_free_space(mut self, bytes: u64) -> Self {
        self.settings.least_free = bytes;
        self
    }

    /// When what was committed is forced to the disk.
    pub fn sync(mut self, policy: SyncPolicy) -> Self {
        self.settings.sync = policy;
        self
    }

    /// Refuses to open when committed events cannot be read, rather than to count them and go on without.
    pub fn strict_recovery(mut self, strict: bool) -> Self {
        self.settings.strict = strict;
        self
    }

    /// Encrypts events from now on, with AES-256-GCM. What is there already may be encrypted with another key, see
    /// [`decrypt_with`](Self::decrypt_with), or with none: it is read as it is.
    ///
    /// What is encrypted is the events. How many there are, how long they are together and which of them were
    /// taken can be seen.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temporary = tempfile::tempdir()?;
    /// # let folder = temporary.path();
    /// use flowcore::ingest::{EncryptionKey, FileChannel};
    ///
    /// let (old, new) = (EncryptionKey::new("key-0", [1; 32])?, EncryptionKey::new("key-1", [2; 32])?);
    /// let builder = || FileChannel::<String>::builder([folder]).least_free_space(0);
    /// drop(builder().encrypt_with(old.clone()).open("lines").await?);
    /// // Keys are changed: new events have the new one, old events are still read.
    /// builder().encrypt_with(new).decrypt_with([old]).open("lines").await?;
    /// # Ok(()) }
    /// ```
    pub fn encrypt_with(mut self, key: EncryptionKey) -> Self {
        self.settings.keys.active = Some(key);
        self
    }

    /// Keys of events that are there already, beside that of [`encrypt_with`](Self::encrypt_with). A key can be
    /// left out when no segment has it any more; until then the channel refuses to open without it.
    pub fn decrypt_with(mut self, keys: impl IntoIterator<Item = EncryptionKey>) -> Self {
        self.settings.keys.others.extend(keys);
        self
    }

    /// Writes down from time to time what is in it, so that a start reads less of its log.
    pub fn checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.settings.checkpoints = Some(checkpoints);
        self
    }

    /// With the clock and the counters of the component that it is, or is a part of.
    pub(in crate::ingest::channel) fn within(mut self, context: &ComponentContext) -> Self {
        self.settings.clock = context.clock.clone();
        self.settings.counters = context.counters.clone();
        self
    }

    /// Uses another disk than the machine's.
    pub fn on_disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.settings.disk = disk;
        self
    }

    /// Whether [`resize`](Self::resize) makes of `channel` what this would open: they differ in capacity,
    /// transaction, bytes, memory and keep-alive alone.
    pub fn can_resize(&self, channel: &FileChannel<T>) -> bool {
        self.settings.keep_as(&channel.shared.settings)
    }

    /// Gives `channel` these limits, and keeps its events: one that holds more than it may takes no puts until
    /// it holds less. What has room already keeps it.
    pub fn resize(&self, channel: &FileChannel<T>) {
        self.resize_part(channel, self.limits.transaction, self.keep_alive);
    }

    /// The same for a part of another channel, whose limits of time and transaction hold.
    pub(in crate::ingest::channel) fn resize_part(
        &self,
        channel: &FileChannel<T>,
        transaction: usize,
        keep_alive: Duration,
    ) {
        channel.shared.resize(Limits { transaction, ..self.limits }.fitting(), keep_alive);
    }

    /// Opens it under the name that its errors show. What was committed and not taken before is in it.
    ///
    /// # Errors
    /// [`FileChannelError`] says what cannot be used, and why.
    pub async fn open(self, name: impl Into<Arc<str>>) -> Result<FileChannel<T>, FileChannelError> {
        super::open::open(self, name.into()).await
    }
}

#[async_trait]
impl<T: Stored> ChannelFactory<T> for FileChannelBuilder<T> {
    async fn open(self: Box<Self>, context: &ComponentContext) -> Result<Arc<dyn Channel<T>>, ChannelError> {
        let name = Arc::clone(&context.name);
        let opened = super::open::open(self.within(context), Arc::clone(&name)).await;
        let channel = opened
            .map_err(|error| ChannelError::Storage { channel: name.to_string(), cause: Box::new(error) })?;
        Ok(Arc::new(channel))
    }

    fn resize<'a>(&'a self, running: &'a dyn Channel<T>) -> Option<Box<dyn FnOnce() + 'a>> {
        let channel = (running as &dyn Any).downcast_ref()?;
        self.can_resize(channel).then(|| Box::new(|| self.resize(channel)) as Box<dyn FnOnce()>)
    }
}
