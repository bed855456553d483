use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Clock, DiskEntry, Receipt, Receipts, Stopwatch};
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, PutError, PutErrorKind, Source, SourceError};

use super::candidates::{Aside, Stamp, Wait};
use super::error::{FileProblem, SpoolError};
use super::open_file::OpenFile;
use super::options::{Done, SpoolOptions};
use super::tracker::Tracker;

/// Batches on their way, and files set aside.
const IN_FLIGHT: usize = 1024;
const MOST_ASIDE: usize = 10_000;

/// Reads the files of a folder; see the [module](super).
pub(crate) struct SpoolSource {
    options: SpoolOptions,
    tracker: Tracker,
    clock: Clock,
    running: Stopwatch,
    receipts: Receipts<u64>,
    current: Option<OpenFile>,
    /// The next one last, as they were listed.
    waiting: Vec<DiskEntry>,
    next_look: Duration,
    aside: HashMap<PathBuf, Aside>,
    batch: usize,
}

/// How the reading of a file ended.
enum End {
    /// All of it is delivered.
    Done,
    /// The source is to stop.
    Stop,
    Problem(FileProblem),
}

impl SpoolSource {
    pub(crate) fn new(options: SpoolOptions) -> Self {
        let clock = Clock::system();
        Self {
            tracker: Tracker::new(&options.tracker, options.disk.clone()),
            running: clock.stopwatch(),
            clock,
            receipts: Receipts::new(),
            current: None,
            waiting: Vec::new(),
            next_look: Duration::ZERO,
            aside: HashMap::new(),
            batch: options.batch.max(1),
            options,
        }
    }

    /// The folder must be there, and with renaming it must be possible to write into it.
    fn prepare(&self) -> Result<(), SpoolError> {
        let SpoolOptions { folder, disk, done, .. } = &self.options;
        let cannot = |cause| SpoolError::Folder { path: folder.clone(), cause };
        disk.list(folder).map_err(cannot)?;
        if *done != Done::Track {
            let canary = folder.join(format!("flume-spooldir-perm-check-{}.canary", std::process::id()));
            disk.append(&canary).and_then(|mut file| file.write(b"")).map_err(cannot)?;
            disk.remove(&canary).map_err(cannot)?;
        }
        Ok(())
    }

    /// The next file that may be read, and where to begin. One that was not finished comes first.
    fn next_file(&mut self) -> Result<Option<(PathBuf, u64)>, SpoolError> {
        let now = self.running.elapsed();
        if self.waiting.is_empty() || now >= self.next_look {
            self.next_look = now + self.options.poll;
            let SpoolOptions { folder, disk, .. } = &self.options;
            let listed = self.options.wanted.list(&**disk, folder);
            self.waiting = listed.map_err(|cause| SpoolError::Folder { path: folder.clone(), cause })?;
            self.waiting_first_tracked()?;
        }
        while let Some(entry) = self.waiting.pop() {
            let Some(aside) = self.aside.get_mut(&entry.path) else {
                let position = self.tracker.position_in(&entry.path).map_err(|e| self.untracked(e))?;
                return Ok(Some((entry.path, position)));
            };
            if aside.is_over(&entry, now) {
                let is_same = aside.first.identity == Some(entry.identity);
                let position = if is_same { aside.position } else { 0 };
                return Ok(Some((entry.path, position)));
            }
        }
        Ok(None)
    }

    fn waiting_first_tracked(&mut self) -> Result<(), SpoolError> {
        let Some(target) = self.tracker.target().map_err(|e| self.untracked(e))? else { return Ok(()) };
        if let Some(at) = self.waiting.iter().position(|entry| entry.path == target) {
            let entry = self.waiting.remove(at);
            self.waiting.push(entry);
        }
        Ok(())
    }

    fn untracked(&self, cause: io::Error) -> SpoolError {
        SpoolError::Tracker { path: self.options.tracker.clone(), cause }
    }

