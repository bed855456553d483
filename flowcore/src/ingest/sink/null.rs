use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::ingest::{ComponentContext, Sink, SinkError};

/// Delivers events to nowhere and counts them. Every delivery succeeds at once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use flowcore::event::Event;
/// use flowcore::ingest::Sink;
/// use flowcore::ingest::sink::NullSink;
///
/// let mut sink = NullSink::new();
/// let count = sink.count();
/// sink.deliver(&[Event::new("a"), Event::new("b")]).await.unwrap();
/// assert_eq!(count.get(), 2);
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct NullSink {
    count: SinkCount,
    log_every: Option<NonZeroU64>,
    name: Option<Arc<str>>,
}

/// How many events a sink delivered. Clones show the same number.
#[derive(Debug, Clone, Default)]
pub struct SinkCount(Arc<AtomicU64>);

impl SinkCount {
    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl NullSink {
    /// Nothing delivered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says at each so many events in the log how many there were; never unless said otherwise.
    #[must_use]
    pub fn log_every(mut self, events: Option<NonZeroU64>) -> Self {
        self.log_every = events;
        self
    }

    /// How many were delivered, to be asked at any time.
    pub fn count(&self) -> SinkCount {
        self.count.clone()
    }
}

#[async_trait]
impl<T: Send + Sync + 'static> Sink<T> for NullSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.name = Some(context.name.clone());
        Ok(())
    }

    async fn deliver(&mut self, events: &[T]) -> Result<(), SinkError> {
        let before = self.count.0.fetch_add(events.len() as u64, Ordering::Relaxed);
        let after = before.wrapping_add(events.len() as u64);
        if self.log_every.is_some_and(|every| before / every != after / every) {
            tracing::info!(
                sink = self.name.as_deref().unwrap_or(""),
                events = after,
                "events were thrown away"
            );
        }
        Ok(())
    }
}
