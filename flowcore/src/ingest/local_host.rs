//! What this machine is called.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use crate::base::blocking;

/// This machine's address and name, looked up once. Nothing is asked again when they change.
///
/// ```
/// use flowcore::ingest::LocalHost;
///
/// let host = LocalHost::new(Some("192.0.2.7"), Some("web1.example.org"));
/// assert_eq!(host.name(), Some("web1.example.org"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalHost {
    address: Option<Arc<str>>,
    name: Option<Arc<str>>,
}

impl LocalHost {
    /// With this address and name; what is absent is not known.
    pub fn new(address: Option<&str>, name: Option<&str>) -> Self {
        Self { address: address.map(Arc::from), name: name.map(Arc::from) }
    }

    /// Asks the system for the machine's name, and the resolver for its address: the first one, IPv4 before
    /// IPv6. What cannot be found is absent, with a warning. The name is that of the system: no resolver is
    /// asked for a longer one.
    pub async fn look_up() -> Self {
        blocking(Self::look_up_now).await.unwrap_or_default()
    }

    /// The same where waiting for the resolver blocks nobody else, as before an agent starts.
    pub fn look_up_now() -> Self {
        let name = system_name();
        let address = name.as_deref().and_then(address_of);
        if name.is_none() || address.is_none() {
            tracing::warn!(?name, ?address, "this machine is not known by name and address");
        }
        Self { address: address.map(Arc::from), name: name.map(Arc::from) }
    }

    /// The address, as text.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn shared(&self, wants_address: bool) -> Option<Arc<str>> {
        if wants_address { self.address.clone() } else { self.name.clone() }
    }
}

fn address_of(name: &str) -> Option<String> {
    let addresses = (name, 0).to_socket_addrs().ok()?.map(|address| address.ip());
    addresses.min_by_key(IpAddr::is_ipv6).map(|address| address.to_string())
}

#[cfg(unix)]
fn system_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(not(unix))]
fn system_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}
