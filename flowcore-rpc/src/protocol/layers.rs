use tokio::io::{AsyncRead, AsyncWrite};

/// A connection with whatever lies on it.
pub type Stream = Box<dyn Io>;

/// What a connection can do.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

/// What lies on a connection beside TLS, the same for both of its ends. Nothing, unless a protocol says
/// otherwise.
pub trait Layers {
    /// Between the socket and TLS, or frames if there is no TLS.
    fn below_tls(&self, stream: Stream) -> Stream {
        stream
    }

    /// Between TLS and frames, or above [`below_tls`](Self::below_tls) if there is no TLS.
    fn above_tls(&self, stream: Stream) -> Stream {
        stream
    }
}
