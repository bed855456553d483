use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use flowcore_tls::{ClientTls, TlsError};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, LOCATION, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::WebAddress;
use super::basic::basic;
use super::contents::Credentials;
use crate::properties::MAX_BYTES;

/// How long an answer may take, from the name of the host to its last byte.
const LIMIT: Duration = Duration::from_secs(30);

/// Why a web server gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("no secure connection")]
    Secure(#[source] std::io::Error),
    #[error("no secure connections can be made")]
    Tls(#[from] TlsError),
    #[error("no answer")]
    Talk(#[from] hyper::Error),
    #[error("the request cannot be made")]
    Request(#[from] hyper::http::Error),
    #[error("the server answered {status}{}", moved.as_ref().map(|to| format!(", it is at {to}")).unwrap_or_default())]
    Refused { status: StatusCode, moved: Option<String> },
    #[error("the answer cannot be read to its end")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it is larger than the {MAX_BYTES} bytes that a configuration may have")]
    TooLarge,
    #[error("it took longer than {} s", LIMIT.as_secs())]
    Late,
}

/// Asks a web server once, on a connection of its own.
///
/// # Errors
/// [`FetchError`], also for every answer but 200: a server that moved something is not followed, since it
/// would be told the password too.
pub(super) async fn fetch(
    address: &WebAddress,
    credentials: Option<&Credentials>,
    verifies_host: bool,
) -> Result<Vec<u8>, FetchError> {
    let clock = Clock::system();
    tokio::select! {
        answer = ask(address, credentials, verifies_host) => answer,
        () = clock.sleep(LIMIT) => Err(FetchError::Late),
    }
}

async fn ask(
    address: &WebAddress,
    credentials: Option<&Credentials>,
    verifies_host: bool,
) -> Result<Vec<u8>, FetchError> {
    let request = request(address, credentials)?;
    let stream =
        TcpStream::connect((address.host.as_str(), address.port)).await.map_err(FetchError::Connect)?;
    if !address.is_secure {
        return exchange(TokioIo::new(stream), request).await;
    }
    let tls = ClientTls::new().verify_hostname(verifies_host).connector()?;
    let stream = tls.connect(&address.host, stream).await.map_err(FetchError::Secure)?;
    exchange(TokioIo::new(stream), request).await
}

fn request(
    address: &WebAddress,
    credentials: Option<&Credentials>,
) -> Result<Request<Empty<Bytes>>, FetchError> {
    let request = Request::get(&address.path)
        .header(HOST, &address.authority)
        .header(USER_AGENT, concat!("flowcore/", env!("CARGO_PKG_VERSION")));
    let request = match credentials {
        Some(Credentials { user, password }) => request.header(AUTHORIZATION, basic(user, password)),
        None => request,
    };
    Ok(request.body(Empty::new())?)
}

async fn exchange<S: Read + Write + Send + Unpin + 'static>(
    stream: S,
    request: Request<Empty<Bytes>>,
) -> Result<Vec<u8>, FetchError> {
    let (mut sender, connection) = http1::handshake(stream).await?;
    // Ends with this call.
    let mut tasks = TaskSet::new();
    tasks.spawn("connection", async move { drop(connection.await) });
    whole(sender.send_request(request).await?).await
}

async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, FetchError> {
    let status = answer.status();
    if status != StatusCode::OK {
        let moved = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
        return Err(FetchError::Refused { status, moved });
    }
    match Limited::new(answer.into_body(), MAX_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::TooLarge),
        Err(error) => Err(FetchError::Body(error)),
    }
}
