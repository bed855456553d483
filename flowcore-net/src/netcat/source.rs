use std::sync::Arc;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

use super::{NetcatConfig, connection};
use crate::ListenAddresses;
use crate::listening::{Announce, Listener, listen};
use crate::put::PutRule;
use crate::tcp::Server;

/// Puts lines into channels, each as an event. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_net::{NetcatConfig, NetcatSource};
///
/// let source = NetcatSource::new(NetcatConfig::new("localhost", 44444));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct NetcatSource {
    config: Arc<NetcatConfig>,
    announce: Announce,
    listener: Option<Listener>,
}

impl NetcatSource {
    /// Listens when it starts.
    pub fn new(config: NetcatConfig) -> Self {
        Self { config: Arc::new(config), announce: Announce::new(), listener: None }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    async fn open(&mut self, name: &str) -> Result<Listener, SourceError> {
        if let Some(listener) = self.listener.take() {
            return Ok(listener);
        }
        let listener = listen(&self.config.bind, self.config.port, None).await?;
        self.announce.tell(name, listener.socket.local_addr().into_iter().collect());
        Ok(listener)
    }
}

#[async_trait]
impl Source<Event> for NetcatSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.listener = Some(self.open(&context.name).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let listener = self.open(&out.context().name.clone()).await?;
        let max_connections = self.config.max_connections;
        let server = Server { listeners: vec![listener], max_connections, rule: PutRule::TryEach };
        let config = &self.config;
        server.serve(out, |peer, intake| connection::converse(peer, Arc::clone(config), intake)).await
    }
}
