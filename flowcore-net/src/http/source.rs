use std::sync::Arc;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

use super::HttpConfig;
use super::service::Service;
use crate::listening::{Announce, Listener, acceptor, listen};
use crate::put::PutRule;
use crate::tcp::Server;
use crate::{ListenAddresses, NetError};

/// Puts into channels what is posted to it, at any path. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_net::{HttpConfig, HttpSource};
///
/// let source = HttpSource::new(HttpConfig::new(8080));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct HttpSource {
    config: HttpConfig,
    announce: Announce,
    listener: Option<Listener>,
}

impl HttpSource {
    /// Listens when it starts.
    pub fn new(config: HttpConfig) -> Self {
        Self { config, announce: Announce::new(), listener: None }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    async fn open(&mut self, name: &str) -> Result<Listener, NetError> {
        if let Some(listener) = self.listener.take() {
            return Ok(listener);
        }
        let listener =
            listen(&self.config.bind, self.config.port, acceptor(self.config.tls.as_ref())?).await?;
        self.announce.tell(name, listener.socket.local_addr().into_iter().collect());
        Ok(listener)
    }
}

#[async_trait]
impl Source<Event> for HttpSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.listener = Some(self.open(&context.name).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let listeners = vec![self.open(&out.context().name.clone()).await?];
        let max_connections = self.config.max_connections;
        let service = Arc::new(Service::new(self.config.clone()));
        let server = Server { listeners, max_connections, rule: PutRule::TryWhole };
        server.serve(out, |connection, intake| Arc::clone(&service).converse(connection, intake)).await
    }
}
