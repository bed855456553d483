use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};

/// The server's side of TLS, ready for connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsAcceptor(tokio_rustls::TlsAcceptor);

/// The client's side of TLS, ready for connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsConnector(tokio_rustls::TlsConnector);

impl TlsAcceptor {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self(tokio_rustls::TlsAcceptor::from(Arc::new(config)))
    }

    /// Shakes hands with a client, however long that takes. Not safe to cancel: the connection is of no use
    /// after it.
    ///
    /// # Errors
    /// What the connection says, or why there was no handshake.
    pub async fn accept<S>(
        &self,
        stream: S,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<S>>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        self.0.accept(stream).await
    }
}

impl TlsConnector {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self(tokio_rustls::TlsConnector::from(Arc::new(config)))
    }

    /// Shakes hands with the server `host`, a name or an address, however long that takes. Not safe to
    /// cancel: the connection is of no use after it.
    ///
    /// # Errors
    /// What the connection says, why there was no handshake, or that `host` is no name.
    pub async fn connect<S>(
        &self,
        host: &str,
        stream: S,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<S>>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0.connect(name, stream).await
    }
}

impl fmt::Debug for TlsAcceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsAcceptor")
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsConnector")
    }
}
