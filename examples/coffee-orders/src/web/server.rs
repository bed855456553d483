use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use flowcore::base::{Clock, TaskSet};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{Board, routes};

/// Connections at a time; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 256;
/// A client has so long to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Clients have so long to take the rest of their answers when the server stops.
const GRACE: Duration = Duration::from_secs(2);
/// Wait before the next try when the system gives out no connection, as when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, not this machine's, or not allowed.
    #[error("cannot listen on {address}{}", hint(source))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ", another program does: end it or choose another port",
        io::ErrorKind::PermissionDenied => ", this user may not: choose a port from 1024 upwards",
        io::ErrorKind::AddrNotAvailable => ", it is not an address of this machine",
        _ => "",
    }
}

/// Takes the address. Port 0 is any free one: the listener knows which.
///
/// # Errors
/// [`ServeError::Listen`] when it cannot be had.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// Serves the page until `stopping` is there: then takes no more connections, ends the live streams, lets
/// answers that are under way leave for two seconds, and returns. Dropping it ends everything at once.
///
/// ```no_run
/// # async fn example(board: std::sync::Arc<dyn coffee_orders::web::Board>) -> Result<(), Box<dyn std::error::Error>> {
/// use coffee_orders::web::{listen, serve};
/// let listener = listen(([127, 0, 0, 1], 3000).into()).await?;
/// println!("the page is at http://{}", listener.local_addr()?);
/// serve(listener, board, std::future::pending()).await;
/// # Ok(()) }
/// ```
pub async fn serve(listener: TcpListener, board: Arc<dyn Board>, stopping: impl Future<Output = ()> + Send) {
    let (stop, stopping_all) = watch::channel(false);
    let router = routes(board, stopping_all.clone());
    let mut connections = TaskSet::new();
    {
        let mut stopping = pin!(stopping);
        loop {
            tokio::select! {
                () = &mut stopping => break,
                Some(_) = connections.next() => {}
                stream = accept(&listener), if connections.len() < MOST_CONNECTIONS => {
                    connections.spawn("connection", connection(stream, router.clone(), stopping_all.clone()));
                }
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    drain(connections).await;
}

/// The next connection, however long it takes: what fails here is the peer's or passes.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                Clock::system().sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one client's requests until it leaves or the server stops.
async fn connection(stream: TcpStream, router: Router, stopping: watch::Receiver<bool>) {
    // Without it small live packets wait for the acknowledgement of the ones before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "packets to a client may come late");
    }
    answer(stream, router, stopping).await;
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let end = tokio::select! {
        end = &mut served => end,
        () = stopped(&mut stopping) => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = end {
        tracing::debug!(%error, "a client left");
    }
}

/// Waits until it turns true, or nobody is left to say so.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error is a sender that is gone: nobody serves any more.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

async fn drain(mut connections: TaskSet<()>) {
    let clock = Clock::system();
    let mut grace = pin!(clock.sleep(GRACE));
    loop {
        tokio::select! {
            () = &mut grace => return connections.abort_all(),
            end = connections.next() => if end.is_none() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// What the end of the server takes with one such client, in time that jumps when nobody is busy.
    async fn end_with(question: &str) -> Duration {
        let (stop, stopping) = watch::channel(false);
        let router = Router::new().route("/much", get(async || "much ".repeat(1_000)));
        let (mut client, server) = tokio::io::duplex(64);
        let mut connections = TaskSet::new();
        connections.spawn("connection", answer(server, router, stopping));
        client.write_all(question.as_bytes()).await.unwrap();
        Clock::system().sleep(Duration::from_secs(1)).await;
        stop.send_replace(true);
        let watch = Clock::system().stopwatch();
        drain(connections).await;
        watch.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connections_end_at_once_and_who_takes_no_answer_two_seconds_later() {
        assert_eq!(end_with("").await, Duration::ZERO);
        assert_eq!(end_with("GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await.as_secs(), GRACE.as_secs());
    }
}
