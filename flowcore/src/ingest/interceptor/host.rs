use std::sync::Arc;

use super::Interceptor;
use super::stamp::Stamp;
use crate::event::Event;
use crate::ingest::LocalHost;

/// Sets a header to this machine's address, or its name. Where that is not known, the header is not set.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::interceptor::HostInterceptor;
/// use flowcore::ingest::{Interceptor, LocalHost};
///
/// let host = LocalHost::new(Some("192.0.2.7"), Some("web1"));
/// let mut by_address = HostInterceptor::new(host.clone());
/// let mut by_name = HostInterceptor::new(host).use_ip(false).host_header("name");
/// let events = by_name.intercept(by_address.intercept(vec![Event::new("a")]));
/// assert_eq!(events[0].headers.get("host"), Some("192.0.2.7"));
/// assert_eq!(events[0].headers.get("name"), Some("web1"));
/// ```
#[derive(Debug, Clone)]
pub struct HostInterceptor {
    stamp: Stamp,
    host: LocalHost,
    use_ip: bool,
}

impl HostInterceptor {
    /// Sets `host` to the address of `host`, also where it is there already.
    pub fn new(host: LocalHost) -> Self {
        Self { stamp: Stamp::new("host", false), host, use_ip: true }
    }

    /// The address, or else the name; true unless said otherwise.
    #[must_use]
    pub fn use_ip(mut self, address: bool) -> Self {
        self.use_ip = address;
        self
    }

    /// The header's name; `host` unless said otherwise.
    #[must_use]
    pub fn host_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.stamp.header = name.into();
        self
    }

    /// Whether a header that is there is kept; false unless said otherwise.
    #[must_use]
    pub fn preserve_existing(mut self, preserve: bool) -> Self {
        self.stamp.preserve_existing = preserve;
        self
    }
}

impl Interceptor<Event> for HostInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        if let Some(value) = self.host.shared(self.use_ip) {
            for event in &mut events {
                self.stamp.set(event, || value.clone());
            }
        }
        events
    }
}
