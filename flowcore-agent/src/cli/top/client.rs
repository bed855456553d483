use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, TaskSet};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An answer takes no longer.
const LIMIT: Duration = Duration::from_secs(5);
/// An answer has no more bytes.
const MOST: usize = 32 << 20;

/// Where an agent's metrics are.
#[derive(Debug)]
pub(super) struct Metrics {
    host: String,
    port: u16,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error(transparent)]
    Connect(#[from] std::io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error("the answer cannot be read: {0}")]
    Body(String),
    #[error("the answer is {0}")]
    Status(StatusCode),
    #[error("there is no answer after {} s", LIMIT.as_secs())]
    TooSlow,
}

impl Metrics {
    /// `None` if it is no address of HTTP without TLS.
    pub(super) fn at(uri: &Uri) -> Option<Self> {
        let is_plain = uri.scheme_str().is_none_or(|scheme| scheme == "http");
        let host = uri.host().filter(|host| is_plain && !host.is_empty())?.to_owned();
        Some(Self { host, port: uri.port_u16().unwrap_or(41414) })
    }

    /// The numbers; of an agent of Flume's, which does not know them, its strings.
    pub(super) async fn ask(&self, clock: &Clock) -> Result<Vec<u8>, AskError> {
        let asked = async {
            match self.get("/metrics.json").await {
                Err(AskError::Status(StatusCode::NOT_FOUND)) => self.get("/metrics").await,
                answer => answer,
            }
        };
        tokio::select! {
            answer = asked => answer,
            () = clock.sleep(LIMIT) => Err(AskError::TooSlow),
        }
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, AskError> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Aborted with the set: the answer is all that is wanted.
        let mut tasks = TaskSet::new();
        tasks.spawn("connection", connection);
        let request = Request::get(path).header(HOST, format!("{}:{}", self.host, self.port));
        let request =
            request.body(Empty::<Bytes>::new()).map_err(|error| AskError::Body(error.to_string()))?;
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(AskError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MOST).collect().await;
        let body = body.map_err(|error| AskError::Body(error.to_string()))?;
        Ok(body.to_bytes().to_vec())
    }
}
