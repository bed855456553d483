use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::AvroSourceMonitor;
use crate::wire::Limits;
use crate::{Compression, LayerOrder, ServerTls};

type Verdict = Pin<Box<dyn Future<Output = bool> + Send>>;
type Admits = Arc<dyn Fn(SocketAddr, SocketAddr) -> Verdict + Send + Sync>;

/// Where an [`AvroSource`](super::AvroSource) listens, and how much its peers may send.
///
/// ```
/// use flowcore_avro::{AvroSourceConfig, Compression};
/// use std::time::Duration;
///
/// let config = AvroSourceConfig::new("0.0.0.0", 4545)
///     .compression(Compression::DEFLATE)
///     .max_connections(200)
///     .frame_timeout(Duration::from_secs(5))
///     .admit(|peer| peer.ip().is_loopback());
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct AvroSourceConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) compression: Compression,
    pub(super) tls: Option<ServerTls>,
    pub(super) order: LayerOrder,
    pub(super) limits: Limits,
    pub(super) max_connections: usize,
    pub(super) max_memory: usize,
    pub(super) frame_timeout: Duration,
    pub(super) admits: Option<Admits>,
    pub(super) monitor: AvroSourceMonitor,
}

impl AvroSourceConfig {
    /// Listens on `bind`, a name or an address of this machine, and `port`; 0 is any that is free, which the
    /// log and a [monitor](Self::monitor) tell.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        Self {
            bind: bind.into(),
            port,
            compression: Compression::None,
            tls: None,
            order: LayerOrder::default(),
            limits: Limits::default(),
            max_connections: 1024,
            max_memory: 256 << 20,
            frame_timeout: Duration::from_secs(20),
            admits: None,
            monitor: AvroSourceMonitor::new(),
        }
    }

    /// What senders compress with. Default: nothing. The level is that of the answers.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Speaks TLS. Default: no.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Which lies outside, if there are both TLS and compression. Default: as Flume since 1.10.
    #[must_use]
    pub fn compression_tls_order(mut self, order: LayerOrder) -> Self {
        self.order = order;
        self
    }

    /// How many senders may be connected, at least 1; more wait until one goes. Default 1024.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// How much one call may have. Default: see [`Limits`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many bytes of frames that are being received all connections may hold together, beside 64 KiB
    /// that each may. At least one frame's. Default 256 MiB.
    #[must_use]
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.max_memory = bytes;
        self
    }

    /// How long a frame may take from its first byte to its last, and an answer to be taken. Default 20 s.
    /// Between two calls a sender may be silent for ever.
    #[must_use]
    pub fn frame_timeout(mut self, time: Duration) -> Self {
        self.frame_timeout = time;
        self
    }

    /// Which peers may connect, for filters of addresses; the others' connections are closed before anything
    /// is read.
    #[must_use]
    pub fn admit(self, admits: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        self.admit_when(move |peer, _| std::future::ready(admits(peer)))
    }

    /// The same for filters that have to ask somebody: given the peer and the address that it came to. A
    /// connection waits for the verdict, at most as long as a [frame](Self::frame_timeout), and no other does.
    #[must_use]
    pub fn admit_when<F>(
        mut self,
        admits: impl Fn(SocketAddr, SocketAddr) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        self.admits = Some(Arc::new(move |peer, here| Box::pin(admits(peer, here))));
        self
    }

    /// Tells `monitor` where it listens and counts its connections.
    #[must_use]
    pub fn monitor(mut self, monitor: &AvroSourceMonitor) -> Self {
        self.monitor = monitor.clone();
        self
    }
}

impl fmt::Debug for AvroSourceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AvroSourceConfig")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}
