use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use flowcore_tls::ServerTls;

use super::SourceMonitor;

/// Whether a peer is let in, as soon as that is known.
pub(super) type Verdict = Pin<Box<dyn Future<Output = bool> + Send>>;
/// Asked with the peer's address and the one that it came to.
pub(super) type Admits = Arc<dyn Fn(SocketAddr, SocketAddr) -> Verdict + Send + Sync>;

/// Where a source listens, and whom and how much it takes: the same for every protocol.
///
/// ```
/// use flowcore_rpc::ListenConfig;
/// use std::time::Duration;
///
/// let config = ListenConfig::new("0.0.0.0", 4545)
///     .max_connections(200)
///     .frame_timeout(Duration::from_secs(5))
///     .admit(|peer| peer.ip().is_loopback());
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct ListenConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) tls: Option<ServerTls>,
    pub(super) max_connections: usize,
    pub(super) max_memory: usize,
    pub(super) frame_timeout: Duration,
    pub(super) admits: Option<Admits>,
    pub(super) monitor: SourceMonitor,
}

impl ListenConfig {
    /// Listens on `bind`, a name or an address of this machine, and `port`; 0 is any that is free, which the
    /// log and a [monitor](Self::monitor) tell.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        Self {
            bind: bind.into(),
            port,
            tls: None,
            max_connections: 1024,
            max_memory: 256 << 20,
            frame_timeout: Duration::from_secs(20),
            admits: None,
            monitor: SourceMonitor::new(),
        }
    }

    /// Speaks TLS. Default: no.
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

    /// How many bytes of frames that are being received all connections may hold together, beside 64 KiB
    /// that each may. At least two frames. Default 256 MiB.
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
    /// Of 256 that wait already, the next one is refused.
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
    pub fn monitor(mut self, monitor: &SourceMonitor) -> Self {
        self.monitor = monitor.clone();
        self
    }
}

impl fmt::Debug for ListenConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenConfig")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
