use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_core::Stream;

use crate::process::{Emitter, Next, Spout, SpoutError};

/// Any [`futures::Stream`](Stream) as a spout. It ends with the stream.
///
/// The stream cannot be asked for an item again: what fails is replayed by the engine, and after a crash of the
/// process it is gone. The factory of the spout makes the stream anew after a panic inside it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::futures::StreamSpout;
/// use flowcore::process::{TopologyBuilder, for_each};
///
/// let mut topology = TopologyBuilder::new("numbers");
/// let numbers = topology.spout("numbers", || StreamSpout::new(futures_util::stream::iter(0..10)));
/// topology.bolt("look", || for_each(|number: &i32| assert!((0..10).contains(number)))).shuffle(&numbers);
/// let report = topology.build()?.run().await?;
/// assert_eq!(report.snapshot.component("numbers").acked, 10);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct StreamSpout<S> {
    stream: Pin<Box<S>>,
}

impl<S: Stream> StreamSpout<S> {
    /// Emits the items of `stream`.
    pub fn new(stream: S) -> Self {
        Self { stream: Box::pin(stream) }
    }
}

impl<S> Spout for StreamSpout<S>
where
    S: Stream + Send + 'static,
    S::Item: Send + Sync + 'static,
{
    type Out = Emitter<S::Item>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        /// Items that are there already are emitted together.
        const MOST: usize = 256;
        let mut left = MOST;
        poll_fn(|cx| {
            while left > 0 {
                match self.stream.as_mut().poll_next(cx) {
                    Poll::Ready(Some(item)) => out.emit(item),
                    Poll::Ready(None) => return Poll::Ready(Ok(Next::End)),
                    Poll::Pending if left == MOST => return Poll::Pending,
                    Poll::Pending => break,
                }
                left -= 1;
            }
            Poll::Ready(Ok(Next::More))
        })
        .await
    }
}
