use std::sync::Arc;

/// What a [`NetcatUdpSource`](super::NetcatUdpSource) listens to.
///
/// ```
/// use flowcore_net::NetcatUdpConfig;
///
/// let config = NetcatUdpConfig::new("localhost", 44444).remote_address_header("peer");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct NetcatUdpConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) remote_address_header: Option<Arc<str>>,
}

impl NetcatUdpConfig {
    /// Listens at `bind`, a host name or an address, on `port`; 0 is any free one.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        Self { bind: bind.into(), port, remote_address_header: None }
    }

    /// The header that is to hold the peer's `address:port` (`remoteAddressHeader` and `remoteAddress`,
    /// default none).
    #[must_use]
    pub fn remote_address_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.remote_address_header = Some(name.into());
        self
    }
}
