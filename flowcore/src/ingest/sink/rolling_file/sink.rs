use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::encoding::Encoding;
use super::names::{FileNames, TimedNames};
use super::policy::{Contents, RollPolicy};
use crate::base::{Clock, Disk, DiskFile, LocalDisk, Panic, Timestamp, blocking};
use crate::event::Event;
use crate::ingest::metrics::{Connected, Counter, Counters};
use crate::ingest::sink::{EventSerializer, TextSerializer};
use crate::ingest::{ComponentContext, Sink, SinkError};

/// The most room that is kept for the next write.
const MOST_ROOM: usize = 4 << 20;

/// A write that the system only copies takes less. One that takes longer waits for the disk.
const QUICK: Duration = Duration::from_millis(1);

/// Writes events into files, unless said otherwise their bodies, one a line, and begins a new file when one is full.
///
/// A file's name is prefix, milliseconds since 1970 when it was begun, a number, suffix. While it is written
/// it has `.tmp` behind that, so that nobody takes it too early; what an earlier run left so is given its
/// name at the start.
///
/// **Delivered** means written to the system, and with [`sync`](Self::sync) that it survives a loss of
/// power. **What can repeat:** after an error the whole batch comes again, into a new file. The old one is cut
/// back to the last delivery; where the disk does not even do that, it may have the beginning of the batch, and
/// so it has when a file became full within the batch. **Order** is that of the events. **When the disk is full**
/// the batch stays in the channel. A file is ended when the next event comes or at the stop, also when it is
/// too old.
///
/// Writes are made on the thread that it runs on as long as the disk takes them quickly: an agent gives it
/// [one of its own](Sink::blocks).
///
/// ```no_run
/// use flowcore::ingest::sink::RollingFileSink;
/// use std::time::Duration;
/// let sink = RollingFileSink::new("/var/spool/events")
///     .names("web-", ".log")
///     .roll_bytes(Some(64 << 20))
///     .roll_age(Some(Duration::from_secs(3600)));
/// ```
pub struct RollingFileSink {
    folder: PathBuf,
    prefix: String,
    suffix: String,
    in_use: String,
    names: Box<dyn FileNames>,
    policy: RollPolicy,
    serializer: Arc<dyn EventSerializer>,
    sync: bool,
    disk: Arc<dyn Disk>,
    clock: Clock,
    counters: Counters,
    current: Option<Current>,
    /// The name of a file that could not be written and was removed.
    unused: Option<PathBuf>,
    /// What was written last: the room for what is written next.
    written: Vec<u8>,
    /// The last write was not quick: the next one is given to a thread that may block.
    waits_for_disk: bool,
}

#[derive(Debug)]
struct Current {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    contents: Contents,
    _connected: Connected,
}

