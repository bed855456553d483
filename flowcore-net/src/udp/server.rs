use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskSet, Timestamp};
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, PutErrorKind, SourceError};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::LostEvents;
use crate::NetError;
use crate::put::{PutRule, put};

/// Datagrams that are put at once.
const BATCH: usize = 100;
/// Batches that wait while the channel is full; more are lost.
const WAITING: usize = 32;
/// Wait before the next try when the system cannot receive.
const PAUSE: Duration = Duration::from_millis(200);

/// What was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram<'a> {
    /// Cut to the size of a datagram.
    pub(crate) bytes: &'a [u8],
    pub(crate) peer: SocketAddr,
    pub(crate) now: Timestamp,
}

/// Receives datagrams, and puts what they hold.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) socket: UdpSocket,
    /// The longest datagram; what is longer is cut there.
    pub(crate) size: usize,
    pub(crate) lost: LostEvents,
}

impl Server {
    /// Until the source is to stop; then what was received is put.
    pub(crate) async fn serve(
        self,
        out: &mut ChannelWriter,
        parse: impl FnMut(Datagram<'_>) -> Option<Event> + Send + 'static,
    ) -> Result<(), SourceError> {
        let (sender, mut batches) = mpsc::channel(WAITING);
        let (name, lost) = (out.context().name.clone(), self.lost.clone());
        let mut tasks = TaskSet::new();
        let reader = Reader { server: self, clock: out.context().clock.clone(), name, parse };
        tasks.spawn("datagrams", reader.run(sender));
        loop {
            let batch = tokio::select! {
                biased;
                () = out.stopping() => break,
                batch = batches.recv() => batch,
            };
            let Some(batch) = batch else { break };
            put_batch(batch, out, &lost).await?;
        }
        tasks.abort_all();
        while let Ok(batch) = batches.try_recv() {
            put_batch(batch, out, &lost).await?;
        }
        Ok(())
    }
}

async fn put_batch(events: Vec<Event>, out: &mut ChannelWriter, lost: &LostEvents) -> Result<(), NetError> {
    let count = events.len();
    let outcome = put(events, PutRule::Wait, out).await;
    let missing = count.saturating_sub(outcome.accepted);
    if missing > 0 {
        lost.add(&out.context().name, missing);
    }
    match outcome.refusal {
        Some(refusal) if refusal.kind == PutErrorKind::Closed && !out.is_stopping() => {
            Err(NetError::Refused { channel: refusal.channel, kind: refusal.kind })
        }
        _ => Ok(()),
    }
}

struct Reader<P> {
    server: Server,
    clock: Clock,
    name: Arc<str>,
    parse: P,
}

impl<P: FnMut(Datagram<'_>) -> Option<Event>> Reader<P> {
    /// Until nobody takes the events.
    async fn run(mut self, sender: mpsc::Sender<Vec<Event>>) {
        let mut buffer = vec![0; self.server.size];
        loop {
            let received = self.server.socket.recv_from(&mut buffer).await;
            let (length, peer) = match received {
                Ok(received) => received,
                Err(error) => {
                    tracing::warn!(source = %self.name, %error, "a datagram could not be received");
                    self.clock.sleep(PAUSE).await;
                    continue;
                }
            };
            let now = self.clock.now();
            let mut events = Vec::new();
            events.extend((self.parse)(Datagram { bytes: &buffer[..length], peer, now }));
            while events.len() < BATCH {
                let Ok((length, peer)) = self.server.socket.try_recv_from(&mut buffer) else { break };
                events.extend((self.parse)(Datagram { bytes: &buffer[..length], peer, now }));
            }
            if events.is_empty() {
                continue;
            }
            match sender.try_send(events) {
                Ok(()) => {}
                Err(TrySendError::Full(events)) => self.server.lost.add(&self.name, events.len()),
                Err(TrySendError::Closed(_)) => return,
            }
        }
    }
}
