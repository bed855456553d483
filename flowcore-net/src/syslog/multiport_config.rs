use std::sync::Arc;

use super::{KeepFields, Zone};
use crate::{Charset, ServerTls};

/// What a [`MultiportSyslogSource`](super::MultiportSyslogSource) listens to.
///
/// ```
/// use flowcore_net::MultiportSyslogConfig;
///
/// let config = MultiportSyslogConfig::new([5140, 5141]).host("localhost").port_header("port");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct MultiportSyslogConfig {
    pub(super) host: String,
    pub(super) ports: Vec<u16>,
    pub(super) event_size: usize,
    pub(super) keep_fields: KeepFields,
    pub(super) client_ip_header: Option<Arc<str>>,
    pub(super) client_hostname_header: Option<Arc<str>>,
    pub(super) timezone: Zone,
    pub(super) port_header: Option<Arc<str>>,
    pub(super) charset_default: Charset,
    pub(super) charset_ports: Vec<(u16, Charset)>,
    pub(super) batch_size: usize,
    pub(super) read_buffer_bytes: usize,
    pub(super) max_connections: usize,
    pub(super) tls: Option<ServerTls>,
}

impl MultiportSyslogConfig {
    /// Listens on `ports` (`ports`) of all addresses; 0 is any free one. One that cannot be had is logged, and
    /// the others serve.
    pub fn new(ports: impl IntoIterator<Item = u16>) -> Self {
        let ports = ports.into_iter().collect();
        Self {
            host: "0.0.0.0".to_owned(),
            ports,
            event_size: 2500,
            keep_fields: KeepFields::NONE,
            client_ip_header: None,
            client_hostname_header: None,
            timezone: Zone::UTC,
            port_header: None,
            charset_default: Charset::UTF_8,
            charset_ports: Vec::new(),
            batch_size: 100,
            read_buffer_bytes: 1024,
            max_connections: 1024,
            tls: None,
        }
    }

    /// The address to listen on, a host name too (`host`, default all addresses).
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The longest message in bytes, at least 10; what is longer is cut (`eventSize`, default 2500).
    #[must_use]
    pub fn event_size(mut self, bytes: usize) -> Self {
        self.event_size = bytes.max(10);
        self
    }

    /// What of the header stays in the body (`keepFields`, default none).
    #[must_use]
    pub fn keep_fields(mut self, fields: KeepFields) -> Self {
        self.keep_fields = fields;
        self
    }

    /// The header that is to hold the peer's address (`clientIPHeader`, default none).
    #[must_use]
    pub fn client_ip_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.client_ip_header = Some(name.into());
        self
    }

    /// The header that is to hold the name of the peer's address, or the address when it has none
    /// (`clientHostnameHeader`, default none). It is looked up once for a connection.
    #[must_use]
    pub fn client_hostname_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.client_hostname_header = Some(name.into());
        self
    }

    /// Where stamps without a zone are from (`timezone`, default UTC).
    #[must_use]
    pub fn timezone(mut self, zone: Zone) -> Self {
        self.timezone = zone;
        self
    }

    /// The header that is to hold the port that a message came to (`portHeader`, default none).
    #[must_use]
    pub fn port_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.port_header = Some(name.into());
        self
    }

    /// What text is in (`charset.default`, default UTF-8). The body stays as it was received.
    #[must_use]
    pub fn charset_default(mut self, charset: Charset) -> Self {
        self.charset_default = charset;
        self
    }

    /// What text is in that comes to `port` (`charset.port.<port>`, default none).
    #[must_use]
    pub fn charset_port(mut self, port: u16, charset: Charset) -> Self {
        self.charset_ports.push((port, charset));
        self
    }

    pub(super) fn charset_of(&self, port: u16) -> Charset {
        let own = self.charset_ports.iter().rev().find(|(own, _)| *own == port);
        own.map_or(self.charset_default, |(_, charset)| *charset)
    }

    /// Events that are put at once, at least 1 (`batchSize`, default 100).
    #[must_use]
    pub fn batch_size(mut self, events: usize) -> Self {
        self.batch_size = events.max(1);
        self
    }

    /// Bytes that are read at once, at least 1 (`readBufferBytes` and `readBufferSize`, default 1024).
    #[must_use]
    pub fn read_buffer_bytes(mut self, bytes: usize) -> Self {
        self.read_buffer_bytes = bytes.max(1);
        self
    }

    /// Connections at a time, at least 1; more wait until one ends (`max-connections`, default 1024).
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Speaks TLS (`ssl`, default no).
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }
}
