use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use crate::base::Token;
use crate::process::{Bolt, BoltError, NoOutput, Outputs};

/// A bolt at the end of a topology, and the [`futures::Stream`](Stream) that gives what it gets.
///
/// A tuple is acknowledged when the stream has given it out. When `room` tuples wait (at most a million), the
/// bolt waits: whoever does not read holds up the topology. When the stream is dropped, the topology stops with an error. It ends
/// when the topology ends.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::futures::{StreamSpout, reader};
/// use flowcore::process::{TopologyBuilder, map};
/// use futures_util::{StreamExt, stream};
///
/// let (read, squares) = reader(16);
/// let mut topology = TopologyBuilder::new("squares");
/// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter([1, 2, 3])));
/// let squared = topology.bolt("square", || map(|n: &i32| n * n)).shuffle(&numbers);
/// topology.bolt("read", move || read.clone()).global(&squared);
/// let (report, squares) = tokio::join!(topology.build()?.run(), squares.collect::<Vec<i32>>());
/// assert_eq!(squares, [1, 4, 9]);
/// assert_eq!(report?.snapshot.component("numbers").acked, 3);
/// # Ok(()) }
/// ```
pub fn reader<T: Clone + Send + Sync + 'static>(room: usize) -> (ReaderBolt<T>, StreamReader<T>) {
    const MOST: usize = 1 << 20;
    let (sender, receiver) = mpsc::channel(room.clamp(1, MOST));
    (ReaderBolt { sender }, StreamReader { receiver })
}

/// See [`reader`].
#[derive(Debug, Clone)]
pub struct ReaderBolt<T> {
    sender: mpsc::Sender<(T, Token)>,
}

/// See [`reader`].
#[derive(Debug)]
pub struct StreamReader<T> {
    receiver: mpsc::Receiver<(T, Token)>,
}

/// Whoever read the stream has gone.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the stream any more")]
struct ReaderGone;

impl<T: Clone + Send + Sync + 'static> Bolt<T> for ReaderBolt<T> {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &T, out: &mut NoOutput) -> Result<(), BoltError> {
        let sent = self.sender.send((tuple.clone(), out.keep())).await;
        sent.map_err(|_| BoltError::fatal(ReaderGone))
    }
}

impl<T> Stream for StreamReader<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.receiver.poll_recv(cx).map(|received| {
            received.map(|(tuple, token)| {
                token.ack();
                tuple
            })
        })
    }
}
