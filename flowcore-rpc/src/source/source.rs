use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};
use flowcore_tls::{ServerTls, TlsAcceptor};
use tokio::net::TcpListener;

use super::ListenConfig;
use super::server::Server;
use crate::{RpcError, ServerProtocol};

/// Puts what clients send into channels. See the [module](super) for its guarantees, and
/// [`protocol`](crate::protocol) for what it is made of.
pub struct RpcSource<P> {
    protocol: Arc<P>,
    listener: Option<TcpListener>,
    tls: Option<TlsAcceptor>,
}

impl<P: ServerProtocol> RpcSource<P> {
    /// Listens when it starts.
    pub fn new(config: P) -> Self {
        Self { protocol: Arc::new(config), listener: None, tls: None }
    }
}

async fn listen<P: ServerProtocol>(config: &ListenConfig) -> Result<TcpListener, RpcError<P::Status>> {
    let ListenConfig { bind, port, .. } = config;
    // An address of IPv6 may stand in brackets.
    let bare = bind.strip_prefix('[').and_then(|bind| bind.strip_suffix(']')).unwrap_or(bind);
    let bound = TcpListener::bind((bare, *port)).await;
    bound.map_err(|cause| RpcError::Listen { host: bind.clone(), port: *port, cause })
}

#[async_trait]
impl<P: ServerProtocol> Source<Event> for RpcSource<P> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        let config = self.protocol.listen();
        let tls = config.tls.as_ref().map(ServerTls::acceptor).transpose();
        self.tls = tls.map_err(RpcError::<P::Status>::Tls)?;
        let listener = listen::<P>(config).await?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(source = %context.name, %address, "listening");
            config.monitor.listens(address);
        }
        self.listener = Some(listener);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let server = Server::new(listener, Arc::clone(&self.protocol), self.tls.clone(), out.context());
        server.serve(out).await
    }
}

impl<P: fmt::Debug> fmt::Debug for RpcSource<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcSource").field("config", &self.protocol).finish_non_exhaustive()
    }
}
