use std::net::SocketAddr;
use std::time::Duration;

use flowcore_rpc::{Layers, ListenConfig, ServerProtocol, SourceMonitor};
use flowcore_tls::ServerTls;

use super::session::Session;
use crate::wire::{Limits, Protocol, Status};

/// Where a [`ThriftSource`](super::ThriftSource) listens, and how much its peers may send.
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
#[derive(Debug, Clone)]
pub struct ThriftSourceConfig {
    listen: ListenConfig,
    protocol: Protocol,
    limits: Limits,
}

impl ThriftSourceConfig {
    /// Listens on `bind`, a name or an address of this machine, and `port`; 0 is any that is free, which the
    /// log and a [monitor](Self::monitor) tell.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        let (protocol, limits) = (Protocol::default(), Limits::default());
        Self { listen: ListenConfig::new(bind, port), protocol, limits }
    }

    /// What senders speak. Default: the compact protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// How much one call may have. Default: see [`Limits`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Speaks TLS. Default: no.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.listen = self.listen.tls(tls);
        self
    }

    /// How many senders may be connected: see [`ListenConfig::max_connections`].
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.listen = self.listen.max_connections(connections);
        self
    }

    /// How many bytes of frames may be under way: see [`ListenConfig::max_memory`].
    #[must_use]
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.listen = self.listen.max_memory(bytes);
        self
    }

    /// How long a frame and an answer may take: see [`ListenConfig::frame_timeout`].
    #[must_use]
    pub fn frame_timeout(mut self, time: Duration) -> Self {
        self.listen = self.listen.frame_timeout(time);
        self
    }

    /// Which peers may connect: see [`ListenConfig::admit`].
    #[must_use]
    pub fn admit(mut self, admits: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        self.listen = self.listen.admit(admits);
        self
    }

    /// The same for filters that have to ask somebody: see [`ListenConfig::admit_when`].
    #[must_use]
    pub fn admit_when<F>(
        mut self,
        admits: impl Fn(SocketAddr, SocketAddr) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        self.listen = self.listen.admit_when(admits);
        self
    }

    /// Tells `monitor` where it listens and counts its connections.
    #[must_use]
    pub fn monitor(mut self, monitor: &SourceMonitor) -> Self {
        self.listen = self.listen.monitor(monitor);
        self
    }
}

impl Layers for ThriftSourceConfig {}

impl ServerProtocol for ThriftSourceConfig {
    const NAME: &'static str = "thrift";
    type Status = Status;
    type Session = Session;

    fn listen(&self) -> &ListenConfig {
        &self.listen
    }

    fn session(&self) -> Session {
        Session::new(self.protocol, self.limits)
    }
}
