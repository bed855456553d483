use async_trait::async_trait;

use crate::event::Event;
use crate::ingest::{Batch, ChannelWriter, PutErrorKind, Source, SourceError};

/// Counts: the bodies are `0`, `1`, `2` and so on, for trying out an agent.
///
/// **Delivery:** nothing waits for the events after they are in the channel. **Order** is that of the
/// numbers. **When the channel is full** the same batch is put again until there is room. After the last
/// number the source stays there and does nothing. A source that is made anew begins at 0.
///
/// ```
/// use flowcore::ingest::source::SeqSource;
/// let source = SeqSource::new().batch_size(100).total_events(1_000_000);
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct SeqSource {
    batch_size: usize,
    total_events: u64,
    next: u64,
}

impl SeqSource {
    /// One event a batch, without an end.
    pub fn new() -> Self {
        Self { batch_size: 1, total_events: i64::MAX.unsigned_abs(), next: 0 }
    }

    /// Events that are put at once, at least 1 (`batchSize`, default 1).
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// How many there are (`totalEvents`, default 9223372036854775807).
    #[must_use]
    pub fn total_events(mut self, events: u64) -> Self {
        self.total_events = events;
        self
    }

    fn batch(&self) -> Vec<Event> {
        let end = self.next.saturating_add(self.batch_size as u64).min(self.total_events);
        (self.next..end).map(|number| Event::new(number.to_string())).collect()
    }
}

impl Default for SeqSource {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Source for SeqSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        while !out.is_stopping() && self.next < self.total_events {
            let events = self.batch();
            let count = events.len() as u64;
            match out.put(Batch::untracked(events)).await {
                Ok(()) => self.next += count,
                Err(_) if out.is_stopping() => return Ok(()),
                Err(error) if error.kind == PutErrorKind::TooLarge => return Err(SourceError::fatal(error)),
                Err(error) => return Err(SourceError::retry(error)),
            }
        }
        out.stopping().await;
        Ok(())
    }
}
