use std::time::Duration;

use super::pending::Pending;
use crate::base::{Clock, Timestamp};
use crate::event::Event;
use crate::ingest::{ComponentContext, Sink, SinkError};
use crate::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext};

/// A sink as a bolt: it delivers batches, and acknowledges their tuples when they are delivered.
///
/// A batch leaves when it is full or when its oldest tuple has waited for the linger time. When the sink
/// fails and may be tried again, the same batch is, after a pause of 50 ms to 5 s, as often as it takes;
/// meanwhile the task takes no more input. Order is kept. When its inputs have ended it goes on until all is
/// delivered, or the topology's grace period is over: then its tuples are reported as unsettled. After a
/// crash, tuples that were delivered and not acknowledged come again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::bridge::SinkBolt;
/// use flowcore_testkit::{Recorder, ScriptedSpout};
/// use flowcore::process::TopologyBuilder;
///
/// let (script, delivered) = (ScriptedSpout::new().emit(["a", "b"]), Recorder::new());
/// let mut topology = TopologyBuilder::new("deliver");
/// let letters = topology.spout("letters", script.factory());
/// let to = delivered.clone();
/// topology.bolt("sink", move || SinkBolt::new(to.sink())).shuffle(&letters);
/// topology.build()?.run().await?;
/// assert_eq!(delivered.items(), ["a", "b"]);
/// assert_eq!(script.acked(), ["a", "b"]);
/// # Ok(()) }
/// ```
pub struct SinkBolt<S, T = Event> {
    sink: S,
    pending: Pending<T>,
    clock: Clock,
}

impl<S: Sink<T>, T: Clone + Send + Sync + 'static> SinkBolt<S, T> {
    /// Batches of up to 100 tuples, 20 ms.
    pub fn new(sink: S) -> Self {
        Self::with_batch(sink, 100, Duration::from_millis(20))
    }

    /// Batches of up to `tuples`, that wait for `linger` at most.
    pub fn with_batch(sink: S, tuples: usize, linger: Duration) -> Self {
        Self { sink, pending: Pending::new(tuples, linger), clock: Clock::system() }
    }

    async fn deliver(&mut self, now: Timestamp) -> Result<(), BoltError> {
        while let Some(batch) = self.pending.first() {
            match self.sink.deliver(&batch.items).await {
                Ok(()) => self.pending.delivered().ack(),
                Err(error @ SinkError::Retry(_)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "delivery is tried again");
                    self.pending.postpone(now);
                    return Ok(());
                }
                Err(error @ SinkError::Fatal(_)) => return Err(BoltError::fatal(error)),
            }
        }
        Ok(())
    }
}

impl<S: Sink<T>, T: Clone + Send + Sync + 'static> Bolt<T> for SinkBolt<S, T> {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.clock = context.clock.clone();
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
        while self.pending.len() > 0 {
            self.pending.pause(&self.clock).await;
            self.deliver(self.clock.now()).await?;
        }
        self.sink.stop().await?;
        Ok(())
    }
}

impl<S, T> std::fmt::Debug for SinkBolt<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkBolt").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}
