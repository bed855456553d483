use std::sync::Arc;

use super::Interceptor;
use super::stamp::Stamp;
use crate::event::Event;

/// Sets one header to one value on every event; keeps the value of an event that has the header already,
/// unless told otherwise.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::interceptor::StaticInterceptor;
///
/// let mut stamp = StaticInterceptor::new("datacenter", "seoul");
/// let events = stamp.intercept(vec![Event::new("a"), Event::new("b").with_header("datacenter", "busan")]);
/// assert_eq!(events[0].headers.get("datacenter"), Some("seoul"));
/// assert_eq!(events[1].headers.get("datacenter"), Some("busan"));
///
/// let events = stamp.preserve_existing(false).intercept(events);
/// assert_eq!(events[1].headers.get("datacenter"), Some("seoul"));
/// ```
#[derive(Debug, Clone)]
pub struct StaticInterceptor {
    stamp: Stamp,
    value: Arc<str>,
}

impl StaticInterceptor {
    /// Sets `name` to `value`.
    pub fn new(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        Self { stamp: Stamp::new(name, true), value: value.into() }
    }

    /// Whether a header that is there is kept; true unless said otherwise.
    #[must_use]
    pub fn preserve_existing(mut self, preserve: bool) -> Self {
        self.stamp.preserve_existing = preserve;
        self
    }
}

impl Interceptor<Event> for StaticInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            self.stamp.set(event, || self.value.clone());
        }
        events
    }
}
