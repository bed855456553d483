use std::time::Duration;

use super::commits::{BatchId, Commits};
use super::followed_files::FollowedFiles;
use super::lines::MapLines;
use super::options::{FromEnd, TailOptions};
use super::position::Position;
use super::positions::{SavedPosition, SavedPositions};
use super::tracked_file::{Items, Place, Reading, ReadingEnd, Waits};
use super::{FileProgress, TailError};
use crate::base::{Clock, Receipt, Receipts, Stopwatch};
use crate::ingest::{Batch, ChannelWriter, PutError, PutErrorKind, SourceError};

/// After a notification, more of them follow: a writer that writes often is read some hundred times a
/// second, not at each write.
const COALESCE: Duration = Duration::from_millis(5);
/// Between two tries to put the end of a removed file, at the very end.
const PAUSE: Duration = Duration::from_millis(10);

/// Between two looks, while files are closed and something happens in their folders, or they wait for room.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Batches of one file in a row, while others wait.
const FAIR: u64 = 100;

/// What a read of one file brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Some,
    /// A full batch: there is more.
    Full,
}

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
    last_look: Duration,
    /// Lines in it: the next one probably has as many.
    last_batch: usize,
    /// Looks in a row after which there was nothing to read.
    idle_looks: u32,
    next_save: Duration,
    saved_generation: u64,
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
            last_look: Duration::ZERO,
            last_batch: 0,
            idle_looks: 0,
            next_save,
            saved_generation,
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
            // What is not delivered by then is no failure: the next start reads it again.
            if out.is_stopping() {
                return self.leave(out).await;
            }
            self.take_receipts()?;
            self.look_if_due().await?;
            let written = out.written();
            let idle = !self.round(out).await?;
            self.save_if_due().await?;
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

    async fn look_if_due(&mut self) -> Result<(), TailError> {
        let now = self.running.elapsed();
        if self.opened.watcher.take_names_changed() || now >= self.next_look {
            self.last_look = now;
            self.next_look = now + self.options.poll.after(self.idle_looks);
            self.idle_looks = self.idle_looks.saturating_add(1);
            self.look(now)?;
            if self.opened.files.is_short() {
                self.next_look = now + LOOK_AGAIN;
            }
            self.note_look().await?;
        }
        Ok(())
    }

    fn look(&mut self, now: Duration) -> Result<(), TailError> {
        let FollowedFiles { files, watcher, .. } = &mut self.opened;
        // Watched first: what appears after the look is notified.
        watcher.watch(files.folders());
        for (id, generation) in files.look(now)? {
            self.commits.cut_off(id, generation);
        }
        for file in files.iter() {
            self.commits.follow(file.id, (file.identity, file.generation), &file.path, file.position());
            self.options.progress.set(file.id, FileProgress::of(file, &self.commits));
        }
        Ok(())
    }

    /// After the first look, what was skipped is skipped for good.
    async fn note_look(&mut self) -> Result<(), TailError> {
        if self.options.from_end == Some(FromEnd::Unknown) && !self.options.progress.has_looked() {
            self.save_now().await?;
            self.options.progress.set_looked();
        }
        Ok(())
    }

    /// The turn of every file. Returns whether there was anything.
    async fn round(&mut self, out: &mut ChannelWriter<T>) -> Result<bool, SourceError> {
        let ids: Vec<_> =
            self.opened.files.iter().filter(|file| file.has_turn()).map(|file| file.id).collect();
        // Nobody waits for the turn of a file that is alone.
        let most = self.options.most_in_turn.unwrap_or(if ids.len() > 1 { FAIR } else { u64::MAX });
        let mut busy = false;
        for id in ids {
            busy |= self.turn(id, most, out).await?;
        }
        if busy {
            self.idle_looks = 0;
        }
        Ok(busy)
    }

    /// At most so many batches of one file. Returns whether there was anything.
    async fn turn(&mut self, id: u64, most: u64, out: &mut ChannelWriter<T>) -> Result<bool, SourceError> {
        let (mut busy, written) = (false, out.written());
        for batch in 0..most {
            if batch > 0 {
                if out.written() == written {
                    tokio::task::yield_now().await;
                }
                self.take_receipts()?;
                self.look_if_due().await?;
                self.save_if_due().await?;
            }
            if out.is_stopping() || !self.wait_for_room(out).await? {
                return Ok(true);
            }
            let step = self.read(id, self.options.until_end, out).await?;
            busy |= step != Step::Nothing;
            if step != Step::Full {
                break;
            }
        }
        Ok(busy)
    }

    /// Reads a batch of one file and puts it.
    async fn read(&mut self, id: u64, last: bool, out: &mut ChannelWriter<T>) -> Result<Step, SourceError> {
        let Some((reading, before, events)) = self.read_lines(id, last)? else { return Ok(Step::Nothing) };
        let moved = reading.position != before;
        if reading.end == ReadingEnd::CutOff {
            let generation = self.opened.files.cut_off(id);
            self.commits.cut_off(id, generation);
        }
        if events.is_empty() {
            self.pass(id, moved, reading);
        } else if !self.put(id, reading, before, events, out).await? {
            return Ok(Step::Some);
        }
        match reading.end {
            ReadingEnd::Finished => self.finish(id),
            ReadingEnd::Full => return Ok(Step::Full),
            ReadingEnd::CutOff => return Ok(Step::Some),
            ReadingEnd::End => {}
        }
        Ok(if moved { Step::Some } else { Step::Nothing })
    }

    /// A batch of lines, and where the file was before; `None` when the file is not followed any more.
    fn read_lines(&mut self, id: u64, last: bool) -> Result<Option<(Reading, Position, Vec<T>)>, TailError> {
        let TailOptions { limits, rotate_wait: rotate, idle_timeout: idle, .. } = self.options;
        let now = self.running.elapsed();
        let (files, reads) = self.opened.files.files();
        let Some(file) = files.iter_mut().find(|file| file.id == id) else { return Ok(None) };
        let before = file.position();
        let mut events = Vec::with_capacity(self.last_batch);
        let mut into = Items { map: &mut *self.map, items: &mut events };
        let reading = if last {
            file.read(limits, true, reads, &mut into)?
        } else {
            file.read_next(limits, Waits { now, rotate, idle }, reads, &mut into)?
        };
        self.last_batch = events.len();
        Ok(Some((reading, before, events)))
    }

    /// A file has nothing more: it is left, or only closed where more may come.
    fn finish(&mut self, id: u64) {
        let place = self.opened.files.iter().find(|file| file.id == id).map(|file| file.place);
        if place != Some(Place::Matched) {
            self.opened.files.drop_file(id);
            self.commits.end(id);
            self.note_committed(id);
        } else if !self.options.until_end {
            self.opened.files.close(id);
        }
    }

    fn pass(&mut self, id: u64, moved: bool, reading: Reading) {
        if moved {
            self.note_read(id, reading);
            self.commits.pass(id, reading.position);
            self.note_committed(id);
        }
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
        let (files, _) = self.opened.files.files();
        if let Some(file) = files.iter_mut().find(|file| file.id == batch.file) {
            file.rewind(to);
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
            while self.is_removed(id) && self.read(id, true, out).await? != Step::Nothing {
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
        self.opened.files.files().1.buffers.rest();
        let now = self.running.elapsed();
        let until =
            if self.commits.is_changed() { self.next_look.min(self.next_save) } else { self.next_look };
        tokio::select! {
            () = out.stopping() => {}
            () = self.opened.watcher.woken() => {
                self.clock.sleep(COALESCE).await;
                self.look_for_closed();
            }
            receipt = self.receipts.next() => self.take_receipt(receipt)?,
            () = self.clock.sleep(until.saturating_sub(now)) => {}
        }
        Ok(())
    }

    /// What happened may have happened to a file that is closed.
    fn look_for_closed(&mut self) {
        if self.opened.files.has_closed() {
            self.next_look = self.next_look.min(self.last_look + LOOK_AGAIN);
        }
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

    async fn save_if_due(&mut self) -> Result<(), TailError> {
        if self.running.elapsed() >= self.next_save { self.save().await } else { Ok(()) }
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
