use flowcore::base::{Receipt, Receipts};
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, PutError, PutErrorKind, SourceError};

use super::error::{FileProblem, SpoolError};
use super::open_file::{OpenFile, Place};
use super::options::SpoolOptions;
use super::tracker::Tracker;

/// Batches on their way.
const IN_FLIGHT: usize = 1024;

/// Puts the events of the file at hand, and keeps up to where they are delivered.
pub(super) struct Delivery {
    options: SpoolOptions,
    tracker: Tracker,
    receipts: Receipts<u64>,
    file: Option<OpenFile>,
    batch: usize,
}

/// How the reading of a file ended.
pub(super) enum End {
    /// All of it is delivered.
    Done(OpenFile),
    /// All that could be read of it is delivered.
    Problem(OpenFile, FileProblem),
    /// The source is to stop.
    Stop,
}

/// What keeps a file from being read on.
enum Halt {
    End,
    Stop,
    Problem(FileProblem),
}

impl Delivery {
    pub(super) fn new(options: SpoolOptions) -> Self {
        Self {
            tracker: Tracker::new(&options.tracker, options.disk.clone()),
            receipts: Receipts::new(),
            file: None,
            batch: options.batch.max(1),
            options,
        }
    }

    /// Reads a file to its end, and waits until all of it is delivered.
    pub(super) async fn deliver(
        &mut self,
        file: OpenFile,
        out: &mut ChannelWriter,
    ) -> Result<End, SourceError> {
        // Of a run that failed.
        self.receipts = Receipts::new();
        self.file = Some(file);
        let halt = self.read(out).await?;
        if matches!(halt, Halt::Stop) || !self.wait_until(out, |_, file| file.delivered.is_all()).await? {
            // The last receipts come after the source was stopped.
            return Ok(End::Stop);
        }
        Ok(match (self.file.take(), halt) {
            (Some(file), Halt::End) => End::Done(file),
            (Some(file), Halt::Problem(problem)) => End::Problem(file, problem),
            _ => End::Stop,
        })
    }

    async fn read(&mut self, out: &mut ChannelWriter) -> Result<Halt, SourceError> {
        loop {
            self.take_receipts()?;
            let Some(file) = self.file.as_mut().filter(|_| !out.is_stopping()) else { return Ok(Halt::Stop) };
            let before = file.place();
            let (events, result) = file.read(self.batch);
            let is_end = events.is_empty();
            if !is_end && let Some(halt) = self.put(events, before, out).await? {
                return Ok(halt);
            }
            match result {
                Err(error) => return Ok(Halt::Problem(FileProblem::Content(error))),
                Ok(()) if is_end => return Ok(Halt::End),
                Ok(()) => {}
            }
            if !self.wait_until(out, |receipts, _| receipts < IN_FLIGHT).await? {
                return Ok(Halt::Stop);
            }
        }
    }

    /// Returns what keeps it from being read on, if something does.
    async fn put(
        &mut self,
        events: Vec<Event>,
        before: Place,
        out: &mut ChannelWriter,
    ) -> Result<Option<Halt>, SourceError> {
        let Some(file) = &mut self.file else { return Ok(Some(Halt::Stop)) };
        let count = events.len();
        let id = file.delivered.begin(file.place().position);
        let batch = Batch::new(events, self.receipts.token(id));
        let Err(PutError { channel, kind, refused }) = self.put_and_note(batch, out).await? else {
            return Ok(None);
        };
        let Some(file) = &mut self.file else { return Ok(Some(Halt::Stop)) };
        if kind != PutErrorKind::TooLarge && !out.is_stopping() {
            return Err(SpoolError::Refused { channel, kind }.into());
        }
        // It is read again.
        file.delivered.cancel(id);
        refused.token.ack();
        if kind != PutErrorKind::TooLarge {
            return Ok(Some(Halt::Stop));
        }
        if count == 1 {
            return Ok(Some(Halt::Problem(FileProblem::TooLarge { channel })));
        }
        self.batch = count / 2;
        let back = file.go_back(before, &self.options);
        Ok(back.err().map(|error| Halt::Problem(FileProblem::Content(error))))
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
            self.take(Some(receipt))?;
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
            if self.file.as_ref().is_none_or(|file| holds(outstanding, file)) {
                return Ok(true);
            }
            tokio::select! {
                receipt = self.receipts.next() => self.take(Some(receipt))?,
                () = out.stopping() => return Ok(false),
            }
        }
    }

    /// Those that are there.
    fn take_receipts(&mut self) -> Result<(), SpoolError> {
        match self.receipts.try_next() {
            None => Ok(()),
            receipt => self.take(receipt),
        }
    }

    /// This one and those that are there. The position is stored once for all of them, also before a failure is
    /// told: what was delivered is not delivered again.
    fn take(&mut self, mut receipt: Option<Receipt<u64>>) -> Result<(), SpoolError> {
        let before = self.file.as_ref().map(|file| file.delivered.position());
        let mut outcome = Ok(());
        while let Some(next) = receipt.take() {
            outcome = outcome.and(self.note(next));
            receipt = self.receipts.try_next();
        }
        self.store_if_moved(before).and(outcome)
    }

    fn note(&mut self, Receipt { id, outcome }: Receipt<u64>) -> Result<(), SpoolError> {
        let Some(file) = &mut self.file else { return Ok(()) };
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

    fn store_if_moved(&mut self, before: Option<u64>) -> Result<(), SpoolError> {
        let Some(file) = &self.file else { return Ok(()) };
        let position = file.delivered.position();
        if before == Some(position) {
            return Ok(());
        }
        let stored = self.tracker.store(file.path(), Some(&file.mark), position);
        stored.map_err(|cause| SpoolError::tracker(&self.options, cause))
    }

    /// No file is at hand any more.
    pub(super) fn forget_position(&mut self) -> Result<(), SpoolError> {
        self.tracker.clear().map_err(|cause| SpoolError::tracker(&self.options, cause))
    }

    /// The source was stopped: what was delivered meanwhile is noted. What was not is read at the next start.
    pub(super) fn stop(&mut self) -> Result<(), SpoolError> {
        let before = self.file.as_ref().map(|file| file.delivered.position());
        while let Some(receipt) = self.receipts.try_next() {
            if let Err(error) = self.note(receipt) {
                tracing::debug!(%error, "to be read again after the next start");
            }
        }
        self.store_if_moved(before)
    }
}
