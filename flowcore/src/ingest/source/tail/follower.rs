use std::time::Duration;

use super::commits::{BatchId, Commits};
use super::followed_files::FollowedFiles;
use super::lines::MapLines;
use super::options::TailOptions;
use super::position::Position;
use super::positions::{SavedPosition, SavedPositions};
use super::tracked_file::{Items, Place, Reading, ReadingEnd, TrackedFile};
use super::{FileProgress, TailError};
use crate::base::{Clock, Receipt, Receipts, Stopwatch};
use crate::ingest::{Batch, ChannelWriter, PutError, PutErrorKind, SourceError};

/// After a notification, more of them follow: a writer that writes often is read some hundred times a
/// second, not at each write.
const COALESCE: Duration = Duration::from_millis(5);
/// Between two tries to put the end of a removed file, at the very end.
const PAUSE: Duration = Duration::from_millis(10);

/// The thin shell: asks the files for lines, puts them, keeps positions, and waits.
pub(super) struct Follower<T> {
    options: TailOptions,
    map: Box<dyn MapLines<T>>,
    clock: Clock,
    running: Stopwatch,
    opened: FollowedFiles,
    commits: Commits,
    receipts: Receipts<BatchId>,
    next_look: Duration,
    next_save: Duration,
    saved_generation: u64,
    /// Lines in it: the next one probably has as many.
    last_batch: usize,
}

