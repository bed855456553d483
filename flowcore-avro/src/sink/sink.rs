use async_trait::async_trait;
use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use flowcore_tls::TlsConnector;

use super::AvroSinkConfig;
use super::client::Client;
use crate::AvroError;

/// Sends events by Avro RPC. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_avro::{AvroSink, AvroSinkConfig};
///
/// let config = AvroSinkConfig::new("collector", 4545);
/// let factory = move || AvroSink::new(config.clone());
/// # let _ = factory();
/// ```
pub struct AvroSink {
    config: AvroSinkConfig,
    clock: Clock,
    /// Which of the servers is used.
    current: usize,
    client: Option<Client>,
    tls: Option<TlsConnector>,
}

impl AvroSink {
    /// Connects with its first batch.
    pub fn new(config: AvroSinkConfig) -> Self {
        Self { config, clock: Clock::system(), current: 0, client: None, tls: None }
    }

    /// Tries this server, then those after it.
    async fn send(&mut self, events: &[Event]) -> Result<(), AvroError> {
        let attempts = self.config.max_attempts.unwrap_or(self.config.servers.len());
        for left in (0..attempts).rev() {
            match self.send_once(events).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    self.client = None;
                    self.current = (self.current + 1) % self.config.servers.len().max(1);
                    if left == 0 {
                        return Err(error);
                    }
                    tracing::warn!(%error, "the next server is tried");
                }
            }
        }
        Ok(())
    }

    /// A call that is given up midway leaves no connection behind that waits for its answer.
    async fn send_once(&mut self, events: &[Event]) -> Result<(), AvroError> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => self.connect().await?,
        };
        client.append(events).await?;
        self.client = Some(client);
        Ok(())
    }

    async fn connect(&mut self) -> Result<Client, AvroError> {
        if let (Some(tls), None) = (&self.config.tls, &self.tls) {
            self.tls = Some(tls.connector().map_err(AvroError::Tls)?);
        }
        let servers = &self.config.servers;
        let Some(server) = servers.get(self.current).or(servers.first()) else {
            return Err(AvroError::Stranger { server: String::new() });
        };
        Client::connect(server, &self.config, self.tls.clone(), &self.clock).await
    }

    fn reset_if_due(&mut self) {
        let limit = self.config.reset_connection_interval;
        if limit.zip(self.client.as_ref()).is_some_and(|(limit, client)| client.age() >= limit) {
            self.client = None;
            self.current = 0;
        }
    }
}

#[async_trait]
impl Sink<Event> for AvroSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        Ok(())
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        self.reset_if_due();
        for call in events.chunks(self.config.batch_size) {
            self.send(call).await?;
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.client = None;
        Ok(())
    }
}

impl std::fmt::Debug for AvroSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AvroSink").field("config", &self.config).finish_non_exhaustive()
    }
}
