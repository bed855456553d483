use hyper::StatusCode;
use serde::Deserialize;

use crate::archive::error::AnyError;
use crate::http::{HttpAnswer, HttpError};

/// The longest text of a server that is shown.
const LONGEST_TEXT: usize = 300;

/// What went wrong with one request.
#[derive(Debug, thiserror::Error)]
pub(super) enum InfluxError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("it answered {status}: {text}")]
    Status { status: StatusCode, text: String },
    #[error("it refused the query: {text}")]
    Statement { text: String },
    #[error("its answer is not one of an InfluxDB")]
    Garbage {
        #[source]
        source: AnyError,
    },
}

impl InfluxError {
    pub(super) fn status(answer: &HttpAnswer) -> Self {
        Self::Status { status: answer.status, text: text(&answer.body) }
    }

    pub(super) fn statement(text: &str) -> Self {
        Self::Statement { text: shown(text) }
    }

    /// Whether it passes by itself.
    pub(super) fn is_retriable(&self) -> bool {
        match self {
            Self::Http(error) => error.is_retriable(),
            Self::Status { status, .. } => {
                status.is_server_error()
                    || *status == StatusCode::TOO_MANY_REQUESTS
                    || *status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Statement { .. } | Self::Garbage { .. } => false,
        }
    }

    pub(super) fn is_missing_database(&self) -> bool {
        match self {
            Self::Status { status: StatusCode::NOT_FOUND, text } | Self::Statement { text } => {
                text.starts_with("database not found")
            }
            _ => false,
        }
    }

    /// Points in the request were refused; the others were stored.
    pub(super) fn is_bad_request(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::BAD_REQUEST, .. })
    }
}

/// What the body of an error says.
fn text(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => shown(&body.error),
        Err(_) => shown(&String::from_utf8_lossy(&body[..body.len().min(LONGEST_TEXT)])),
    }
}

/// On one line, and not longer than anybody reads.
fn shown(text: &str) -> String {
    let letters = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    letters.take(LONGEST_TEXT).collect()
}
