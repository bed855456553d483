use std::io;

use flowcore_tls::{TlsAcceptor, TlsConnector};

use super::deflate::DeflateStream;
use super::{Compression, Io, LayerOrder};

/// What lies on a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers {
    pub(crate) compression: Compression,
    pub(crate) order: LayerOrder,
}

impl Layers {
    /// The server's side of a connection.
    pub(crate) async fn accept(
        self,
        stream: Box<dyn Io>,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Box<dyn Io>> {
        let Some(tls) = tls else { return Ok(self.compress(stream)) };
        let stream = if self.order == LayerOrder::DeflateOutside { self.compress(stream) } else { stream };
        let stream: Box<dyn Io> = Box::new(tls.accept(stream).await?);
        Ok(if self.order == LayerOrder::TlsOutside { self.compress(stream) } else { stream })
    }

    /// The client's side of a connection to `host`.
    pub(crate) async fn connect(
        self,
        stream: Box<dyn Io>,
        tls: Option<TlsConnector>,
        host: &str,
    ) -> io::Result<Box<dyn Io>> {
        let Some(tls) = tls else { return Ok(self.compress(stream)) };
        let stream = if self.order == LayerOrder::DeflateOutside { self.compress(stream) } else { stream };
        let stream: Box<dyn Io> = Box::new(tls.connect(host, stream).await?);
        Ok(if self.order == LayerOrder::TlsOutside { self.compress(stream) } else { stream })
    }

    fn compress(self, stream: Box<dyn Io>) -> Box<dyn Io> {
        match self.compression {
            Compression::None => stream,
            Compression::Deflate { level } => Box::new(DeflateStream::new(stream, level)),
        }
    }
}
