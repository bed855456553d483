use std::error::Error;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;

use futures_sink::Sink;

use crate::base::{Timestamp, TokenSet};
use crate::process::{Bolt, BoltError, NoOutput, Outputs};

/// Any [`futures::Sink`](Sink) as a bolt at the end of a topology.
///
/// Tuples are fed one by one, and acknowledged when the sink was flushed, which it is after every batch. When
/// the sink fails, the task is made anew and what was not flushed is replayed: so tuples can come twice. The
/// sink is closed at the end.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::TopologyBuilder;
/// use flowcore::process::futures::{FuturesSinkBolt, StreamSpout};
/// use futures_channel::mpsc;
/// use futures_util::{StreamExt, stream};
///
/// let (sender, receiver) = mpsc::channel(8);
/// let mut topology = TopologyBuilder::new("into a sink");
/// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter([1, 2, 3])));
/// topology.bolt("send", move || FuturesSinkBolt::new(sender.clone())).shuffle(&numbers);
/// let (report, sent) = tokio::join!(topology.build()?.run(), receiver.collect::<Vec<i32>>());
/// assert_eq!(sent, [1, 2, 3]);
/// assert_eq!(report?.snapshot.component("numbers").acked, 3);
/// # Ok(()) }
/// ```
pub struct FuturesSinkBolt<T, S> {
    sink: Pin<Box<S>>,
    fed: TokenSet,
    tuple: PhantomData<fn(T)>,
}

impl<T, S: Sink<T>> FuturesSinkBolt<T, S> {
    /// Feeds `sink`.
    pub fn new(sink: S) -> Self {
        Self { sink: Box::pin(sink), fed: TokenSet::default(), tuple: PhantomData }
    }
}

impl<T, S> Bolt<T> for FuturesSinkBolt<T, S>
where
    T: Clone + Send + Sync + 'static,
    S: Sink<T> + Send + 'static,
    S::Error: Error + Send + Sync + 'static,
{
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &T, out: &mut NoOutput) -> Result<(), BoltError> {
        poll_fn(|cx| self.sink.as_mut().poll_ready(cx)).await.map_err(BoltError::restart)?;
        self.sink.as_mut().start_send(tuple.clone()).map_err(BoltError::restart)?;
        out.keep_in(&mut self.fed);
        Ok(())
    }

    async fn tick(&mut self, _now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        poll_fn(|cx| self.sink.as_mut().poll_flush(cx)).await.map_err(BoltError::restart)?;
        std::mem::take(&mut self.fed).ack();
        Ok(())
    }

    /// At once, when something was fed: between two batches.
    fn wake_at(&self) -> Option<Timestamp> {
        (!self.fed.is_empty()).then_some(Timestamp::MIN)
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        poll_fn(|cx| self.sink.as_mut().poll_close(cx)).await.map_err(BoltError::restart)?;
        std::mem::take(&mut self.fed).ack();
        Ok(())
    }
}

impl<T, S> std::fmt::Debug for FuturesSinkBolt<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FuturesSinkBolt").field("fed", &self.fed.len()).finish_non_exhaustive()
    }
}
