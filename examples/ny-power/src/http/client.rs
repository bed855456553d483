use std::future::pending;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::service::Service;
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::{HttpError, HttpLimits, Target};

/// The longest head of an answer, in bytes.
const HEAD_BYTES: usize = 64 * 1024;
const MOST_HEADERS: usize = 100;

/// Asks servers, each time on a connection of its own. HTTPS trusts the certificates of the system.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ny_power::http::{HttpClient, HttpLimits, HttpRequest};
///
/// let client = HttpClient::new(HttpLimits::default());
/// let request = HttpRequest::get("http://mis.nyiso.com/public/".parse()?);
/// let answer = client.send(request).await?;
/// println!("{}: {} bytes", answer.status, answer.body.len());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct HttpClient {
    limits: HttpLimits,
    plain: HttpConnector,
    /// Made when it is first needed: it reads the system's certificates.
    secure: OnceCell<HttpsConnector<HttpConnector>>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    method: Method,
    target: Target,
    headers: HeaderMap,
    body: Bytes,
}

/// What was answered, whatever the status is.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl HttpRequest {
    /// Asks for what is there. Redirects are followed.
    pub fn get(target: Target) -> Self {
        Self { method: Method::GET, target, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Sends a body. Redirects are not followed.
    pub fn post(target: Target, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, target, headers: HeaderMap::new(), body: body.into() }
    }

    /// Adds a header. One that may be a secret is not sent to the server of a redirect.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn to_hyper(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.path_and_query().parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(header::HOST, self.target.host().clone());
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        request.headers_mut().entry(header::USER_AGENT).or_insert(HeaderValue::from_static("ny-power"));
        request
    }

    fn redirected(mut self, answer: &HttpAnswer) -> Result<Self, HttpError> {
        let location = answer.headers.get(header::LOCATION);
        let Some(target) = location.and_then(|location| self.target.redirected(location)) else {
            let reason = "to no address that is followed from there";
            return Err(HttpError::Redirect { target: self.target.to_string(), reason });
        };
        if target.host() != self.target.host() {
            self.headers.remove(header::AUTHORIZATION);
        }
        Ok(Self { target, ..self })
    }
}

impl HttpClient {
    /// A client that has asked nobody yet.
    pub fn new(limits: HttpLimits) -> Self {
        Self { limits, plain: connector(), secure: OnceCell::new() }
    }

    /// Sends a request and waits for the whole answer. An answer of any status is an answer. Dropping the
    /// future ends the connection.
    ///
    /// # Errors
    /// [`HttpError`], which says whether to ask again.
    pub async fn send(&self, mut request: HttpRequest) -> Result<HttpAnswer, HttpError> {
        for _ in 0..self.limits.redirects {
            let answer = self.once(&request).await?;
            if request.method != Method::GET || !is_redirect(answer.status) {
                return Ok(answer);
            }
            request = request.redirected(&answer)?;
        }
        let answer = self.once(&request).await?;
        if self.limits.redirects > 0 && request.method == Method::GET && is_redirect(answer.status) {
            let reason = "and so did those before it, too often";
            return Err(HttpError::Redirect { target: request.target.to_string(), reason });
        }
        Ok(answer)
    }

    async fn once(&self, request: &HttpRequest) -> Result<HttpAnswer, HttpError> {
        let target = &request.target;
        let uri = target.uri().clone();
        if target.is_secure() {
            let made = self.secure.get_or_try_init(async || secure());
            let connector = made.await.map_err(|error| unconnected(target, error))?.clone();
            let connection = TowerToHyperService::new(connector).call(uri);
            let stream = within(self.limits.connect, target, "connection", connection).await?;
            self.exchange(stream.map_err(|error| unconnected(target, error))?, request).await
        } else {
            let connection = TowerToHyperService::new(self.plain.clone()).call(uri);
            let stream = within(self.limits.connect, target, "connection", connection).await?;
            self.exchange(stream.map_err(|error| unconnected(target, error))?, request).await
        }
    }

    async fn exchange<S>(&self, stream: S, request: &HttpRequest) -> Result<HttpAnswer, HttpError>
    where
        S: Read + Write + Unpin,
    {
        let broken = |source| HttpError::Broken { target: request.target.to_string(), source };
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD_BYTES).max_headers(MOST_HEADERS);
        let (mut sender, connection) = builder.handshake(stream).await.map_err(broken)?;
        let exchange = async {
            let sent = sender.send_request(request.to_hyper());
            let answer = within(self.limits.head, &request.target, "answer", sent).await?;
            let (head, body) = answer.map_err(broken)?.into_parts();
            let read = self.read(&request.target, body);
            let body = within(self.limits.body, &request.target, "whole body", read).await??;
            Ok(HttpAnswer { status: head.status, headers: head.headers, body })
        };
        // What ends the connection is told to the exchange as well.
        let carried = async {
            let _ = connection.await;
            pending().await
        };
        tokio::select! {
            answer = exchange => answer,
            never = carried => never,
        }
    }

    async fn read(&self, target: &Target, mut body: Incoming) -> Result<Bytes, HttpError> {
        let limit = self.limits.body_bytes;
        let too_large = || HttpError::TooLarge { target: target.to_string(), limit };
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|source| HttpError::Broken { target: target.to_string(), source })?;
            let Some(data) = frame.data_ref() else { continue };
            if data.len() > limit - whole.len() {
                return Err(too_large());
            }
            whole.extend_from_slice(data);
        }
        Ok(whole.freeze())
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

fn secure() -> std::io::Result<HttpsConnector<HttpConnector>> {
    let provider = rustls::crypto::ring::default_provider();
    let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?;
    Ok(builder.https_only().enable_http1().wrap_connector(connector()))
}

/// 304 leads nowhere.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn unconnected(target: &Target, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HttpError {
    HttpError::Connect { target: target.to_string(), source: source.into() }
}

async fn within<T>(
    after: Duration,
    target: &Target,
    step: &'static str,
    future: impl Future<Output = T>,
) -> Result<T, HttpError> {
    let late = |_| HttpError::Timeout { target: target.to_string(), step, after };
    timeout(after, future).await.map_err(late)
}
