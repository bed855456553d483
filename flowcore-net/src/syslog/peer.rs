use std::net::IpAddr;
use std::sync::Arc;

use flowcore::event::Event;

use crate::peer::HostNames;

/// Headers that say where events came from, made once for a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct PeerHeaders(Vec<(Arc<str>, Arc<str>)>);

impl PeerHeaders {
    /// Adds a header, if it has a name.
    pub(super) fn with(mut self, name: Option<&Arc<str>>, value: impl FnOnce() -> Arc<str>) -> Self {
        self.0.extend(name.map(|name| (name.clone(), value())));
        self
    }

    /// Adds a header with the name of `address`, if it has a name itself; waits for it.
    pub(super) async fn with_name(
        self,
        header: Option<Arc<str>>,
        names: &HostNames,
        address: IpAddr,
    ) -> Self {
        let Some(header) = header else { return self };
        let name = names.name_of(address).await;
        self.with(Some(&header), || name)
    }

    pub(super) fn stamp(&self, event: &mut Event) {
        for (name, value) in &self.0 {
            event.headers.insert(name.clone(), value.clone());
        }
    }
}

/// The address as text. One of IPv4 that came to a socket of IPv6 is one of IPv4.
pub(super) fn address_text(address: IpAddr) -> Arc<str> {
    Arc::from(address.to_canonical().to_string())
}