/// Why a [`RollingFileSink`] did not deliver: the cause inside its [`SinkError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollingFileError {
    /// A file cannot be made, written, synced or renamed.
    #[error("cannot write {path}", path = .path.display())]
    Write {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// There is a file under every name that was given.
    #[error("every name for a new file in {folder} is taken", folder = .folder.display())]
    NoName {
        /// The folder.
        folder: PathBuf,
    },
    /// The writing panicked.
    #[error("the writer of files failed")]
    Panicked(#[from] Panic),
}

impl RollingFileSink {
    /// Files in `folder`, which is made if it is missing: `events-….log`, a new one every 64 MiB.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let sink = Self {
            folder: folder.into(),
            prefix: String::new(),
            suffix: String::new(),
            names: Box::new(TimedNames { prefix: String::new(), suffix: String::new(), last: None }),
            in_use: ".tmp".into(),
            policy: RollPolicy { bytes: Some(64 << 20), events: None, age: None },
            serializer: Arc::new(TextSerializer::new()),
            sync: false,
            disk: Arc::new(LocalDisk),
            clock: Clock::system(),
            counters: Counters::new(),
            current: None,
            unused: None,
            written: Vec::new(),
            waits_for_disk: false,
        };
        sink.names("events-", ".log")
    }

    /// What file names begin and end with.
    #[must_use]
    pub fn names(mut self, prefix: impl Into<String>, suffix: impl Into<String>) -> Self {
        (self.prefix, self.suffix) = (prefix.into(), suffix.into());
        let (prefix, suffix) = (self.prefix.clone(), self.suffix.clone());
        self.names = Box::new(TimedNames { prefix, suffix, last: None });
        self
    }

    /// Names that are made up in another way, whole: no prefix and no suffix are added.
    #[must_use]
    pub fn named_by(mut self, names: impl FileNames) -> Self {
        (self.prefix, self.suffix) = (String::new(), String::new());
        self.names = Box::new(names);
        self
    }

    /// What stands behind the name while the file is written (default `.tmp`; may be empty).
    #[must_use]
    pub fn in_use_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.in_use = suffix.into();
        self
    }

    /// How events are written; [`TextSerializer`] unless said otherwise.
    #[must_use]
    pub fn serializer(mut self, serializer: impl EventSerializer) -> Self {
        self.serializer = Arc::new(serializer);
        self
    }

    /// A file has at most so many bytes, all that is written included (default 64 MiB). A larger event has a file of
    /// its own.
    #[must_use]
    pub fn roll_bytes(mut self, bytes: Option<u64>) -> Self {
        self.policy.bytes = bytes;
        self
    }

    /// A file has at most so many events (default any number).
    #[must_use]
    pub fn roll_events(mut self, events: Option<u64>) -> Self {
        self.policy.events = events;
        self
    }

    /// A file takes no more events at this age (default never).
    #[must_use]
    pub fn roll_age(mut self, age: Option<Duration>) -> Self {
        self.policy.age = age;
        self
    }

    /// Whether every delivery waits until it is safe from a loss of power (default false).
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Writes through `disk`.
    #[must_use]
    pub fn on_disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }

    async fn write(&mut self, events: &[Event]) -> Result<(), RollingFileError> {
        let mut rest = events;
        while let Some(first) = rest.first() {
            if self.current.as_ref().is_some_and(|file| self.rolls_before(first, file.contents)) {
                self.end_file().await?;
            }
            let mut current = match self.current.take() {
                Some(current) => current,
                None => self.begin_file().inspect_err(|_| self.counters.add(Counter::ConnectionFailed, 1))?,
            };
            let delivered = current.contents.bytes;
            let (bytes, count) = self.fitting(rest, &mut current.contents);
            let (current, written) = self.append(current, delivered, bytes).await?;
            self.current = Some(current);
            if written.capacity() <= MOST_ROOM {
                self.written = written;
            }
            rest = &rest[count..];
        }
        Ok(())
    }

    /// Here while the disk is quick: to hand it over takes as long as to write.
    async fn append(
        &mut self,
        current: Current,
        delivered: u64,
        bytes: Vec<u8>,
    ) -> Result<(Current, Vec<u8>), RollingFileError> {
        let (sync, clock) = (self.sync, self.clock.clone());
        let write = move || {
            let time = clock.stopwatch();
            (append(current, delivered, bytes, sync), time.elapsed())
        };
        let (written, time) = if sync || self.waits_for_disk { blocking(write).await? } else { write() };
        self.waits_for_disk = time > QUICK;
        if let Err(RollingFileError::Write { path, .. }) = &written
            && delivered == 0
        {
            self.take_back(path);
        }
        written
    }

    /// A file that never had anything goes again, and its name is the next one's: an outage leaves no trace.
    fn take_back(&mut self, path: &Path) {
        match self.disk.remove(path) {
            Ok(()) => self.unused = Some(path.to_path_buf()),
            Err(error) => tracing::warn!(path = %path.display(), %error, "a file without events stays"),
        }
    }

    fn rolls_before(&self, event: &Event, file: Contents) -> bool {
        let size = Encoding::new(&*self.serializer, Vec::new()).append(event);
        self.policy.rolls_before(size, self.clock.now(), file)
    }

    /// As many events as the file takes, in one buffer.
    fn fitting(&mut self, events: &[Event], contents: &mut Contents) -> (Vec<u8>, usize) {
        let mut encoding = Encoding::new(&*self.serializer, std::mem::take(&mut self.written));
        let before = contents.bytes;
        let mut count = 0;
        if contents.bytes == 0 && contents.events == 0 {
            contents.bytes = encoding.begin();
        }
        for event in events {
            let size = encoding.append(event);
            if count > 0 && self.policy.rolls_before(size, contents.opened, *contents) {
                encoding.take_back(size);
                break;
            }
            encoding.settle();
            contents.bytes += size;
            contents.events += 1;
            count += 1;
        }
        let bytes = encoding.finish();
        // Blocks may be longer or shorter than what is in them.
        contents.bytes = before + bytes.len() as u64;
        (bytes, count)
    }

    fn begin_file(&mut self) -> Result<Current, RollingFileError> {
        let opened = self.clock.now();
        let path = match self.unused.take() {
            Some(path) => path,
            None => self.free_name(opened)?,
        };
        let file = self.disk.append(&path).map_err(cannot(&path))?;
        let contents = Contents { bytes: 0, events: 0, opened };
        Ok(Current { file, path, contents, _connected: self.counters.connected() })
    }

    /// A name that no file has, finished or not.
    fn free_name(&mut self, now: Timestamp) -> Result<PathBuf, RollingFileError> {
        let taken = self.list()?;
        // Among more names than there are files, each another one, is a free one.
        for _ in 0..=taken.len() {
            let name = self.names.next(now);
            let (path, in_use) = (self.folder.join(&name), self.folder.join(name + &self.in_use));
            if !taken.contains(&path) && !taken.contains(&in_use) {
                return Ok(in_use);
            }
        }
        Err(RollingFileError::NoName { folder: self.folder.clone() })
    }

    fn list(&self) -> Result<HashSet<PathBuf>, RollingFileError> {
        match self.disk.list(&self.folder) {
            Ok(entries) => Ok(entries.into_iter().map(|entry| entry.path).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
            Err(error) => Err(cannot(&self.folder)(error)),
        }
    }

    async fn end_file(&mut self) -> Result<(), RollingFileError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let (disk, name) = (Arc::clone(&self.disk), self.finished_name(&current.path));
        blocking(move || {
            current.file.sync().map_err(cannot(&current.path))?;
            match name {
                Some(name) => disk.rename(&current.path, &name).map_err(cannot(&current.path)),
                None => Ok(()),
            }
        })
        .await?
    }

    /// The name without what says that it is in use.
    fn finished_name(&self, path: &Path) -> Option<PathBuf> {
        let name = path.file_name()?.to_str()?.strip_suffix(&self.in_use)?;
        let ours = name.starts_with(&self.prefix) && name.ends_with(&self.suffix);
        (ours && !self.in_use.is_empty()).then(|| self.folder.join(name))
    }

    /// Gives what an earlier run left its name.
    fn finish_left_files(&self) -> Result<(), RollingFileError> {
        let files = self.list()?;
        for path in &files {
            if let Some(name) = self.finished_name(path).filter(|name| !files.contains(name)) {
                self.disk.rename(path, &name).map_err(cannot(path))?;
            }
        }
        Ok(())
    }
}

