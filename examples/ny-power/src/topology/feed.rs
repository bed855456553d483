use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::{Panic, blocking};

use crate::generator::Day;
use crate::input::{Input, InputError};
use crate::live::{Event, Follower, Trouble};
use crate::reading::{Ending, Reader, Reading, Reason, Refusal};
use crate::stamp::Stamp;

/// Readings that are made, or read, at a time.
const AT_ONCE: usize = 512;

/// Where readings come from: saved files, a generator, or the operator.
#[async_trait]
pub trait Feed: Send {
    /// The next reading, or nothing when there will be no more. Waits for it as long as it takes.
    ///
    /// # Errors
    /// Why there is none, and whether to open another feed.
    async fn next(&mut self) -> Result<Option<Reading>, FeedError>;
}

/// Why there is no next reading.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The input cannot be opened. This does not pass.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The feed has failed. Another one may do better.
    #[error("the input failed")]
    Panicked(#[from] Panic),
}

impl FeedError {
    /// Whether to open another feed.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

/// Saved files. They are read by a thread for that.
#[derive(Debug)]
pub struct SavedFeed {
    input: Option<Input>,
    ready: VecDeque<Reading>,
}

impl SavedFeed {
    /// The readings of `input`.
    pub fn new(input: Input) -> Self {
        Self { input: Some(input), ready: VecDeque::new() }
    }
}

#[async_trait]
impl Feed for SavedFeed {
    async fn next(&mut self) -> Result<Option<Reading>, FeedError> {
        if self.ready.is_empty()
            && let Some(mut input) = self.input.take()
        {
            let read = blocking(move || {
                let ready: VecDeque<Reading> = input.by_ref().take(AT_ONCE).collect();
                (input, ready)
            });
            let (input, ready) = read.await?;
            // An input that has nothing now has come to its end.
            self.input = (!ready.is_empty()).then_some(input);
            self.ready = ready;
        }
        Ok(self.ready.pop_front())
    }
}

/// Days that nobody has measured, one after the other.
#[derive(Debug)]
pub struct GeneratedFeed {
    days: VecDeque<Day>,
    reader: Reader,
    ready: VecDeque<Reading>,
}

impl GeneratedFeed {
    /// These days, read by `reader`.
    pub fn new(days: impl IntoIterator<Item = Day>, reader: Reader) -> Self {
        Self { days: days.into_iter().collect(), reader, ready: VecDeque::new() }
    }
}

#[async_trait]
impl Feed for GeneratedFeed {
    async fn next(&mut self) -> Result<Option<Reading>, FeedError> {
        while self.ready.is_empty() {
            let Some(day) = self.days.pop_front() else { return Ok(None) };
            let (reader, ready) = (&mut self.reader, &mut self.ready);
            let mut out = |reading| ready.push_back(reading);
            reader.begin(&day.file_name());
            reader.feed(&day.bytes(), &mut out);
            reader.end(Ending::Final, &mut out);
        }
        Ok(self.ready.pop_front())
    }
}

/// The operator's public files, as they grow. It has no end.
#[derive(Debug)]
pub struct LiveFeed {
    follower: Follower,
    reader: Reader,
    ready: VecDeque<Reading>,
}

impl LiveFeed {
    /// What `follower` gives, read by `reader`.
    pub fn new(follower: Follower, reader: Reader) -> Self {
        Self { follower, reader, ready: VecDeque::new() }
    }
}

#[async_trait]
impl Feed for LiveFeed {
    async fn next(&mut self) -> Result<Option<Reading>, FeedError> {
        loop {
            if let Some(reading) = self.ready.pop_front() {
                return Ok(Some(reading));
            }
            let ready = &mut self.ready;
            match self.follower.next().await {
                Event::Rows(rows) => rows.read(&mut self.reader, &mut |reading| ready.push_back(reading)),
                Event::Trouble(Trouble { file, reason, given_up }) => {
                    let will = if given_up { "it is given up" } else { "it is asked for again" };
                    let reason = Reason::File(format!("{reason}: {will}").into());
                    ready.push_back(Reading::Refused(Refusal { file, row: 0, reason }));
                }
            }
        }
    }
}

/// Makes a feed, knowing what was published last.
pub(super) type Factory = Arc<dyn Fn(Option<Stamp>) -> Result<Box<dyn Feed>, FeedError> + Send + Sync>;
