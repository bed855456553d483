use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::time::Duration;

use flowcore::ingest::{PutErrorKind, SinkError, SourceError};
use flowcore_tls::TlsError;

/// Why a source or a sink cannot work or go on: the cause inside its error. `S` is what servers of its protocol
/// say about a put.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcError<S: Debug> {
    /// The address cannot be listened on.
    #[error("cannot listen on {host}:{port}")]
    Listen {
        /// The host as it was given.
        host: String,
        /// The port as it was given.
        port: u16,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The certificates or settings of TLS are of no use.
    #[error("cannot set up tls")]
    Tls(#[source] TlsError),
    /// A channel takes nothing any more.
    #[error("channel {channel} refused events")]
    Refused {
        /// The channel.
        channel: String,
        /// Why.
        #[source]
        kind: PutErrorKind,
    },
    /// The server cannot be reached.
    #[error("cannot connect to {server}")]
    Connect {
        /// Its host and port.
        server: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The server let too much time pass.
    #[error("{server} did not {what} within {limit:?}")]
    TooSlow {
        /// Its host and port.
        server: String,
        /// What it should have done.
        what: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// The connection broke, or what came over it was no answer: whether the events arrived is not known.
    #[error("the connection to {server} broke")]
    Broken {
        /// Its host and port.
        server: String,
        /// What happened.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The server did not take the events: its channel is full, or it failed.
    #[error("{server} answered {status:?}")]
    NotTaken {
        /// Its host and port.
        server: String,
        /// What it answered.
        status: S,
    },
    /// The server could not execute the call.
    #[error("{server} answered with an error: {message}")]
    Answered {
        /// Its host and port.
        server: String,
        /// In its words.
        message: String,
    },
    /// Calls are shared out between servers, and all of them are left out for a while because they failed.
    #[error("all servers failed lately, and none is tried for a while")]
    AllRest,
    /// The server speaks another protocol than Flume's.
    #[error("{server} does not know Flume's protocol")]
    Stranger {
        /// Its host and port.
        server: String,
    },
}

impl<S: Debug> RpcError<S> {
    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        match self {
            Self::Listen { cause, .. } => cause.kind() != io::ErrorKind::PermissionDenied,
            Self::Stranger { .. } | Self::Tls(_) => false,
            _ => true,
        }
    }
}

impl<S: Debug + Send + Sync + 'static> From<RpcError<S>> for SourceError {
    fn from(error: RpcError<S>) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}

impl<S: Debug + Send + Sync + 'static> From<RpcError<S>> for SinkError {
    fn from(error: RpcError<S>) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}
