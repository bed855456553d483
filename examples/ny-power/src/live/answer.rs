use bytes::Bytes;
use flowcore::base::with_causes;
use hyper::StatusCode;
use hyper::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};

use crate::http::{HttpAnswer, HttpError};

/// A longer one is not kept.
const LONGEST_VALIDATOR: usize = 256;

/// What a server says of the version of a file that it gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// For `If-None-Match`.
    pub etag: Option<HeaderValue>,
    /// For `If-Modified-Since`.
    pub last_modified: Option<HeaderValue>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The file.
    File {
        /// All of it.
        body: Bytes,
        /// Which version it is.
        validators: Validators,
    },
    /// It is as it was.
    NotModified,
    /// There is no such file.
    Missing,
    /// Something else, which the server means.
    Refused(String),
    /// No answer, or one that passes by itself.
    Failed(String),
}

impl Validators {
    /// Those in an answer.
    pub fn of(headers: &HeaderMap) -> Self {
        let short =
            |name: HeaderName| headers.get(name).filter(|value| value.len() <= LONGEST_VALIDATOR).cloned();
        Self { etag: short(ETAG), last_modified: short(LAST_MODIFIED) }
    }

    /// There are none, so that only the whole file can be asked for.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

impl From<Result<HttpAnswer, HttpError>> for Answer {
    fn from(answer: Result<HttpAnswer, HttpError>) -> Self {
        match answer {
            Ok(answer) => Self::of(answer),
            Err(error) if error.is_retriable() => Self::Failed(with_causes(&error)),
            Err(error) => Self::Refused(with_causes(&error)),
        }
    }
}

impl Answer {
    fn of(answer: HttpAnswer) -> Self {
        let status = answer.status;
        match status {
            StatusCode::OK => Self::File { validators: Validators::of(&answer.headers), body: answer.body },
            StatusCode::NOT_MODIFIED => Self::NotModified,
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::Missing,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Self::Failed(format!("it answered {status}"))
            }
            _ if status.is_server_error() => Self::Failed(format!("it answered {status}")),
            _ => Self::Refused(format!("it answered {status}")),
        }
    }
}
