use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::ingest::metrics::{Counter as Counted, Counters};
use flowcore::ingest::{ChannelWriter, ComponentContext, SourceError, Stopping};
use flowcore_tls::TlsAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::connection::Connection;
use super::desk::{Counter, Desk};
use super::gate::{Arrival, Gate};
use crate::protocol::{Decoder, Session, Stream};
use crate::transport::{Frames, Memory};
use crate::{ReadError, ServerProtocol};

/// Connections have so long for the call that is under way when the source stops.
const GRACE: Duration = Duration::from_secs(2);
/// Before the next try when the system gives out no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Accepts connections and starts their conversations.
pub(super) struct Server<P> {
    listener: TcpListener,
    gate: Gate,
    connections: TaskSet<()>,
    conversation: Arc<Conversation<P>>,
}

/// What every conversation needs.
struct Conversation<P> {
    protocol: Arc<P>,
    tls: Option<TlsAcceptor>,
    clock: Clock,
    memory: Arc<Memory>,
}

/// What is handed to each.
#[derive(Clone)]
struct Place {
    /// The source's name.
    source: Arc<str>,
    counter: Counter,
    counters: Counters,
    stopping: Stopping,
}

impl<P: ServerProtocol> Server<P> {
    pub(super) fn new(
        listener: TcpListener,
        protocol: Arc<P>,
        tls: Option<TlsAcceptor>,
        context: &ComponentContext,
    ) -> Self {
        let listen = protocol.listen();
        let gate = Gate::new(&context.name, listen.admits.clone(), listen.frame_timeout);
        let memory = Arc::new(Memory::new(listen.max_memory, protocol.session().decoder().frame_bytes()));
        let conversation = Arc::new(Conversation { protocol, tls, clock: context.clock.clone(), memory });
        Self { listener, gate, connections: TaskSet::new(), conversation }
    }

    /// Until the source is to stop.
    pub(super) async fn serve(mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        let listen = self.conversation.protocol.listen();
        let (most, (mut desk, counter)) = (listen.max_connections, Desk::open(listen.monitor.clone()));
        let (stop, stopping) = watch::channel(false);
        let counters = out.context().counters.clone();
        let source = Arc::clone(&out.context().name);
        let place =
            Place { source: Arc::clone(&source), counter, counters, stopping: Stopping::new(stopping) };
        loop {
            let has_room = self.connections.len() < most;
            tokio::select! {
                () = out.stopping() => break,
                Some((_, end)) = self.connections.next() => note_end::<P>(&source, &end),
                Some(order) = desk.next() => desk.serve::<P::Status>(order, out).await?,
                Some(arrival) = self.gate.admitted(), if has_room => self.start(arrival, place.clone()),
                arrival = accept(&source, &self.listener, &self.conversation.clock), if has_room => {
                    if let Some(arrival) = self.gate.judge(arrival) {
                        self.start(arrival, place.clone());
                    }
                }
            }
        }
        let Self { connections, conversation, .. } = self;
        drop(place);
        stop.send_replace(true);
        drain::<P>(connections, desk, out, &conversation.clock).await
    }

    fn start(&mut self, Arrival { stream, peer }: Arrival, place: Place) {
        let conversation = Arc::clone(&self.conversation);
        self.connections.spawn(P::NAME, async move {
            let monitor = &conversation.protocol.listen().monitor;
            let (source, counters) = (Arc::clone(&place.source), place.counters.clone());
            let _open = (monitor.opened(), counters.raise(Counted::OpenConnection));
            if let Err(error) = conversation.hold(stream, place).await {
                monitor.broke();
                counters.add(Counted::EventReadFail, 1);
                note_break(&source, peer, &error);
            }
        });
    }
}

impl<P: ServerProtocol> Conversation<P> {
    async fn hold(&self, stream: TcpStream, place: Place) -> Result<(), ReadError> {
        let patience = self.protocol.listen().frame_timeout;
        let stream = self.open(stream, patience).await?;
        let session = self.protocol.session();
        let frames = Frames::new(session.decoder(), patience, &self.clock, Arc::clone(&self.memory));
        let Place { counter, stopping, .. } = place;
        Connection { stream, frames, session, counter, stopping, patience }.converse().await
    }

    /// With what lies on it; the handshake of TLS has the time of a frame.
    async fn open(&self, stream: TcpStream, patience: Duration) -> Result<Stream, ReadError> {
        // Answers are short and waited for.
        let _ = stream.set_nodelay(true);
        let stream = self.protocol.below_tls(Box::new(stream));
        let stream = match &self.tls {
            None => stream,
            Some(tls) => {
                let accepted = timeout(patience, tls.accept(stream)).await;
                Box::new(accepted.map_err(|_| ReadError::NoHandshake(patience))??)
            }
        };
        Ok(self.protocol.above_tls(stream))
    }
}

/// The next connection, however long it takes: what fails here is the peer's or passes. Safe to cancel.
async fn accept(source: &str, listener: &TcpListener, clock: &Clock) -> Arrival {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Arrival { stream, peer },
            Err(error) => {
                tracing::warn!(%source, %error, "a connection could not be accepted");
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Puts what connections have under way until they have ended or their time is over.
async fn drain<P: ServerProtocol>(
    mut connections: TaskSet<()>,
    mut desk: Desk,
    out: &mut ChannelWriter,
    clock: &Clock,
) -> Result<(), SourceError> {
    let mut grace = pin!(clock.sleep(GRACE));
    loop {
        tokio::select! {
            () = &mut grace => {
                tracing::info!(source = %out.context().name, left = connections.len(), "connections were cut off");
                return Ok(());
            }
            Some(order) = desk.next() => desk.serve::<P::Status>(order, out).await?,
            end = connections.next() => match end {
                Some((_, end)) => note_end::<P>(&out.context().name, &end),
                None => return Ok(()),
            },
        }
    }
}

fn note_break(source: &str, peer: SocketAddr, error: &ReadError) {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(%source, %peer, %error, reason, "a connection has ended");
}

fn note_end<P: ServerProtocol>(source: &str, end: &TaskEnd<()>) {
    if let TaskEnd::Panicked(panic) = end {
        tracing::error!(%source, %panic, protocol = P::NAME, "a connection");
    }
}
