use std::fmt;
use std::mem;
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::{Clock, with_causes};
use flowcore::event::Event;
use flowcore::ingest::metrics::{Counter, Counters};
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use flowcore_tls::TlsConnector;

use super::client::Client;
use super::division::Division;
use super::passed_over::PassedOver;
use super::turns::Turns;
use crate::protocol::Exchange;
use crate::{ClientProtocol, RpcError};

/// Sends events to servers. See the [module](super) for its guarantees, and [`protocol`](crate::protocol) for
/// what it is made of.
pub struct RpcSink<P: ClientProtocol> {
    protocol: Arc<P>,
    clock: Clock,
    counters: Counters,
    turns: Turns,
    passed_over: PassedOver,
    /// For each server its connections, none of which waits for an answer.
    clients: Vec<Vec<Client<P::Exchange>>>,
    tls: Option<TlsConnector>,
}

type Failure<P> = RpcError<<<P as ClientProtocol>::Exchange as Exchange>::Status>;

impl<P: ClientProtocol> RpcSink<P> {
    /// Connects with its first batch.
    pub fn new(config: P) -> Self {
        let turns = Turns::new(config.connect());
        let clients: Vec<_> = config.connect().servers.iter().map(|_| Vec::new()).collect();
        let (clock, counters) = (Clock::system(), Counters::new());
        let passed_over = PassedOver::new("sink".into(), clients.len());
        Self { protocol: Arc::new(config), clock, counters, turns, passed_over, clients, tls: None }
    }

    /// Sends these calls together, to one server after the other until one has them.
    async fn send(&mut self, calls: &[&[Event]]) -> Result<(), Failure<P>> {
        self.turns.begin(self.clock.now());
        let mut failed = None;
        while let Some(server) = self.turns.next() {
            if let Some((before, error)) = failed.take() {
                self.passed_over.failed(before, &with_causes(&error), self.clock.now());
            }
            match self.send_once(server, calls).await {
                Ok(()) => {
                    self.has_delivered(server);
                    return Ok(());
                }
                Err(error) => {
                    self.turns.failed(server, self.clock.now());
                    failed = Some((server, error));
                }
            }
        }
        Err(failed.map_or(RpcError::AllRest, |(_, error)| error))
    }

    fn has_delivered(&mut self, server: usize) {
        let now = self.clock.now();
        self.turns.delivered(server, now);
        self.passed_over.works(server, self.protocol.connect().servers.get(server), now);
    }

    /// Calls that fail, or are given up midway, leave no connections behind that wait for their answers.
    async fn send_once(&mut self, server: usize, calls: &[&[Event]]) -> Result<(), Failure<P>> {
        let mut clients = self.clients.get_mut(server).map(mem::take).unwrap_or_default();
        while clients.len() < calls.len() {
            clients.push(self.connect(server).await?);
        }
        for (client, call) in clients.iter_mut().zip(calls) {
            client.ask(call).await?;
        }
        for (client, call) in clients.iter_mut().zip(calls) {
            client.hear(call).await?;
        }
        if let Some(place) = self.clients.get_mut(server) {
            *place = clients;
        }
        Ok(())
    }

    async fn connect(&mut self, server: usize) -> Result<Client<P::Exchange>, Failure<P>> {
        let config = self.protocol.connect();
        if let (Some(tls), None) = (&config.tls, &self.tls) {
            self.tls = Some(tls.connector().map_err(RpcError::Tls)?);
        }
        // A policy may count more servers than there are.
        let Some(server) = config.servers.get(server).or(config.servers.first()) else {
            return Err(RpcError::AllRest);
        };
        let (tls, clock, counters) = (self.tls.as_ref(), &self.clock, &self.counters);
        let client = Client::connect(server, &*self.protocol, tls, clock, counters).await;
        if client.is_err() {
            self.counters.add(Counter::ConnectionFailed, 1);
        }
        client
    }

    fn reset_if_due(&mut self) {
        let Some(limit) = self.protocol.connect().reset_connection_interval else { return };
        for clients in &mut self.clients {
            if clients.iter().any(|client| client.age() >= limit) {
                clients.clear();
                self.turns.reset();
            }
        }
    }
}

#[async_trait]
impl<P: ClientProtocol> Sink<Event> for RpcSink<P> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        self.passed_over = PassedOver::new(Arc::clone(&context.name), self.clients.len());
        self.counters = context.counters.clone();
        Ok(())
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        self.reset_if_due();
        let protocol = Arc::clone(&self.protocol);
        let config = protocol.connect();
        let mut calls = Division::new(events, config.batch_size, &*protocol);
        let mut together = Vec::new();
        loop {
            together.clear();
            together.extend(calls.by_ref().take(config.max_connections));
            if together.is_empty() {
                return Ok(());
            }
            self.send(&together).await?;
        }
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        for clients in &mut self.clients {
            clients.clear();
        }
        Ok(())
    }
}

impl<P: ClientProtocol> fmt::Debug for RpcSink<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcSink").field("config", &self.protocol).finish_non_exhaustive()
    }
}
