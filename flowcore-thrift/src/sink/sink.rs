use async_trait::async_trait;
use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::metrics::{Counter, Counters};
use flowcore::ingest::{ComponentContext, Sink, SinkError};

use flowcore_tls::TlsConnector;

use super::ThriftSinkConfig;
use super::client::Client;
use super::division::Division;
use crate::ThriftError;

/// Sends events by Thrift RPC. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_thrift::{ThriftSink, ThriftSinkConfig};
///
/// let config = ThriftSinkConfig::new("collector", 4546);
/// let factory = move || ThriftSink::new(config.clone());
/// # let _ = factory();
/// ```
pub struct ThriftSink {
    config: ThriftSinkConfig,
    clock: Clock,
    counters: Counters,
    /// Which of the servers is used.
    current: usize,
    /// Connections to it, which wait for no answer.
    clients: Vec<Client>,
    tls: Option<TlsConnector>,
}

impl ThriftSink {
    /// Connects with its first batch.
    pub fn new(config: ThriftSinkConfig) -> Self {
        let clock = Clock::system();
        Self { config, clock, counters: Counters::new(), current: 0, clients: Vec::new(), tls: None }
    }

    /// Tries this server, then those after it.
    async fn send(&mut self, calls: &[&[Event]]) -> Result<(), ThriftError> {
        let attempts = self.config.max_attempts.unwrap_or(self.config.servers.len());
        for left in (0..attempts).rev() {
            match self.send_once(calls).await {
                Ok(()) => return Ok(()),
                Err(error) => {
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

    /// Calls that are given up midway leave no connections behind that wait for their answers.
    async fn send_once(&mut self, calls: &[&[Event]]) -> Result<(), ThriftError> {
        let mut clients = std::mem::take(&mut self.clients);
        while clients.len() < calls.len() {
            clients.push(self.connect().await?);
        }
        for (client, call) in clients.iter_mut().zip(calls) {
            client.ask(call).await?;
        }
        for (client, _) in clients.iter_mut().zip(calls) {
            client.hear().await?;
        }
        self.clients = clients;
        Ok(())
    }

    async fn connect(&mut self) -> Result<Client, ThriftError> {
        if let (Some(tls), None) = (&self.config.tls, &self.tls) {
            self.tls = Some(tls.connector().map_err(ThriftError::Tls)?);
        }
        let server = &self.config.servers[self.current];
        let (tls, counters) = (self.tls.clone(), &self.counters);
        let client = Client::connect(server, &self.config, tls, &self.clock, counters).await;
        if client.is_err() {
            self.counters.add(Counter::ConnectionFailed, 1);
        }
        client
    }

    fn reset_if_due(&mut self) {
        let Some(limit) = self.config.reset_connection_interval else { return };
        if self.clients.iter().any(|client| client.age() >= limit) {
            self.clients.clear();
            self.current = 0;
        }
    }
}

#[async_trait]
impl Sink<Event> for ThriftSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        self.counters = context.counters.clone();
        Ok(())
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        self.reset_if_due();
        let mut calls = Division::new(events, self.config.batch_size, self.config.frame_bytes);
        loop {
            let together: Vec<_> = calls.by_ref().take(self.config.max_connections).collect();
            if together.is_empty() {
                return Ok(());
            }
            self.send(&together).await?;
        }
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.clients.clear();
        Ok(())
    }
}

impl std::fmt::Debug for ThriftSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThriftSink").field("config", &self.config).finish_non_exhaustive()
    }
}
