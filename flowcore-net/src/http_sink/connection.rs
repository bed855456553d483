use std::time::Duration;

use bytes::Bytes;
use flowcore::base::TaskSet;
use flowcore_tls::TlsConnector;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::endpoint::Endpoint;
use super::{HttpSinkConfig, HttpSinkError};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// So much of an answer is read so that the connection can be used again; after more it is closed.
const LONGEST_ANSWER: usize = 64 << 10;

/// A connection that requests go over, one at a time.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Reads and writes for it, and ends with it.
    _driver: TaskSet<()>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Whether the connection can be used again.
    pub(super) is_reusable: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The server had closed the connection before: it has seen nothing of the request.
    Unsent,
    Failed(HttpSinkError),
}

impl Connection {
    pub(super) async fn open(
        config: &HttpSinkConfig,
        tls: Option<&TlsConnector>,
    ) -> Result<Self, HttpSinkError> {
        let (server, limit) = (config.endpoint.server(), config.connect_timeout);
        match timeout(limit, connect(&config.endpoint, tls)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(cause)) => Err(HttpSinkError::Connect { server, cause }),
            Err(_) => Err(HttpSinkError::TooSlow { server, what: "accept a connection", limit }),
        }
    }

    async fn over<S>(stream: S) -> Result<Self, Cause>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        let mut tasks = TaskSet::new();
        tasks.spawn("http sink", async move {
            // What went wrong is told to who waits for the answer.
            let _ = driver.await;
        });
        Ok(Self { sender, _driver: tasks })
    }

    /// Posts a body. After an error the connection is of no use.
    pub(super) async fn post(&mut self, body: Bytes, config: &HttpSinkConfig) -> Result<Answer, NoAnswer> {
        let server = config.endpoint.server();
        let limit = config.request_timeout;
        match timeout(limit, self.exchange(body, config)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_canceled() || error.is_closed() => Err(NoAnswer::Unsent),
            Ok(Err(error)) => Err(NoAnswer::Failed(HttpSinkError::Broken { server, cause: error.into() })),
            Err(_) => Err(NoAnswer::Failed(HttpSinkError::TooSlow { server, what: "answer", limit })),
        }
    }

    async fn exchange(&mut self, body: Bytes, config: &HttpSinkConfig) -> Result<Answer, hyper::Error> {
        self.sender.ready().await?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = hyper::Method::POST;
        *request.uri_mut() = config.endpoint.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, config.endpoint.authority.clone());
        headers.insert(CONTENT_TYPE, config.content_type.clone());
        headers.insert(ACCEPT, config.accept.clone());
        headers.insert(USER_AGENT, const { hyper::header::HeaderValue::from_static("flowcore") });
        let response = self.sender.send_request(request).await?;
        Ok(Answer { status: response.status().as_u16(), is_reusable: drain(response).await })
    }
}

/// Reads the rest of an answer. Returns whether it has come to its end.
async fn drain(response: Response<Incoming>) -> bool {
    /// An answer whose end does not come is not worth waiting for.
    const PATIENCE: Duration = Duration::from_secs(1);
    let body = Limited::new(response.into_body(), LONGEST_ANSWER);
    timeout(PATIENCE, body.collect()).await.is_ok_and(|read| read.is_ok())
}

async fn connect(endpoint: &Endpoint, tls: Option<&TlsConnector>) -> Result<Connection, Cause> {
    // An address of IPv6 stands in brackets.
    let host = endpoint.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, endpoint.port)).await?;
    // A request is written at once, and waited for.
    let _ = stream.set_nodelay(true);
    match tls {
        None => Connection::over(stream).await,
        Some(tls) => Connection::over(tls.connect(host, stream).await?).await,
    }
}