    async fn read_file(
        &mut self,
        path: &Path,
        position: u64,
        out: &mut ChannelWriter,
    ) -> Result<(), SourceError> {
        match OpenFile::open(path, position, &self.options) {
            Err(problem) => self.set_aside(path, position, &problem),
            Ok(file) => {
                // Of a run that failed.
                self.receipts = Receipts::new();
                self.current = Some(file);
                let end = self.deliver(out).await?;
                self.end_file(end)?;
            }
        }
        Ok(())
    }

    /// Reads the file at hand to its end, and waits until all of it is delivered.
    async fn deliver(&mut self, out: &mut ChannelWriter) -> Result<End, SourceError> {
        let end = loop {
            self.take_receipts()?;
            if out.is_stopping() {
                return Ok(End::Stop);
            }
            let Some(file) = &mut self.current else { return Ok(End::Stop) };
            let before = file.input.position();
            let (events, result) = file.read(self.batch);
            let is_end = events.is_empty();
            if !is_end && let Some(end) = self.put(events, before, out).await? {
                break end;
            }
            match result {
                Err(error) => break End::Problem(FileProblem::Content(error)),
                Ok(()) if is_end => break End::Done,
                Ok(()) => {}
            }
            if !self.wait_until(out, |receipts, _| receipts < IN_FLIGHT).await? {
                return Ok(End::Stop);
            }
        };
        let is_delivered = self.wait_until(out, |_, file| file.delivered.is_all()).await?;
        Ok(if is_delivered { end } else { End::Stop })
    }

    /// Returns how the file ends, if it does.
    async fn put(
        &mut self,
        events: Vec<Event>,
        before: u64,
        out: &mut ChannelWriter,
    ) -> Result<Option<End>, SourceError> {
        let Some(file) = &mut self.current else { return Ok(Some(End::Stop)) };
        let count = events.len();
        let id = file.delivered.begin(file.input.position());
        let batch = Batch::new(events, self.receipts.token(id));
        let Err(PutError { channel, kind, refused }) = self.put_and_note(batch, out).await? else {
            return Ok(None);
        };
        let Some(file) = &mut self.current else { return Ok(Some(End::Stop)) };
        if kind != PutErrorKind::TooLarge && !out.is_stopping() {
            return Err(SpoolError::Refused { channel, kind }.into());
        }
        // It is read again.
        file.delivered.cancel(id);
        refused.token.ack();
        if kind != PutErrorKind::TooLarge {
            return Ok(Some(End::Stop));
        }
        if count == 1 {
            return Ok(Some(End::Problem(FileProblem::TooLarge { channel })));
        }
        self.batch = count / 2;
        file.go_back(before, &self.options);
        Ok(None)
    }

    /// What is delivered while the channel is full is noted at once.
    async fn put_and_note(
        &mut self,
        batch: Batch<Event>,
        out: &mut ChannelWriter,
    ) -> Result<Result<(), PutError<Batch<Event>>>, SourceError> {
        let put = out.put(batch);
        tokio::pin!(put);
        loop {
            let receipt = tokio::select! {
                biased;
                result = &mut put => return Ok(result),
                receipt = self.receipts.next() => receipt,
            };
            self.take_receipt(receipt)?;
        }
    }

    /// Takes receipts until something holds. Returns false when the source is to stop before.
    async fn wait_until(
        &mut self,
        out: &mut ChannelWriter,
        holds: impl Fn(usize, &OpenFile) -> bool,
    ) -> Result<bool, SourceError> {
        loop {
            let outstanding = self.receipts.outstanding();
            if self.current.as_ref().is_none_or(|file| holds(outstanding, file)) {
                return Ok(true);
            }
            tokio::select! {
                receipt = self.receipts.next() => self.take_receipt(receipt)?,
                () = out.stopping() => return Ok(false),
            }
            self.take_receipts()?;
        }
    }

    /// Those that are there; the position is stored once for all of them.
    fn take_receipts(&mut self) -> Result<(), SourceError> {
        let before = self.current.as_ref().map(|file| file.delivered.position());
        while let Some(receipt) = self.receipts.try_next() {
            self.note(receipt)?;
        }
        self.store_if_moved(before)
    }

