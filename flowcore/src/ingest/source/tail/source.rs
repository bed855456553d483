use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::flume_positions::FlumeFormat;
use super::followed_files::FollowedFiles;
use super::follower::Follower;
use super::lines::{EachLine, MapLines};
use super::options::{FromEnd, Poll, TailOptions};
use super::positions::OwnFormat;
use super::{FilePattern, Fingerprint, Line, LongLines, Renamed, TailError, TailProgress, event};
use crate::base::Disk;
use crate::event::Event;
use crate::ingest::metrics::{Counter, Counters};
use crate::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

/// Reads files as they grow, line by line, and goes on after a restart where delivery ended.
///
/// See the [module](super) for what is followed, what is acknowledged when, and what no tailer can see.
///
/// ```no_run
/// use flowcore::ingest::source::TailSource;
/// let source = TailSource::new(["/var/log/web/*.log"])
///     .positions("/var/lib/flowcore/web.positions.json")
///     .with_position_headers();
/// ```
///
/// Any other item than an [`Event`]:
///
/// ```no_run
/// use flowcore::ingest::source::TailSource;
/// let source: TailSource<(u64, bytes::Bytes)> =
///     TailSource::of(["orders.txt"], |line| (line.number, line.body));
/// ```
pub struct TailSource<T = Event> {
    options: TailOptions,
    map: Option<Box<dyn MapLines<T>>>,
    follower: Option<Follower<T>>,
}

impl TailSource<Event> {
    /// An event for each line of the files at `paths`, where a file name may have `*` and `?`. A line that
    /// was cut at the limit has its full length in the header `truncated`.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self::of(paths, event::plain)
    }

    /// Says in headers where each line stood: `file` (`device:inode:generation`), `path`, `offset` of its start, `end`
    /// after its newline, both in bytes, and `line`, its number from 1.
    #[must_use]
    pub fn with_position_headers(mut self) -> Self {
        self.map = Some(Box::new(EachLine(event::with_positions())));
        self
    }
}

