use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flowcore_tls::TlsAcceptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A peer has so long for the handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A connection with whatever lies on it.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

/// One that was accepted.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) tls: Option<TlsAcceptor>,
    pub(crate) peer: SocketAddr,
    /// The name of the source that it came to.
    pub(crate) source: Arc<str>,
    /// The port that it came to.
    pub(crate) local_port: u16,
}

impl Connection {
    /// Ready to be read, after the handshake of TLS where there is one.
    pub(crate) async fn open(self) -> io::Result<Box<dyn Io>> {
        // Answers are short and waited for; they may come late.
        let _ = self.stream.set_nodelay(true);
        let Some(tls) = self.tls else { return Ok(Box::new(self.stream)) };
        Ok(Box::new(timeout(HANDSHAKE, tls.accept(self.stream)).await??))
    }
}
