use std::time::Duration;

use flowcore::ingest::sink_policy::LoadBalancePolicy;
use flowcore_tls::ClientTls;

/// Which servers a sink sends to, and how long it waits for them: the same for every protocol.
///
/// ```
/// use flowcore_rpc::ConnectConfig;
/// use std::time::Duration;
///
/// let config = ConnectConfig::new("collector-1", 4545)
///     .backup("collector-2", 4545)
///     .batch_size(1000)
///     .request_timeout(Duration::from_secs(5));
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ConnectConfig {
    pub(super) servers: Vec<Server>,
    pub(super) batch_size: usize,
    pub(super) max_connections: usize,
    pub(super) connect_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) reset_connection_interval: Option<Duration>,
    pub(super) max_attempts: Option<usize>,
    pub(super) balance: Option<LoadBalancePolicy>,
    pub(super) tls: Option<ClientTls>,
}

/// A server's address.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
}

impl ConnectConfig {
    /// The server at `hostname` and `port`.
    pub fn new(hostname: impl Into<String>, port: u16) -> Self {
        Self {
            servers: vec![Server { host: hostname.into(), port }],
            batch_size: 100,
            max_connections: 1,
            connect_timeout: Duration::from_secs(20),
            request_timeout: Duration::from_secs(20),
            reset_connection_interval: None,
            max_attempts: None,
            balance: None,
            tls: None,
        }
    }

    /// One more server, for when those before it fail. The sink stays with it until it fails too or the
    /// connection is [reset](Self::reset_connection_interval).
    #[must_use]
    pub fn backup(mut self, hostname: impl Into<String>, port: u16) -> Self {
        self.servers.push(Server { host: hostname.into(), port });
        self
    }

    /// Shares the calls out between the first server and its [backups](Self::backup): each call goes to the
    /// server whose turn it is, and to the others when that fails. The policy counts the servers in the order
    /// in which they were given. Default: a backup is for failures alone.
    #[must_use]
    pub fn load_balance(mut self, policy: LoadBalancePolicy) -> Self {
        self.balance = Some(policy);
        self
    }

    /// How many events a call has at most, at least 1. Default 100.
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// How many calls of one delivery may be under way together, each over a connection of its own, at least
    /// 1. With more than one, their events may be put in any order. Default 1.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// How long a connection may take to be made. Default 20 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long a call may take, from its first byte to its answer. Default 20 s.
    #[must_use]
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.request_timeout = time;
        self
    }

    /// Connects anew after this time, beginning with the first server: for load balancers, which choose a
    /// server for each connection. Zero and the default: never.
    #[must_use]
    pub fn reset_connection_interval(mut self, time: Duration) -> Self {
        self.reset_connection_interval = (!time.is_zero()).then_some(time);
        self
    }

    /// How many servers are tried in one delivery, at least 1. Default: each one once.
    #[must_use]
    pub fn max_attempts(mut self, attempts: usize) -> Self {
        self.max_attempts = Some(attempts.max(1));
        self
    }

    /// Speaks TLS. Default: no.
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }
}
