use std::time::Duration;

use super::pending::Pending;
use crate::base::Timestamp;
use crate::event::Event;
use crate::ingest::{ComponentContext, Sink, SinkError};
use crate::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext};

/// A sink as a bolt: it delivers batches, and acknowledges their tuples when they are delivered.
///
/// A batch leaves when it is full or when its oldest tuple has waited for the linger time. When the sink
/// fails and may be tried again, the same batch is, after a pause of 50 ms to 5 s, as often as it takes;
/// meanwhile the task takes no more input. Order is kept. After a crash, tuples that were delivered and not
/// acknowledged come again.
pub struct SinkBolt<S, T = Event> {
    sink: S,
    pending: Pending<T>,
}

impl<S: Sink<T>, T: Clone + Send + Sync + 'static> SinkBolt<S, T> {
    /// Batches of up to 100 tuples, 20 ms.
    pub fn new(sink: S) -> Self {
        Self::with_batch(sink, 100, Duration::from_millis(20))
    }

    /// Batches of up to `tuples`, that wait for `linger` at most.
    pub fn with_batch(sink: S, tuples: usize, linger: Duration) -> Self {
        Self { sink, pending: Pending::new(tuples, linger) }
    }

    async fn deliver(&mut self, now: Timestamp) -> Result<(), BoltError> {
        if self.pending.items.is_empty() {
            return Ok(());
        }
        match self.sink.deliver(&self.pending.items).await {
            Ok(()) => {
                std::mem::take(&mut self.pending.tokens).ack();
                self.pending.delivered();
                Ok(())
            }
            Err(error @ SinkError::Retry(_)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "delivery is tried again");
                self.pending.postpone(now);
                Ok(())
            }
            Err(error @ SinkError::Fatal(_)) => Err(BoltError::fatal(error)),
        }
    }
}

impl<S: Sink<T>, T: Clone + Send + Sync + 'static> Bolt<T> for SinkBolt<S, T> {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        let context = ComponentContext::new(context.component.clone(), context.clock.clone());
        self.sink.start(&context).await.map_err(|error| match error {
            SinkError::Retry(_) => BoltError::restart(error),
            SinkError::Fatal(_) => BoltError::fatal(error),
        })
    }

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        if self.pending.add(tuple.clone(), out) { self.deliver(out.now()).await } else { Ok(()) }
    }

    async fn tick(&mut self, now: Timestamp, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.deliver(now).await
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.pending.due()
    }

    fn is_full(&self) -> bool {
        self.pending.is_full()
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.deliver(out.now()).await?;
        self.sink.stop().await?;
        Ok(())
    }
}

impl<S, T> std::fmt::Debug for SinkBolt<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkBolt").field("pending", &self.pending.items.len()).finish_non_exhaustive()
    }
}
