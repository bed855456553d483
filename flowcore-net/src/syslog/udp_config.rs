use std::sync::Arc;

use super::{KeepFields, OwnFormat, Zone};

/// What a [`SyslogUdpSource`](super::SyslogUdpSource) listens to.
///
/// ```
/// use flowcore_net::SyslogUdpConfig;
///
/// let config = SyslogUdpConfig::new(5140).host("localhost").client_ip_header("peer");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct SyslogUdpConfig {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) event_size: usize,
    pub(super) keep_fields: KeepFields,
    pub(super) client_ip_header: Option<Arc<str>>,
    pub(super) client_hostname_header: Option<Arc<str>>,
    pub(super) own_format: Option<OwnFormat>,
    pub(super) timezone: Zone,
}

impl SyslogUdpConfig {
    /// Listens on `port` (`port`) of all addresses; 0 is any free one.
    pub fn new(port: u16) -> Self {
        Self {
            host: "0.0.0.0".to_owned(),
            port,
            event_size: 2048,
            keep_fields: KeepFields::NONE,
            client_ip_header: None,
            client_hostname_header: None,
            own_format: None,
            timezone: Zone::local(),
        }
    }

    /// The address to listen on, a host name too (`host`, default all addresses).
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// The longest message in bytes, at least 10; what is longer is cut (`eventSize`, default 2048).
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
    /// (`clientHostnameHeader`, default none). Nothing waits for a look-up: until it is done, the address
    /// stands for the name.
    #[must_use]
    pub fn client_hostname_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.client_hostname_header = Some(name.into());
        self
    }

    /// A form of headers that is tried before those of the RFCs (`format.*`, default none).
    #[must_use]
    pub fn own_format(mut self, format: OwnFormat) -> Self {
        self.own_format = Some(format);
        self
    }

    /// Where stamps without a zone are from (`timezone`, default the machine's).
    #[must_use]
    pub fn timezone(mut self, zone: Zone) -> Self {
        self.timezone = zone;
        self
    }
}
