use std::io;

use flowcore::ingest::{PutErrorKind, SourceError};
use flowcore_tls::TlsError;

/// Why a source of this crate cannot work or go on: the cause inside its [`SourceError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The address cannot be listened on.
    #[error("cannot listen on {host}:{port}{}", hint(cause))]
    Listen {
        /// The host as it was given.
        host: String,
        /// The port as it was given.
        port: u16,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A source that listens on several ports got none.
    #[error("cannot listen on any of the ports {ports}")]
    NoPort {
        /// Those that were tried.
        ports: String,
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
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => ", another program does",
        io::ErrorKind::PermissionDenied => ", this user may not: choose a port from 1024 upwards",
        io::ErrorKind::AddrNotAvailable => ", it is not an address of this machine",
        _ => "",
    }
}

impl NetError {
    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        match self {
            Self::Listen { cause, .. } => cause.kind() != io::ErrorKind::PermissionDenied,
            Self::Tls(_) => false,
            _ => true,
        }
    }
}

impl From<NetError> for SourceError {
    fn from(error: NetError) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}
