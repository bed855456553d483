use std::io;

use flowcore::ingest::{PutErrorKind, SourceError};

/// Why a source or a sink of this crate cannot work or go on: the cause inside its error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AvroError {
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
    /// A channel takes nothing any more.
    #[error("channel {channel} refused events")]
    Refused {
        /// The channel.
        channel: String,
        /// Why.
        #[source]
        kind: PutErrorKind,
    },
}

impl AvroError {
    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        match self {
            Self::Listen { cause, .. } => cause.kind() != io::ErrorKind::PermissionDenied,
            Self::Refused { .. } => true,
        }
    }
}

impl From<AvroError> for SourceError {
    fn from(error: AvroError) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}
