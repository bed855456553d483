use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use flowcore::base::{Clock, TaskSet};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::{WebConfig, routes};

/// Connections at a time; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 256;
/// A client has so long to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is good for so long: a page is loaded by then, and asks for nothing more.
const LIFETIME: Duration = Duration::from_mins(2);
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

/// Serves the pages until `stopping` is there: then takes no more connections, lets answers that are under
/// way leave for two seconds, and returns. Dropping it ends everything at once. Pages that are open talk to
/// the broker and do not notice.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use ny_power::web::{WebConfig, WebSocket, listen, serve};
/// let listener = listen(([127, 0, 0, 1], 5000).into()).await?;
/// println!("the page is at http://{}", listener.local_addr()?);
/// serve(listener, WebConfig { websocket: WebSocket::Port(9001) }, std::future::pending()).await;
/// # Ok(()) }
/// ```
pub async fn serve(listener: TcpListener, config: WebConfig, stopping: impl Future<Output = ()> + Send) {
    let (stop, stopping_all) = watch::channel(false);
    let router = routes(&config);
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

/// Answers one client's requests until it leaves, its time is over or the server stops. One that takes no
/// answers does not hold its place.
async fn connection(stream: TcpStream, router: Router, stopping: watch::Receiver<bool>) {
    // Without it the end of an answer may wait for the acknowledgement of its beginning.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers to a client may come late");
    }
    answer(stream, router, stopping).await;
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let clock = Clock::system();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut served = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let mut end = tokio::select! {
        end = &mut served => Some(end),
        () = stopped(&mut stopping) => None,
        () = clock.sleep(LIFETIME) => None,
    };
    if end.is_none() {
        served.as_mut().graceful_shutdown();
        end = tokio::select! {
            end = served => Some(end),
            () = clock.sleep(GRACE) => None,
        };
    }
    if let Some(Err(error)) = end {
        tracing::debug!(%error, "a client left");
    }
}

/// Waits until it turns true, or nobody is left to say so.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::web::WebSocket;

    fn pages() -> Router {
        routes(&WebConfig { websocket: WebSocket::Port(9001) })
    }

    /// The time that jumps when nobody is busy says when a connection ended.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_no_answers_or_sends_no_questions_loses_its_place() {
        for (question, most) in
            [("GET /line.js HTTP/1.1\r\nHost: grid\r\n\r\n", 122), ("GET /line.js HTT", 10), ("", 10)]
        {
            let (mut client, server) = tokio::io::duplex(64);
            let (stop, stopping) = watch::channel(false);
            let watch = Clock::system().stopwatch();
            let asked = async {
                // The server may be gone before it was all taken.
                drop(client.write_all(question.as_bytes()).await);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = asked => {}
                () = answer(server, pages(), stopping) => {}
            }
            assert_eq!(watch.elapsed().as_secs(), most, "{question:?}");
            drop(stop);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_for_many_questions_and_an_answer_under_way_is_finished() {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let (stop, stopping) = watch::channel(false);
        let question = "GET /api/health HTTP/1.1\r\nHost: grid\r\n\r\n";
        let asked = async {
            for _ in 0..100 {
                client.write_all(question.as_bytes()).await.unwrap();
                let mut answer = Vec::new();
                while !answer.ends_with(br#"{"status":"ok"}"#) {
                    answer.push(client.read_u8().await.unwrap());
                }
            }
            client.write_all(question.as_bytes()).await.unwrap();
            stop.send_replace(true);
            let mut rest = String::new();
            client.read_to_string(&mut rest).await.unwrap();
            rest
        };
        let (rest, ()) = tokio::join!(asked, answer(server, pages(), stopping));
        assert!(rest.is_empty() || rest.ends_with(r#"{"status":"ok"}"#), "{rest}");
    }
}
