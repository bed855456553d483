use std::error::Error;
use std::io;
use std::time::Duration;

/// Why no frame comes from a peer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// What it sent is no frame, or makes no sense.
    #[error("it broke the protocol")]
    Protocol(#[source] Box<dyn Error + Send + Sync>),
    /// The system says so.
    #[error("the connection broke")]
    Io(#[from] io::Error),
    /// Some bytes of a frame are missing.
    #[error("it closed the connection in the middle of a frame")]
    Closed,
    /// The handshake of TLS took too long.
    #[error("it did not end its TLS handshake within {0:?}")]
    NoHandshake(Duration),
    /// A server that was asked is gone.
    #[error("it closed the connection before its answer")]
    Gone,
    /// A frame took too long from its first byte to its last.
    #[error("a frame was not whole within {0:?}")]
    TooSlow(Duration),
    /// It does not read.
    #[error("it did not take an answer within {0:?}")]
    NotTaken(Duration),
}

impl ReadError {
    pub(crate) fn protocol(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Protocol(Box::new(error))
    }
}
