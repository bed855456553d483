use std::time::Duration;

use flowcore::ingest::sink_policy::LoadBalancePolicy;
use flowcore_rpc::{ClientProtocol, ConnectConfig, Layers, Stream};

use super::exchange::Exchange;
use crate::transport::Packing;
use crate::wire::Limits;
use crate::{ClientTls, Compression, LayerOrder};

/// An answer may have: a protocol, and what a server says about an error.
const LIMITS: Limits = Limits { frame_bytes: 1 << 20, buffers: 1 << 10, events: 0, headers: 256 };

/// Where an [`AvroSink`](super::AvroSink) sends to, and how long it waits.
///
/// ```
/// use flowcore_avro::{AvroSinkConfig, Compression};
/// use std::time::Duration;
///
/// let config = AvroSinkConfig::new("collector-1", 4545)
///     .backup("collector-2", 4545)
///     .batch_size(1000)
///     .request_timeout(Duration::from_secs(5))
///     .reset_connection_interval(Duration::from_mins(10))
///     .compression(Compression::Deflate { level: 1 });
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct AvroSinkConfig {
    connect: ConnectConfig,
    packing: Packing,
}

impl AvroSinkConfig {
    /// The server at `hostname` and `port`.
    pub fn new(hostname: impl Into<String>, port: u16) -> Self {
        Self { connect: ConnectConfig::new(hostname, port), packing: Packing::default() }
    }

    /// One more server, for when those before it fail: see [`ConnectConfig::backup`].
    #[must_use]
    pub fn backup(mut self, hostname: impl Into<String>, port: u16) -> Self {
        self.connect = self.connect.backup(hostname, port);
        self
    }

    /// Shares the calls out between the servers: see [`ConnectConfig::load_balance`].
    #[must_use]
    pub fn load_balance(mut self, policy: LoadBalancePolicy) -> Self {
        self.connect = self.connect.load_balance(policy);
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

    /// Which lies outside, if there are both TLS and compression. Default: as Flume since 1.10.
    #[must_use]
    pub fn compression_tls_order(mut self, order: LayerOrder) -> Self {
        self.packing.order = order;
        self
    }

    /// What is sent is compressed with. Default: nothing. The server must have the same.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.packing.compression = compression;
        self
    }
}

impl Layers for AvroSinkConfig {
    fn below_tls(&self, stream: Stream) -> Stream {
        self.packing.pack(LayerOrder::DeflateOutside, stream)
    }

    fn above_tls(&self, stream: Stream) -> Stream {
        self.packing.pack(LayerOrder::TlsOutside, stream)
    }
}

impl ClientProtocol for AvroSinkConfig {
    type Exchange = Exchange;

    fn connect(&self) -> &ConnectConfig {
        &self.connect
    }

    fn exchange(&self) -> Exchange {
        Exchange::new(LIMITS)
    }
}
