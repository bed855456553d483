use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::pace::Pace;
use crate::event::Event;
use crate::ingest::{Batch, ChannelWriter, PutErrorKind, Source, SourceError};

/// What bodies are made of.
const FILLING: u8 = 0x7F;

/// Makes events of one size as fast as it may, for trying out how much a channel and its sinks bear.
///
/// **Delivery:** nothing waits for the events after they are in the channel. They are all the same, so there
/// is no order. **When the channel is full** the attempt counts, its events do not go again, and others are
/// tried after a pause. When a maximum is reached the source stays there and does nothing. Clones count on
/// together: one that is cloned for each start goes on after a failure where it was.
///
/// ```
/// use flowcore::ingest::source::StressSource;
/// let source = StressSource::new().size(200).batch_size(100).max_events_per_second(10_000);
/// # let _ = source;
/// ```
#[derive(Debug, Clone)]
pub struct StressSource {
    size: usize,
    batch_size: usize,
    max_total_events: Option<u64>,
    max_successful_events: Option<u64>,
    max_events_per_second: u64,
    pause: Duration,
    longest_pause: Duration,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    attempted: AtomicU64,
    succeeded: AtomicU64,
}

impl StressSource {
    /// Bodies of 500 bytes, one a batch, without an end.
    pub fn new() -> Self {
        Self {
            size: 500,
            batch_size: 1,
            max_total_events: None,
            max_successful_events: None,
            max_events_per_second: 0,
            pause: Duration::from_millis(10),
            longest_pause: Duration::from_secs(1),
            counts: Arc::default(),
        }
    }

    /// Bytes of each body, all of them 0x7F (`size`, default 500).
    #[must_use]
    pub fn size(mut self, bytes: usize) -> Self {
        self.size = bytes;
        self
    }

    /// Events that are put at once, at least 1 (`batchSize`, default 1).
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// Ends after so many events were tried, with or without success (`maxTotalEvents`, default never).
    #[must_use]
    pub fn max_total_events(mut self, events: Option<u64>) -> Self {
        self.max_total_events = events;
        self
    }

    /// Ends after so many events are in the channel (`maxSuccessfulEvents`, default never).
    #[must_use]
    pub fn max_successful_events(mut self, events: Option<u64>) -> Self {
        self.max_successful_events = events;
        self
    }

    /// The most events a second; 0 is no limit (`maxEventsPerSecond`, default 0).
    #[must_use]
    pub fn max_events_per_second(mut self, events: u64) -> Self {
        self.max_events_per_second = events;
        self
    }

    /// The pause after an attempt that failed, times how many did in a row (`backoffSleepIncrement`, default
    /// 10 ms), and the longest one (`maxBackoffSleep`, default 1 s).
    #[must_use]
    pub fn pauses(mut self, increment: Duration, longest: Duration) -> Self {
        (self.pause, self.longest_pause) = (increment, longest);
        self
    }

    /// A large body for each batch: one for all would be counted by every processor that has events.
    fn events(&self, count: usize) -> Vec<Event> {
        vec![Event::new(body(self.size)); count]
    }

    /// How many go in the next batch: none at the end.
    fn next_batch(&self) -> usize {
        let tries = self
            .max_total_events
            .map(|most| most.saturating_sub(self.counts.attempted.load(Ordering::Relaxed)));
        let puts = self
            .max_successful_events
            .map(|most| most.saturating_sub(self.counts.succeeded.load(Ordering::Relaxed)));
        let left = tries.unwrap_or(u64::MAX).min(puts.unwrap_or(u64::MAX));
        self.batch_size.min(usize::try_from(left).unwrap_or(usize::MAX))
    }
}

/// Those of usual sizes are there once for all, and nobody counts who has one.
fn body(size: usize) -> Bytes {
    static USUAL: [u8; 16 << 10] = [FILLING; 16 << 10];
    USUAL.get(..size).map_or_else(|| Bytes::from(vec![FILLING; size]), Bytes::from_static)
}

impl Default for StressSource {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Source for StressSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        let clock = out.context().clock.clone();
        let (stopwatch, mut pace) = (clock.stopwatch(), Pace::new(self.max_events_per_second));
        let mut failures = 0;
        while !out.is_stopping() {
            let count = self.next_batch();
            if count == 0 {
                break;
            }
            let wait = pace.wait(count, stopwatch.elapsed());
            if !wait.is_zero() {
                tokio::select! {
                    () = out.stopping() => return Ok(()),
                    () = clock.sleep(wait) => {}
                }
            }
            self.counts.attempted.fetch_add(count as u64, Ordering::Relaxed);
            match out.put_once(Batch::untracked(self.events(count))).await {
                Ok(()) => {
                    self.counts.succeeded.fetch_add(count as u64, Ordering::Relaxed);
                    failures = 0;
                }
                Err(error) if error.kind == PutErrorKind::TooLarge => return Err(SourceError::fatal(error)),
                Err(error) if error.kind == PutErrorKind::Closed => return Err(SourceError::retry(error)),
                Err(error) => {
                    tracing::debug!(source = %out.context().name, %error, "an attempt failed");
                    failures = u32::saturating_add(failures, 1);
                    let pause = self.pause.saturating_mul(failures).min(self.longest_pause);
                    tokio::select! {
                        () = out.stopping() => return Ok(()),
                        () = clock.sleep(pause) => {}
                    }
                }
            }
        }
        out.stopping().await;
        Ok(())
    }
}
