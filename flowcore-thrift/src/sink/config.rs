use std::time::Duration;

use flowcore::event::Event;
use flowcore_rpc::{ClientProtocol, ConnectConfig, Layers};

use super::exchange::Exchange;
use super::fitting::fitting;
use crate::ClientTls;
use crate::wire::{Limits, Protocol};

/// Where a [`ThriftSink`](super::ThriftSink) sends to, and how long it waits.
///
/// ```
/// use flowcore_thrift::{Protocol, ThriftSinkConfig};
/// use std::time::Duration;
///
/// let config = ThriftSinkConfig::new("collector-1", 4546)
///     .backup("collector-2", 4546)
///     .batch_size(1000)
///     .request_timeout(Duration::from_secs(5))
///     .reset_connection_interval(Duration::from_mins(10))
///     .protocol(Protocol::Binary);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ThriftSinkConfig {
    connect: ConnectConfig,
    frame_bytes: usize,
    protocol: Protocol,
}

impl ThriftSinkConfig {
    /// The server at `hostname` and `port`.
    pub fn new(hostname: impl Into<String>, port: u16) -> Self {
        let (connect, protocol) = (ConnectConfig::new(hostname, port), Protocol::default());
        Self { connect, frame_bytes: Limits::default().frame_bytes, protocol }
    }

    /// One more server, for when those before it fail: see [`ConnectConfig::backup`].
    #[must_use]
    pub fn backup(mut self, hostname: impl Into<String>, port: u16) -> Self {
        self.connect = self.connect.backup(hostname, port);
        self
    }

    /// How many events a call has at most, at least 1. Default 100.
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.connect = self.connect.batch_size(events);
        self
    }

    /// How long a connection may take to be made. Default 20 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect = self.connect.connect_timeout(time);
        self
    }

    /// How long a call may take, from its first byte to its answer. Default 20 s.
    #[must_use]
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.connect = self.connect.request_timeout(time);
        self
    }

    /// Connects anew after this time: see [`ConnectConfig::reset_connection_interval`].
    #[must_use]
    pub fn reset_connection_interval(mut self, time: Duration) -> Self {
        self.connect = self.connect.reset_connection_interval(time);
        self
    }

    /// How many servers are tried in one delivery: see [`ConnectConfig::max_attempts`].
    #[must_use]
    pub fn max_attempts(mut self, attempts: usize) -> Self {
        self.connect = self.connect.max_attempts(attempts);
        self
    }

    /// Speaks TLS. Default: no.
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.connect = self.connect.tls(tls);
        self
    }

    /// How many calls of one delivery may be under way together: see [`ConnectConfig::max_connections`].
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.connect = self.connect.max_connections(connections);
        self
    }

    /// How many bytes a call may have, if it has more than one event. Default 16,384,000, which is what
    /// Flume's sources take.
    #[must_use]
    pub fn frame_bytes(mut self, bytes: usize) -> Self {
        self.frame_bytes = bytes;
        self
    }

    /// What the server speaks. Default: the compact protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }
}

impl Layers for ThriftSinkConfig {}

impl ClientProtocol for ThriftSinkConfig {
    type Exchange = Exchange;

    fn connect(&self) -> &ConnectConfig {
        &self.connect
    }

    fn exchange(&self) -> Exchange {
        Exchange::new(self.protocol)
    }

    fn fitting(&self, events: &[Event]) -> usize {
        fitting(events, self.frame_bytes)
    }
}