/// A file that could not be written is not gone on with. It keeps the `delivered` bytes that it had.
fn append(
    mut current: Current,
    delivered: u64,
    bytes: Vec<u8>,
    sync: bool,
) -> Result<(Current, Vec<u8>), RollingFileError> {
    let written = current.file.write(&bytes);
    let written = written.and_then(|()| if sync { current.file.sync() } else { Ok(()) });
    match written {
        Ok(()) => Ok((current, bytes)),
        Err(cause) => {
            if let Err(error) = current.file.truncate(delivered) {
                tracing::warn!(path = %current.path.display(), %error, "the end of a batch that failed stays");
            }
            Err(RollingFileError::Write { path: current.path, cause })
        }
    }
}

fn cannot(path: &Path) -> impl Fn(io::Error) -> RollingFileError {
    move |cause| RollingFileError::Write { path: path.to_path_buf(), cause }
}

impl std::fmt::Debug for RollingFileSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RollingFileSink")
            .field("folder", &self.folder)
            .field("policy", &self.policy)
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Sink for RollingFileSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        self.counters = context.counters.clone();
        self.finish_left_files().map_err(SinkError::retry)
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        self.write(events).await.map_err(SinkError::retry)
    }

    fn blocks(&self) -> bool {
        true
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.end_file().await.map_err(SinkError::retry)
    }
}
