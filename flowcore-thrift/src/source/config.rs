use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::ThriftSourceMonitor;
use crate::ServerTls;
use crate::wire::{Limits, Protocol};

type Admits = Arc<dyn Fn(SocketAddr) -> bool + Send + Sync>;

/// Where an [`ThriftSource`](super::ThriftSource) listens, and how much its peers may send.
///
/// ```
/// use flowcore_thrift::{Protocol, ThriftSourceConfig};
/// use std::time::Duration;
///
/// let config = ThriftSourceConfig::new("0.0.0.0", 4546)
///     .protocol(Protocol::Binary)
///     .max_connections(200)
///     .frame_timeout(Duration::from_secs(5))
///     .admit(|peer| peer.ip().is_loopback());
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct ThriftSourceConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
    pub(super) tls: Option<ServerTls>,
    pub(super) limits: Limits,
    pub(super) max_connections: usize,
    pub(super) max_memory: usize,
    pub(super) frame_timeout: Duration,
    pub(super) admits: Option<Admits>,
    pub(super) monitor: ThriftSourceMonitor,
}

impl ThriftSourceConfig {
    /// Listens on `bind`, a name or an address of this machine, and `port`; 0 is any that is free, which the
    /// log and a [monitor](Self::monitor) tell.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        Self {
            bind: bind.into(),
            port,
            protocol: Protocol::default(),
            tls: None,
            limits: Limits::default(),
            max_connections: 1024,
            max_memory: 256 << 20,
            frame_timeout: Duration::from_secs(20),
            admits: None,
            monitor: ThriftSourceMonitor::new(),
        }
    }

    /// What senders speak. Default: the compact protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Speaks TLS: the same frames inside it. Default: no.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
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

    /// Which peers may connect, for filters of addresses; the others' connections are closed at once.
    #[must_use]
    pub fn admit(mut self, admits: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        self.admits = Some(Arc::new(admits));
        self
    }

    /// Tells `monitor` where it listens and counts its connections.
    #[must_use]
    pub fn monitor(mut self, monitor: &ThriftSourceMonitor) -> Self {
        self.monitor = monitor.clone();
        self
    }
}

impl fmt::Debug for ThriftSourceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThriftSourceConfig")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
