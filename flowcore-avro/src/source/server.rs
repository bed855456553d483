use std::error::Error;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::ingest::metrics::{Counter as Counted, Counters};
use flowcore::ingest::{ChannelWriter, SourceError, Stopping};
use flowcore_tls::TlsAcceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::AvroSourceConfig;
use super::connection::Connection;
use super::desk::{Counter, Desk};
use super::session::Session;
use crate::transport::{Frames, Io, Layers, ReadError};

/// Connections have so long for the call that is under way when the source stops.
const GRACE: Duration = Duration::from_secs(2);
/// Before the next try when the system gives out no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Accepts connections and starts their conversations.
pub(super) struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    config: Arc<AvroSourceConfig>,
    clock: Clock,
    memory: Arc<Semaphore>,
    tasks: TaskSet<()>,
}

impl Server {
    pub(super) fn new(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        config: Arc<AvroSourceConfig>,
        clock: Clock,
    ) -> Self {
        let memory = Frames::memory(config.max_memory.max(2 * config.limits.frame_bytes));
        Self { listener, tls, config, clock, memory, tasks: TaskSet::new() }
    }

    /// Until the source is to stop.
    pub(super) async fn serve(mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        let (stop, stopping) = watch::channel(false);
        let stopping = Stopping::new(stopping);
        let (mut desk, counter) = Desk::open(self.config.monitor.clone());
        loop {
            tokio::select! {
                () = out.stopping() => break,
                Some((_, end)) = self.tasks.next() => note_end(&end),
                Some(order) = desk.next() => desk.serve(order, out).await?,
                (stream, peer) = accept(&self.listener, &self.clock),
                    if self.tasks.len() < self.config.max_connections =>
                {
                    let counters = out.context().counters.clone();
                    self.start((stream, peer), counters, counter.clone(), stopping.clone());
                }
            }
        }
        let Self { tasks, clock, .. } = self;
        drop(counter);
        stop.send_replace(true);
        drain(tasks, desk, out, &clock).await
    }

    fn start(
        &mut self,
        (stream, peer): (TcpStream, SocketAddr),
        counters: Counters,
        counter: Counter,
        stopping: Stopping,
    ) {
        let (config, clock, memory) =
            (Arc::clone(&self.config), self.clock.clone(), Arc::clone(&self.memory));
        let tls = self.tls.clone();
        self.tasks.spawn("avro connection", async move {
            if !admits(&stream, peer, &config).await {
                return tracing::debug!(%peer, "a connection is not admitted");
            }
            let _open = (config.monitor.opened(), counters.raise(Counted::OpenConnection));
            let frames = Frames::new(config.limits, config.frame_timeout, &clock, memory);
            let talk = async {
                let stream = open(stream, tls, &config).await?;
                let (session, patience) = (Session::new(config.limits), config.frame_timeout);
                Connection { stream, frames, session, counter, stopping, patience }.converse().await
            };
            if let Err(error) = talk.await {
                config.monitor.broke();
                counters.add(Counted::EventReadFail, 1);
                let reason = error.source().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(%peer, %error, reason, "a connection has ended");
            }
        });
    }
}

/// Whether the filter lets the peer in; who cannot be judged is not.
async fn admits(stream: &TcpStream, peer: SocketAddr, config: &AvroSourceConfig) -> bool {
    let Some(admits) = &config.admits else { return true };
    let Ok(here) = stream.local_addr() else { return false };
    timeout(config.frame_timeout, admits(peer, here)).await.unwrap_or(false)
}

/// With what lies on it; the handshake of TLS has the time of a frame.
async fn open(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    config: &AvroSourceConfig,
) -> Result<Box<dyn Io>, ReadError> {
    // Answers are short and waited for.
    let _ = stream.set_nodelay(true);
    let layers = Layers { compression: config.compression, order: config.order };
    let accepted = timeout(config.frame_timeout, layers.accept(Box::new(stream), tls)).await;
    Ok(accepted.map_err(|_| ReadError::NoHandshake(config.frame_timeout))??)
}

/// The next connection, however long it takes: what fails here is the peer's or passes. Safe to cancel.
async fn accept(listener: &TcpListener, clock: &Clock) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Puts what connections have under way until they have ended or their time is over.
async fn drain(
    mut tasks: TaskSet<()>,
    mut desk: Desk,
    out: &mut ChannelWriter,
    clock: &Clock,
) -> Result<(), SourceError> {
    let mut grace = pin!(clock.sleep(GRACE));
    loop {
        tokio::select! {
            () = &mut grace => {
                tracing::info!(source = %out.context().name, left = tasks.len(), "connections were cut off");
                return Ok(());
            }
            Some(order) = desk.next() => desk.serve(order, out).await?,
            end = tasks.next() => match end {
                Some((_, end)) => note_end(&end),
                None => return Ok(()),
            },
        }
    }
}

fn note_end(end: &TaskEnd<()>) {
    if let TaskEnd::Panicked(panic) = end {
        tracing::error!(%panic, "a connection of an avro source");
    }
}
