use std::time::Duration;

use super::HttpHandler;
use crate::ServerTls;

/// Longer than anybody waits, and short enough to be added to any instant.
const YEAR: Duration = Duration::from_hours(365 * 24);

/// What an [`HttpSource`](super::HttpSource) listens to.
///
/// ```
/// use flowcore_net::HttpConfig;
/// use flowcore_net::http::{BlobHandler, HttpHandler};
///
/// let json = HttpConfig::new(8080).bind("localhost");
/// let files = BlobHandler::new().max_blob_length(1 << 20).mandatory_parameters(["name"]);
/// let blobs = HttpConfig::new(8081).handler(HttpHandler::Blob(files)).max_body_bytes(1 << 20);
/// # let _ = (json, blobs);
/// ```
#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) handler: HttpHandler,
    pub(super) max_body_bytes: usize,
    pub(super) max_events: usize,
    pub(super) max_connections: usize,
    pub(super) request_header_size: usize,
    pub(super) idle_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) tls: Option<ServerTls>,
}

impl HttpConfig {
    /// Listens on `port` of all addresses; 0 is any free one. Takes JSON.
    pub fn new(port: u16) -> Self {
        Self {
            bind: "0.0.0.0".to_owned(),
            port,
            handler: HttpHandler::Json,
            max_body_bytes: 64 << 20,
            max_events: 100_000,
            max_connections: 256,
            request_header_size: 8 << 10,
            idle_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_mins(1),
            tls: None,
        }
    }

    /// The address to listen on, a host name too (`bind`, default 0.0.0.0).
    #[must_use]
    pub fn bind(mut self, host: impl Into<String>) -> Self {
        self.bind = host.into();
        self
    }

    /// What makes events of a request (`handler`, default JSON).
    #[must_use]
    pub fn handler(mut self, handler: HttpHandler) -> Self {
        self.handler = handler;
        self
    }

    /// The longest body in bytes (`max-body-bytes`, default 64 MiB). All bodies that are under way have four
    /// times as much together; more wait.
    #[must_use]
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// The most events in a request (default 100,000).
    #[must_use]
    pub fn max_events(mut self, events: usize) -> Self {
        self.max_events = events;
        self
    }

    /// Connections at a time, at least 1; more wait until one ends (`max-connections`, default 256).
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// The longest head of a request in bytes, at least 8192 (`HttpConfiguration.requestHeaderSize`, default
    /// 8192).
    #[must_use]
    pub fn request_header_size(mut self, bytes: usize) -> Self {
        self.request_header_size = bytes.max(8 << 10);
        self
    }

    /// How long a connection may be silent before it has sent the head of its next request
    /// (`ServerConnector.idleTimeout`, default 30 s). Zero is a year.
    #[must_use]
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = if time.is_zero() { YEAR } else { time.min(YEAR) };
        self
    }

    /// How long the body of a request may take (default 1 min).
    #[must_use]
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.request_timeout = time;
        self
    }

    /// Speaks TLS (`ssl`, default no).
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }
}
