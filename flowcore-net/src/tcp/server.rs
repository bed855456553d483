use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use flowcore::ingest::metrics::Counter;
use flowcore::ingest::{ChannelWriter, SourceError, Stopping};
use tokio::sync::watch;

use super::intake::Desk;
use super::{Connection, Intake};
use crate::listening::Listener;
use crate::put::PutRule;

/// Connections have so long to put what they read and to write their answers when the source stops.
const GRACE: Duration = Duration::from_secs(2);
/// Wait before the next try when the system gives out no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Accepts connections, and puts what they read.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) listeners: Vec<Listener>,
    /// More wait in the system's queue.
    pub(crate) max_connections: usize,
    pub(crate) rule: PutRule,
}

impl Server {
    /// Until the source is to stop: then connections that are under way end within two seconds.
    pub(crate) async fn serve<F>(
        self,
        out: &mut ChannelWriter,
        converse: impl Fn(Connection, Intake) -> F,
    ) -> Result<(), SourceError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopping) = watch::channel(false);
        let (source, counters) = (Arc::clone(&out.context().name), out.context().counters.clone());
        let (mut desk, intake) = Desk::open(self.rule, Stopping::new(stopping), counters);
        let mut connections = TaskSet::new();
        loop {
            tokio::select! {
                () = out.stopping() => break,
                Some(_) = connections.next() => {}
                Some(next) = desk.ready() => desk.serve(next, out).await?,
                connection = self.accept(&source), if connections.len() < self.max_connections => {
                    let open = out.context().counters.raise(Counter::OpenConnection);
                    let talk = converse(connection, intake.clone());
                    connections.spawn("connection", async move {
                        let _open = open;
                        talk.await;
                    });
                }
            }
        }
        drop((self, intake));
        stop.send_replace(true);
        drain(connections, desk, out).await
    }

    /// The next connection, however long it takes: what fails here is the peer's or passes. Safe to cancel.
    async fn accept(&self, source: &Arc<str>) -> Connection {
        loop {
            match self.accept_one(source).await {
                Ok(connection) => return connection,
                Err(error) => {
                    tracing::warn!(%source, %error, "a connection could not be accepted");
                    Clock::system().sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn accept_one(&self, source: &Arc<str>) -> io::Result<Connection> {
        let (listener, (stream, peer)) = poll_fn(|cx| {
            let ready = self.listeners.iter().find_map(|listener| match listener.socket.poll_accept(cx) {
                Poll::Ready(accepted) => Some(accepted.map(|accepted| (listener, accepted))),
                Poll::Pending => None,
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await?;
        let local_port = listener.socket.local_addr()?.port();
        Ok(Connection { stream, tls: listener.tls.clone(), peer, source: Arc::clone(source), local_port })
    }
}

/// Answers what connections still put until they have ended or their time is over.
async fn drain(
    mut connections: TaskSet<()>,
    mut desk: Desk,
    out: &mut ChannelWriter,
) -> Result<(), SourceError> {
    let clock = out.context().clock.clone();
    let mut grace = pin!(clock.sleep(GRACE));
    loop {
        tokio::select! {
            () = &mut grace => {
                tracing::info!(source = %out.context().name, left = connections.len(), "connections were cut off");
                connections.abort_all();
                return Ok(());
            }
            Some(next) = desk.ready() => desk.serve(next, out).await?,
            end = connections.next() => if end.is_none() { return Ok(()) },
        }
    }
}