    fn take_receipt(&mut self, receipt: Receipt<u64>) -> Result<(), SourceError> {
        let before = self.current.as_ref().map(|file| file.delivered.position());
        self.note(receipt)?;
        self.store_if_moved(before)
    }

    fn note(&mut self, Receipt { id, outcome }: Receipt<u64>) -> Result<(), SpoolError> {
        let Some(file) = &mut self.current else { return Ok(()) };
        match outcome {
            Ok(()) => {}
            Err(cause) if cause.retries() => {
                return Err(SpoolError::Undelivered { path: file.path().to_path_buf(), cause });
            }
            Err(cause) => {
                tracing::warn!(path = %file.path().display(), cause = %cause.chain(), "events were refused for good");
            }
        }
        file.delivered.settle(id);
        Ok(())
    }

    fn store_if_moved(&mut self, before: Option<u64>) -> Result<(), SourceError> {
        let Some(file) = &self.current else { return Ok(()) };
        let position = file.delivered.position();
        if before == Some(position) {
            return Ok(());
        }
        let stored = self.tracker.store(file.path(), position);
        Ok(stored.map_err(|cause| self.untracked(cause))?)
    }

    fn end_file(&mut self, end: End) -> Result<(), SpoolError> {
        let problem = match end {
            // The last receipts come after the source was stopped.
            End::Stop => return Ok(()),
            End::Problem(problem) => Err(problem),
            End::Done => self.current.as_ref().map_or(Ok(()), |file| file.finish(&self.options)),
        };
        let Some(file) = self.current.take() else { return Ok(()) };
        match problem {
            Ok(()) => {
                self.aside.remove(file.path());
                self.tracker.clear().map_err(|cause| self.untracked(cause))?;
                tracing::debug!(path = %file.path().display(), "the file is done");
            }
            Err(problem) => self.set_aside(file.path(), file.delivered.position(), &problem),
        }
        Ok(())
    }

    fn set_aside(&mut self, path: &Path, position: u64, problem: &FileProblem) {
        let wait = match problem {
            FileProblem::Modified | FileProblem::Resized => Wait::Quiet,
            FileProblem::Content(_) | FileProblem::TooLarge { .. } => Wait::Change,
            FileProblem::Reused { .. } | FileProblem::Finish(_) | FileProblem::Open(_) => Wait::Minute,
        };
        let stamp = self.options.disk.entry(path).map(|entry| Stamp::of(&entry)).unwrap_or_default();
        let aside = Aside { position, wait, first: stamp, seen: stamp, since: self.running.elapsed() };
        if self.aside.len() >= MOST_ASIDE {
            self.aside.clear();
        }
        let error = chain(problem);
        if self.aside.insert(path.to_path_buf(), aside).is_none() {
            tracing::warn!(path = %path.display(), position, error, "a file is set aside; others go on");
        } else {
            tracing::debug!(path = %path.display(), position, error, "a file is set aside again");
        }
    }
}

#[async_trait]
impl Source for SpoolSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.clock = context.clock.clone();
        Ok(self.prepare()?)
    }

    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        while !out.is_stopping() {
            if let Some((path, position)) = self.next_file()? {
                self.read_file(&path, position, out).await?;
                continue;
            }
            let pause = self.options.poll.max(Duration::from_millis(1));
            tokio::select! {
                () = self.clock.sleep(pause) => {}
                () = out.stopping() => {}
            }
        }
        Ok(())
    }

    /// What was delivered meanwhile is noted. A file that is done then is finished at the next start.
    async fn stop(&mut self) -> Result<(), SourceError> {
        let Some(before) = self.current.as_ref().map(|file| file.delivered.position()) else { return Ok(()) };
        while let Some(Receipt { id, outcome }) = self.receipts.try_next() {
            if outcome.is_ok() || outcome.is_err_and(|error| !error.retries()) {
                self.current.as_mut().map(|file| file.delivered.settle(id));
            }
        }
        self.store_if_moved(Some(before))
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
