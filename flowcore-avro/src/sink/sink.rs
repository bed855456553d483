use async_trait::async_trait;
use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::metrics::{Counter, Counters};
use flowcore::ingest::sink_policy::{LoadBalancePolicy, SinkPolicy};
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
    counters: Counters,
    /// Which of the servers is used, unless their turns are shared out.
    current: usize,
    balance: Option<LoadBalancePolicy>,
    /// One for each server, where there is a connection to it.
    clients: Vec<Option<Client>>,
    tls: Option<TlsConnector>,
}

impl AvroSink {
    /// Connects with its first batch.
    pub fn new(config: AvroSinkConfig) -> Self {
        let clients = config.servers.iter().map(|_| None).collect();
        let balance = config.balance.clone();
        let (clock, counters) = (Clock::system(), Counters::new());
        Self { config, clock, counters, current: 0, balance, clients, tls: None }
    }

    async fn send(&mut self, events: &[Event]) -> Result<(), AvroError> {
        match self.balance.take() {
            Some(mut policy) => {
                let sent = self.send_in_turn(events, &mut policy).await;
                self.balance = Some(policy);
                sent
            }
            None => self.send_to_current(events).await,
        }
    }

    /// Tries the server whose turn it is, then the others.
    async fn send_in_turn(
        &mut self,
        events: &[Event],
        policy: &mut LoadBalancePolicy,
    ) -> Result<(), AvroError> {
        policy.begin(self.clock.now());
        let mut result = Err(AvroError::AllRest);
        while let Some(server) = policy.next() {
            result = self.send_once(server, events).await;
            match &result {
                Ok(()) => {
                    policy.delivered(server, self.clock.now());
                    return result;
                }
                Err(error) => {
                    tracing::warn!(%error, "a server has not taken a call");
                    policy.failed(server, self.clock.now());
                }
            }
        }
        result
    }

    /// Tries this server, then those after it.
    async fn send_to_current(&mut self, events: &[Event]) -> Result<(), AvroError> {
        let attempts = self.config.max_attempts.unwrap_or(self.config.servers.len());
        for left in (0..attempts).rev() {
            match self.send_once(self.current, events).await {
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

    /// A call that fails, or is given up midway, leaves no connection behind that waits for its answer.
    async fn send_once(&mut self, server: usize, events: &[Event]) -> Result<(), AvroError> {
        let mut client = match self.clients.get_mut(server).and_then(Option::take) {
            Some(client) => client,
            None => self.connect(server).await?,
        };
        client.append(events).await?;
        if let Some(place) = self.clients.get_mut(server) {
            *place = Some(client);
        }
        Ok(())
    }

    async fn connect(&mut self, server: usize) -> Result<Client, AvroError> {
        if let (Some(tls), None) = (&self.config.tls, &self.tls) {
            self.tls = Some(tls.connector().map_err(AvroError::Tls)?);
        }
        let servers = &self.config.servers;
        let Some(server) = servers.get(server).or(servers.first()) else {
            return Err(AvroError::Stranger { server: String::new() });
        };
        let client =
            Client::connect(server, &self.config, self.tls.clone(), &self.clock, &self.counters).await;
        if client.is_err() {
            self.counters.add(Counter::ConnectionFailed, 1);
        }
        client
    }

    fn reset_if_due(&mut self) {
        let Some(limit) = self.config.reset_connection_interval else { return };
        for client in &mut self.clients {
            if client.as_ref().is_some_and(|client| client.age() >= limit) {
                *client = None;
                self.current = 0;
            }
        }
    }

    fn disconnect(&mut self) {
        self.clients.fill_with(|| None);
    }
}

#[async_trait]
impl Sink<Event> for AvroSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        self.counters = context.counters.clone();
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
        self.disconnect();
        Ok(())
    }
}

impl std::fmt::Debug for AvroSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AvroSink").field("config", &self.config).finish_non_exhaustive()
    }
}
