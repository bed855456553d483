use std::error::Error;
use std::time::Duration;

use flowcore::ingest::SinkError;

/// Why a sink that posts cannot be made, or has not delivered: the cause inside its [`SinkError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSinkError {
    /// The endpoint is no URL that can be posted to.
    #[error("`{endpoint}` is no endpoint: it takes http:// or https://, a host, and a path")]
    Endpoint {
        /// What it is.
        endpoint: String,
    },
    /// What stands for statuses is neither a status nor a group.
    #[error("`{statuses}` is no status: it takes one such as 200, or a group such as 2XX")]
    Status {
        /// What it is.
        statuses: String,
    },
    /// A header has a value that cannot be sent.
    #[error("`{value}` cannot be the value of a header")]
    Header {
        /// What it is.
        value: String,
    },
    /// The server cannot be reached.
    #[error("cannot connect to {server}")]
    Connect {
        /// Host and port.
        server: String,
        /// What went wrong.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The server did not do what it should in time.
    #[error("{server} did not {what} within {limit:?}")]
    TooSlow {
        /// Host and port.
        server: String,
        /// What it should.
        what: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// The connection broke before the answer was there.
    #[error("the connection to {server} broke")]
    Broken {
        /// Host and port.
        server: String,
        /// What went wrong.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The server answered, and the event is to be sent again.
    #[error("{server} answered {status}")]
    Answered {
        /// Host and port.
        server: String,
        /// Its status.
        status: u16,
    },
}

impl HttpSinkError {
    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        !matches!(self, Self::Endpoint { .. } | Self::Status { .. } | Self::Header { .. })
    }
}

impl From<HttpSinkError> for SinkError {
    fn from(error: HttpSinkError) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}
