use bytes::Bytes;
use flowcore::event::Event;

use super::{blob, json};

/// What makes events of a request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum HttpHandler {
    /// A list of events in JSON: `[{"headers":{"name":"value"},"body":"text"}]`. Headers and body may be
    /// missing. The body is in the charset that the request came in: UTF-8 unless its content type says
    /// UTF-16 or UTF-32.
    #[default]
    Json,
    /// The body of the request is that of one event, the parameters of its query are the headers.
    Blob(BlobHandler),
}

/// Which bodies and parameters [`HttpHandler::Blob`] takes.
#[derive(Debug, Clone)]
pub struct BlobHandler {
    pub(super) max_blob_length: usize,
    pub(super) mandatory_parameters: Vec<String>,
}

impl BlobHandler {
    /// Bodies of up to 100,000,000 bytes, no parameter that must be there.
    pub fn new() -> Self {
        Self { max_blob_length: 100_000_000, mandatory_parameters: Vec::new() }
    }

    /// The longest body in bytes (`handler.maxBlobLength`, default 100,000,000). The smaller of this and
    /// [`HttpConfig::max_body_bytes`](super::HttpConfig::max_body_bytes) counts.
    #[must_use]
    pub fn max_blob_length(mut self, bytes: usize) -> Self {
        self.max_blob_length = bytes;
        self
    }

    /// Parameters of the query that must be there (`handler.mandatoryParameters`, default none).
    #[must_use]
    pub fn mandatory_parameters<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.mandatory_parameters = names.into_iter().map(Into::into).collect();
        self
    }
}

impl Default for BlobHandler {
    fn default() -> Self {
        Self::new()
    }
}

/// What of a request a handler looks at.
#[derive(Debug, Clone)]
pub(super) struct Posted<'a> {
    pub(super) query: &'a str,
    pub(super) content_type: Option<&'a str>,
    pub(super) body: Bytes,
}

/// Why a request makes no events: the sender's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejection {
    #[error("Bad request from client. Request has invalid JSON Syntax.")]
    Json,
    #[error("Bad request from client. {0}")]
    Shape(String),
    #[error("Bad request from client. The body is empty.")]
    Empty,
    #[error("Bad request from client. The parameter {0} is missing.")]
    Parameter(String),
    #[error("JSON handler supports UTF-8, UTF-16 and UTF-32 only.")]
    Charset,
    #[error("Bad request from client. A request has at most {0} events.")]
    TooMany(usize),
}

impl HttpHandler {
    pub(super) fn events(&self, posted: Posted<'_>, max_events: usize) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Json => json::events(&posted, max_events),
            Self::Blob(handler) => blob::event(handler, posted).map(|event| vec![event]),
        }
    }

    pub(super) fn max_body(&self, max_body_bytes: usize) -> usize {
        match self {
            Self::Json => max_body_bytes,
            Self::Blob(handler) => handler.max_blob_length.min(max_body_bytes),
        }
    }
}
