use std::sync::Arc;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};
use flowcore_tls::TlsAcceptor;
use tokio::net::TcpListener;

use super::ThriftSourceConfig;
use super::server::Server;
use crate::{ServerTls, ThriftError};

/// Puts what clients send by Thrift RPC into channels. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_thrift::{ThriftSource, ThriftSourceConfig};
///
/// let config = ThriftSourceConfig::new("localhost", 4546);
/// let factory = move || ThriftSource::new(config.clone());
/// # let _ = factory();
/// ```
pub struct ThriftSource {
    config: Arc<ThriftSourceConfig>,
    listener: Option<TcpListener>,
    tls: Option<TlsAcceptor>,
}

impl ThriftSource {
    /// Listens when it starts.
    pub fn new(config: ThriftSourceConfig) -> Self {
        Self { config: Arc::new(config), listener: None, tls: None }
    }

    async fn listen(&self) -> Result<TcpListener, ThriftError> {
        let ThriftSourceConfig { bind, port, .. } = &*self.config;
        // An address of IPv6 may stand in brackets.
        let bare = bind.strip_prefix('[').and_then(|bind| bind.strip_suffix(']')).unwrap_or(bind);
        let bound = TcpListener::bind((bare, *port)).await;
        bound.map_err(|cause| ThriftError::Listen { host: bind.clone(), port: *port, cause })
    }
}

#[async_trait]
impl Source<Event> for ThriftSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        let tls = self.config.tls.as_ref().map(ServerTls::acceptor).transpose();
        self.tls = tls.map_err(ThriftError::Tls)?;
        let listener = self.listen().await?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(source = %context.name, %address, "listening");
            self.config.monitor.listens(address);
        }
        self.listener = Some(listener);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let clock = out.context().clock.clone();
        Server::new(listener, self.tls.clone(), Arc::clone(&self.config), clock).serve(out).await
    }
}

impl std::fmt::Debug for ThriftSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThriftSource").field("config", &self.config).finish_non_exhaustive()
    }
}
