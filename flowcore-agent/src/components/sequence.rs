use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, PutErrorKind, Source, SourceError};

/// Makes events by itself: numbers from 0 as decimal text, or the same event again and again. A batch that
/// is refused comes again; after the last event it is idle. Nothing answers for its events: after a crash it
/// begins anew.
#[derive(Debug, Clone)]
pub(crate) struct SequenceSource {
    batch: u64,
    total: u64,
    next: Arc<AtomicU64>,
    /// The event of a load test; none for numbers.
    same: Option<Event>,
}

impl SequenceSource {
    pub(crate) fn new(batch: u64, total: u64) -> Self {
        Self { batch: batch.max(1), total, next: Arc::default(), same: None }
    }

    /// `total` events of `size` bytes.
    pub(crate) fn stress(batch: u64, total: u64, size: usize) -> Self {
        Self { same: Some(Event::new(vec![0x7f; size])), ..Self::new(batch, total) }
    }

    fn event(&self, number: u64) -> Event {
        self.same.clone().unwrap_or_else(|| Event::new(number.to_string()))
    }
}

#[async_trait]
impl Source for SequenceSource {
    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let from = self.next.load(Ordering::Relaxed);
            let to = from.saturating_add(self.batch).min(self.total);
            if from >= to {
                out.stopping().await;
                break;
            }
            let events = (from..to).map(|number| self.event(number)).collect();
            match out.put(Batch::untracked(events)).await {
                Ok(()) => self.next.store(to, Ordering::Relaxed),
                Err(_) if out.is_stopping() => break,
                Err(error) if error.kind == PutErrorKind::TooLarge => {
                    return Err(SourceError::fatal(error.kind));
                }
                Err(error) => return Err(SourceError::retry(error.kind)),
            }
        }
        Ok(())
    }
}
