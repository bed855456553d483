use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use flowcore::event::Event;
use flowcore::ingest::PutErrorKind;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::HttpConfig;
use super::handler::{Posted, Rejection};
use crate::tcp::{Connection, Intake};

/// Longest bodies that are under way together.
const LONGEST_BODIES: usize = 4;
/// What the room for bodies is counted in.
const BLOCK: usize = 1024;

/// Answers the requests of all connections.
#[derive(Debug)]
pub(super) struct Service {
    config: HttpConfig,
    /// The most bytes of a body.
    max_body: usize,
    bodies: Arc<Semaphore>,
}

/// What a request comes to.
type Answer = (StatusCode, String);

impl Service {
    pub(super) fn new(config: HttpConfig) -> Self {
        let max_body = config.handler.max_body(config.max_body_bytes);
        let room = (blocks(max_body) as usize * LONGEST_BODIES).min(Semaphore::MAX_PERMITS);
        Self { config, max_body, bodies: Arc::new(Semaphore::new(room)) }
    }

    /// Until the peer leaves, is silent for too long, or the source stops.
    pub(super) async fn converse(self: Arc<Self>, connection: Connection, mut intake: Intake) {
        let (peer, source) = (connection.peer, Arc::clone(&connection.source));
        let stream = match connection.open().await {
            Ok(stream) => stream,
            Err(error) => return tracing::warn!(%source, %peer, %error, "a connection broke"),
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.config.idle_timeout);
        http.max_buf_size(self.config.request_header_size);
        let requests = intake.clone();
        let service = service_fn(|request| self.respond(request, &requests));
        let mut served = pin!(http.serve_connection(TokioIo::new(stream), service));
        let end = tokio::select! {
            end = &mut served => end,
            () = intake.stopping() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        match end {
            Ok(()) => tracing::debug!(%source, %peer, "a connection ended"),
            Err(error) if error.is_parse() => tracing::warn!(%source, %peer, %error, "a connection is ended"),
            Err(error) => tracing::debug!(%source, %peer, %error, "a connection broke"),
        }
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        intake: &Intake,
    ) -> hyper::Result<Response<Full<Bytes>>> {
        let (status, text) = match method(request.method()) {
            Ok(()) => match self.accept(request).await {
                Ok(events) => put(events, intake).await,
                Err(answer) => {
                    intake.count_unread();
                    answer
                }
            },
            Err(status) => (status, String::new()),
        };
        if status != StatusCode::OK {
            tracing::debug!(%status, %text, "a request is refused");
        }
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = status;
        Ok(response)
    }

    async fn accept(&self, request: Request<Incoming>) -> Result<Vec<Event>, Answer> {
        let (head, body) = request.into_parts();
        let late = |_| (StatusCode::REQUEST_TIMEOUT, "The request took too long.".to_owned());
        let (body, _room) = timeout(self.config.request_timeout, self.body(body)).await.map_err(late)??;
        let query = head.uri.query().unwrap_or_default();
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let posted = Posted { query, content_type, body };
        self.config.handler.events(posted, self.config.max_events).map_err(|rejection| refused(&rejection))
    }

    /// The whole body, and the room that it takes.
    async fn body(&self, body: Incoming) -> Result<(Bytes, OwnedSemaphorePermit), Answer> {
        let too_large =
            || (StatusCode::PAYLOAD_TOO_LARGE, format!("A body has at most {} bytes.", self.max_body));
        let said = body.size_hint().exact().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        if said.is_some_and(|bytes| bytes > self.max_body) {
            return Err(too_large());
        }
        let room = blocks(said.unwrap_or(self.max_body));
        let room = Arc::clone(&self.bodies).acquire_many_owned(room).await;
        let room = room.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
        match Limited::new(body, self.max_body).collect().await {
            Ok(whole) => Ok((whole.to_bytes(), room)),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
            Err(_) => Err((StatusCode::BAD_REQUEST, "The body cannot be read.".to_owned())),
        }
    }
}

fn method(method: &Method) -> Result<(), StatusCode> {
    match *method {
        Method::POST | Method::GET => Ok(()),
        Method::TRACE | Method::OPTIONS => Err(StatusCode::FORBIDDEN),
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn blocks(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BLOCK)).unwrap_or(u32::MAX / 8).min(u32::MAX / 8)
}

fn refused(rejection: &Rejection) -> Answer {
    let status = match rejection {
        Rejection::Charset => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Rejection::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    (status, rejection.to_string())
}

async fn put(events: Vec<Event>, intake: &Intake) -> Answer {
    let Some(outcome) = intake.put(events).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "The source is stopping.".to_owned());
    };
    let Some(refusal) = outcome.refusal else { return (StatusCode::OK, String::new()) };
    let status = match refusal.kind {
        PutErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let why = format!("Channel {}: {}.", refusal.channel, refusal.kind);
    (status, format!("Error appending event to channel. Channel might be full. {why}"))
}