impl<T: Send + 'static> Follower<T> {
    pub(super) fn new(
        opened: FollowedFiles,
        options: TailOptions,
        map: Box<dyn MapLines<T>>,
        clock: Clock,
    ) -> Self {
        options.progress.forget_files();
        let running = clock.stopwatch();
        let (next_look, next_save) = (Duration::ZERO, options.save_every);
        let (commits, receipts) = (Commits::default(), Receipts::new());
        let saved_generation = opened.files.generation();
        Self {
            options,
            map,
            clock,
            running,
            opened,
            commits,
            receipts,
            next_look,
            next_save,
            saved_generation,
            last_batch: 0,
        }
    }

    /// Until the source is to stop, or all is read if that was asked for.
    pub(super) async fn run(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError> {
        let end = self.follow(out).await;
        if end.is_err()
            && let Err(error) = self.save().await
        {
            tracing::warn!(source = %out.context().name, %error, "positions were not saved");
        }
        end
    }

    /// The last receipts are there: saves them.
    pub(super) async fn stop(&mut self) -> Result<(), TailError> {
        while let Some(Receipt { id, outcome }) = self.receipts.try_next() {
            match outcome {
                Err(error) if error.retries() => {
                    tracing::debug!(%error, "to be read again after the next start");
                }
                _ => self.commit(id),
            }
        }
        self.save().await
    }

    async fn follow(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError> {
        loop {
            self.take_receipts()?;
            if out.is_stopping() {
                return self.leave(out).await;
            }
            self.look_if_due()?;
            let written = out.written();
            let idle = !self.round(out).await?;
            if self.running.elapsed() >= self.next_save {
                self.save().await?;
            }
            self.options.progress.set_at_end(idle);
            if idle && self.options.until_end {
                return Ok(());
            }
            if idle {
                self.wait(out).await?;
            } else if out.written() == written {
                // A put lets others have their turn.
                tokio::task::yield_now().await;
            }
        }
    }

    fn look_if_due(&mut self) -> Result<(), TailError> {
        let now = self.running.elapsed();
        if self.opened.watcher.take_names_changed() || now >= self.next_look {
            self.next_look = now + self.options.poll_interval;
            self.look(now)?;
        }
        Ok(())
    }

    fn look(&mut self, now: Duration) -> Result<(), TailError> {
        let FollowedFiles { files, watcher, .. } = &mut self.opened;
        // Watched first: what appears after the look is notified.
        watcher.watch(files.folders());
        files.look(now)?;
        for file in files.iter() {
            self.commits.follow(file.id, (file.identity, file.generation), &file.path, file.position());
            self.options.progress.set(file.id, progress(file, &self.commits));
        }
        Ok(())
    }

    /// A batch of every file. Returns whether there was anything.
    async fn round(&mut self, out: &mut ChannelWriter<T>) -> Result<bool, SourceError> {
        let ids: Vec<_> = self.opened.files.iter().map(|file| file.id).collect();
        let mut busy = false;
        for id in ids {
            if !self.wait_for_room(out).await? {
                return Ok(true);
            }
            busy |= self.read(id, self.options.until_end, out).await?;
        }
        Ok(busy)
    }

    /// Reads a batch of one file and puts it. Returns whether there was anything.
    async fn read(&mut self, id: u64, last: bool, out: &mut ChannelWriter<T>) -> Result<bool, SourceError> {
        let now = self.running.elapsed();
        let (files, buffers) = self.opened.files.files();
        let Some(file) = files.iter_mut().find(|file| file.id == id) else { return Ok(false) };
        let before = file.position();
        let mut events = Vec::with_capacity(self.last_batch);
        let mut into = Items { map: &mut *self.map, items: &mut events };
        let limits = self.options.limits;
        let reading = if last {
            file.read(limits, true, buffers, &mut into)?
        } else {
            file.read_next(limits, (now, self.options.rotate_wait), buffers, &mut into)?
        };
        self.last_batch = events.len();
        let moved = reading.position != before;
        let followed = file.place == Place::Matched;
        if reading.end == ReadingEnd::CutOff {
            let generation = self.opened.files.cut_off(id);
            self.commits.cut_off(id, generation);
        }
        if events.is_empty() {
            self.pass(id, moved, reading);
        } else if !self.put(id, reading, before, events, out).await? {
            return Ok(true);
        }
        if reading.end == ReadingEnd::Finished && !followed {
            self.end(id);
        }
        Ok(moved || !matches!(reading.end, ReadingEnd::End | ReadingEnd::Finished))
    }

    fn pass(&mut self, id: u64, moved: bool, reading: Reading) {
        if moved {
            self.note_read(id, reading);
            self.commits.pass(id, reading.position);
            self.note_committed(id);
        }
    }

    fn end(&mut self, id: u64) {
        self.opened.files.drop_file(id);
        self.commits.end(id);
        self.note_committed(id);
    }

    /// Returns whether all of it was put. Otherwise it is read again: now, in smaller batches, or after the
    /// next start.
    async fn put(
        &mut self,
        id: u64,
        reading: Reading,
        before: Position,
        events: Vec<T>,
        out: &mut ChannelWriter<T>,
    ) -> Result<bool, SourceError> {
        if self.saved_generation != self.opened.files.generation() {
            // Otherwise these lines could have the name of other ones after a crash.
            self.save_now().await?;
        }
        let count = events.len();
        let mut pause_left = self.options.rotate_wait;
        let batch = self.commits.begin(id, reading.position);
        let mut refused = Batch::new(events, self.receipts.token(batch));
        loop {
            let PutError { channel, kind, refused: back } = match out.put(refused).await {
                Ok(()) => {
                    self.note_read(id, reading);
                    return Ok(true);
                }
                Err(error) => error,
            };
            refused = back;
            match kind {
                PutErrorKind::TooLarge if count > 1 => {
                    self.options.limits.lines = count / 2;
                    self.take_back(batch, before);
                    refused.token.ack();
                    return Ok(false);
                }
                PutErrorKind::TooLarge => {
                    let (path, offset) = self.commits.describe(batch);
                    return Err(TailError::LineTooLarge { channel, path, offset }.into());
                }
                _ if out.is_stopping() && self.is_removed(id) && kind.retries() && !pause_left.is_zero() => {
                    // Nobody can read it again: the sinks are still at work and make room.
                    pause_left = pause_left.saturating_sub(PAUSE);
                    self.clock.sleep(PAUSE).await;
                }
                _ if out.is_stopping() => {
                    tracing::debug!(source = %out.context().name, count, %kind, "lines are left for the next start");
                    return Ok(false);
                }
                _ => return Err(TailError::Refused { channel, kind }.into()),
            }
        }
    }

    fn take_back(&mut self, batch: BatchId, to: Position) {
        self.commits.cancel(batch);
        let line = self.options.limits.line;
        let (files, _) = self.opened.files.files();
        if let Some(file) = files.iter_mut().find(|file| file.id == batch.file) {
            file.rewind(to, line);
        }
    }

    fn is_removed(&self, id: u64) -> bool {
        self.opened.files.iter().any(|file| file.id == id && matches!(file.place, Place::Removed(_)))
    }

    /// At the end: files that are not in their folder any more can be read now or never.
    async fn leave(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError> {
        self.look(self.running.elapsed())?;
        let removed = self.opened.files.iter().filter(|file| matches!(file.place, Place::Removed(_)));
        let ids: Vec<_> = removed.map(|file| file.id).collect();
        for id in ids {
            while self.is_removed(id) && self.read(id, true, out).await? {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Returns false when the source is to stop before there is room.
    async fn wait_for_room(&mut self, out: &mut ChannelWriter<T>) -> Result<bool, SourceError> {
        while self.receipts.outstanding() >= self.options.most_in_flight {
            tokio::select! {
                receipt = self.receipts.next() => self.take_receipt(receipt)?,
                () = out.stopping() => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn wait(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError> {
        let now = self.running.elapsed();
        let until =
            if self.commits.is_changed() { self.next_look.min(self.next_save) } else { self.next_look };
        tokio::select! {
            () = out.stopping() => {}
            () = self.opened.watcher.woken() => self.clock.sleep(COALESCE).await,
            receipt = self.receipts.next() => self.take_receipt(receipt)?,
            () = self.clock.sleep(until.saturating_sub(now)) => {}
        }
        Ok(())
    }

    fn take_receipts(&mut self) -> Result<(), TailError> {
        while let Some(receipt) = self.receipts.try_next() {
            self.take_receipt(receipt)?;
        }
        Ok(())
    }

    fn take_receipt(&mut self, receipt: Receipt<BatchId>) -> Result<(), TailError> {
        let Receipt { id, outcome } = receipt;
        match outcome {
            Ok(()) => self.commit(id),
            Err(cause) if cause.retries() => {
                let (path, offset) = self.commits.describe(id);
                return Err(TailError::Undelivered { path, offset, cause });
            }
            Err(cause) => {
                let (path, before) = self.commits.describe(id);
                tracing::warn!(path = %path.display(), before, cause = %cause.chain(), "lines were refused for good");
                self.commit(id);
            }
        }
        Ok(())
    }

    fn commit(&mut self, id: BatchId) {
        if self.commits.settle(id) {
            self.note_committed(id.file);
        }
    }

    async fn save(&mut self) -> Result<(), TailError> {
        self.next_save = self.running.elapsed() + self.options.save_every;
        if self.commits.is_changed() { self.save_now().await } else { Ok(()) }
    }

    async fn save_now(&mut self) -> Result<(), TailError> {
        let generation = self.opened.files.generation();
        if let Some(positions) = &mut self.opened.positions {
            let mut files: Vec<SavedPosition> = self.commits.to_save();
            files.extend_from_slice(self.opened.files.unclaimed());
            positions.save(SavedPositions::new(generation, files)).await?;
            self.commits.note_saved();
        }
        self.saved_generation = generation;
        Ok(())
    }

    fn note_read(&mut self, id: u64, reading: Reading) {
        let progress = &self.options.progress;
        progress.add(reading.lines, reading.long_lines);
        progress.update(id, |file| {
            (file.read, file.lines) = (reading.position.offset, reading.position.lines);
        });
    }

    fn note_committed(&mut self, id: u64) {
        let progress = &self.options.progress;
        match self.commits.committed(id) {
            Some(at) => progress.update(id, |file| {
                (file.committed, file.committed_lines) = (at.offset, at.lines);
            }),
            None => progress.remove(id),
        }
    }
}

fn progress(file: &TrackedFile, commits: &Commits) -> FileProgress {
    let (read, committed) = (file.position(), commits.committed(file.id).unwrap_or_default());
    FileProgress {
        path: file.path.clone(),
        file: file.identity,
        read: read.offset,
        lines: read.lines,
        committed: committed.offset,
        committed_lines: committed.lines,
    }
}