impl<T: Send + 'static> TailSource<T> {
    /// An item made by `map` for each line of the files at `paths`.
    pub fn of<P: Into<PathBuf>>(
        paths: impl IntoIterator<Item = P>,
        map: impl FnMut(Line<'_>) -> T + Send + 'static,
    ) -> Self {
        let paths = paths.into_iter().map(Into::into).collect();
        Self { options: TailOptions::new(paths), map: Some(Box::new(EachLine(map))), follower: None }
    }

    /// An item made by `map` for each line of the files that match one of `patterns`. A file that matches
    /// several belongs to the first; [`Line::pattern`] says which.
    pub fn matching(
        patterns: impl IntoIterator<Item = FilePattern>,
        map: impl FnMut(Line<'_>) -> T + Send + 'static,
    ) -> Self {
        let mut source = Self::of(Vec::<PathBuf>::new(), map);
        source.options.patterns.extend(patterns);
        source
    }

    /// Saves in the file at `path` up to where each file was delivered. Without it every start begins anew.
    #[must_use]
    pub fn positions(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.positions = Some((path.into(), Arc::new(OwnFormat)));
        self
    }

    /// The same in the position file of Flume's taildir source, so that either goes on where the other was:
    /// members `inode`, `pos` and `file`. What is known beyond is kept in a second file, whose name has
    /// `.ext` at its end; both are replaced in one step. A damaged file is read as far as it goes, with a
    /// warning.
    #[must_use]
    pub fn flume_positions(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.positions = Some((path.into(), Arc::new(FlumeFormat)));
        self
    }

    /// At the first start of all (no file of positions), begins at the end of the files that are there.
    /// Their lines are numbered from there. Files that appear later are read from their start.
    #[must_use]
    pub fn from_end(mut self, from_end: bool) -> Self {
        self.options.from_end = from_end.then_some(FromEnd::FirstStart);
        self
    }

    /// Begins at the end of the files that are there at the start and have no saved position. Sources that
    /// follow each other after failures and share a [progress](Self::with_progress) skip once.
    #[must_use]
    pub fn skip_unknown(mut self, skip: bool) -> Self {
        self.options.from_end = skip.then_some(FromEnd::Unknown);
        self
    }

    /// What becomes of a file that has another name (default [`Renamed::Continue`]).
    #[must_use]
    pub fn renamed(mut self, renamed: Renamed) -> Self {
        self.options.recognition.renamed = renamed;
        self
    }

    /// What tells one file from another (default [`Fingerprint::Content`]).
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.options.recognition.fingerprint = fingerprint;
        self
    }

    /// Ends the run when all files are read to their end, a last line without a newline included.
    #[must_use]
    pub fn until_end(mut self, until_end: bool) -> Self {
        self.options.until_end = until_end;
        self
    }

    /// The longest line in bytes (default 64 KiB, at least 1). The source's buffer grows up to it.
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.options.line.most_bytes = bytes.max(1);
        self
    }

    /// Whether a `\r` before the newline belongs to the end of the line rather than to the line (default false).
    #[must_use]
    pub fn crlf(mut self, crlf: bool) -> Self {
        self.options.line.crlf = crlf;
        self
    }

    /// What becomes of longer lines (default [`LongLines::Truncate`]).
    #[must_use]
    pub fn long_lines(mut self, long_lines: LongLines) -> Self {
        self.options.limits.long_lines = long_lines;
        self
    }

    /// The most lines (default 1000) and about the most bytes (default 1 MiB) that are put at once.
    #[must_use]
    pub fn batch(mut self, lines: usize, bytes: usize) -> Self {
        self.options.limits.lines = lines.max(1);
        self.options.limits.bytes = bytes.max(1);
        self
    }

    /// The most batches that are read from one file before it is another one's turn; `None` for all there
    /// are, up to 100 while others wait (default 1).
    #[must_use]
    pub fn max_in_turn(mut self, batches: Option<u64>) -> Self {
        self.options.most_in_turn = batches.map(|batches| batches.max(1));
        self
    }

    /// The most files followed at the same time (default 512): each is kept open, unless
    /// [`max_open`](Self::max_open) is less. With more the source fails, and is not started again.
    #[must_use]
    pub fn max_files(mut self, files: usize) -> Self {
        self.options.most_files = files;
        self
    }

    /// The most files that are open at the same time (default: all that are followed; at least 1). With more,
    /// those that were read to their end are closed, and opened again in turn when they have changed; what is
    /// written to a closed file right before it is removed is not seen. Where the system gives out no more
    /// files, a source does with fewer by itself.
    #[must_use]
    pub fn max_open(mut self, files: usize) -> Self {
        self.options.most_open = files;
        self
    }

    /// The most batches that were put and are not yet acknowledged (default 65,536).
    #[must_use]
    pub fn max_in_flight(mut self, batches: usize) -> Self {
        self.options.most_in_flight = batches.max(1);
        self
    }

    /// How often folders and files are looked at (default 1 s). The system's notifications wake the source
    /// earlier, where there are any.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.options.poll = Poll { step: interval, most: interval };
        self
    }

    /// The same, longer by `step` with every look that sees nothing, up to `most`.
    #[must_use]
    pub fn poll_slower(mut self, step: Duration, most: Duration) -> Self {
        self.options.poll = Poll { step, most };
        self
    }

    /// Lists a folder again only when its time of change says so (default false): for folders with many
    /// files, on disks that keep that time.
    #[must_use]
    pub fn remember_folders(mut self, remember: bool) -> Self {
        self.options.remember_folders = remember;
        self
    }

    /// Whether to use the system's notifications (default true).
    #[must_use]
    pub fn watch(mut self, watch: bool) -> Self {
        self.options.watch = watch;
        self
    }

    /// How often positions are saved at most (default 1 s).
    #[must_use]
    pub fn save_every(mut self, interval: Duration) -> Self {
        self.options.save_every = interval;
        self
    }

    /// How long a file that was renamed away or removed must be quiet before it is left (default 5 s): a
    /// writer may have it open for a while. Then its last line is delivered also without a newline.
    #[must_use]
    pub fn rotate_wait(mut self, wait: Duration) -> Self {
        self.options.rotate_wait = wait;
        self
    }

    /// A file that is still there and did not grow for so long is closed, until it has changed; a last line
    /// without a newline is delivered then (default: never).
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.idle_timeout = Some(timeout);
        self
    }

    /// Tells `progress`, which may be shared by the sources that follow each other after failures.
    #[must_use]
    pub fn with_progress(mut self, progress: TailProgress) -> Self {
        self.options.progress = progress;
        self
    }

    /// Reads and saves through `disk`. Notifications are the machine's: turn [`watch`](Self::watch) off for
    /// a disk that is not.
    #[must_use]
    pub fn on_disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.options.disk = disk;
        self
    }

    /// How far it is.
    pub fn progress(&self) -> TailProgress {
        self.options.progress.clone()
    }
}

#[async_trait]
impl<T: Send + 'static> Source<T> for TailSource<T> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        if self.follower.is_none() {
            let files = FollowedFiles::open(&self.options, &context.counters)?;
            let map = self.map.take();
            self.follower =
                map.map(|map| Follower::new(files, self.options.clone(), map, context.clock.clone()));
        }
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError> {
        let context = out.context().clone();
        self.start(&context).await?;
        match &mut self.follower {
            Some(follower) => follower.run(out).await.inspect_err(|error| count(error, &context.counters)),
            None => Ok(()),
        }
    }

    fn blocks(&self) -> bool {
        true
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        match &mut self.follower {
            Some(follower) => Ok(follower.stop().await?),
            None => Ok(()),
        }
    }
}

/// What could not be read. What a channel refuses is counted with the puts.
fn count(error: &SourceError, counters: &Counters) {
    let (SourceError::Retry(cause) | SourceError::Fatal(cause)) = error;
    if let Some(TailError::List { .. } | TailError::Read { .. }) = cause.downcast_ref() {
        counters.add(Counter::EventReadFail, 1);
    }
}

impl<T> std::fmt::Debug for TailSource<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TailSource").field("options", &self.options).finish_non_exhaustive()
    }
}
