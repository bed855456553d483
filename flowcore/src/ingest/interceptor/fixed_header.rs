use std::sync::Arc;

use super::Interceptor;
use crate::event::Event;

/// Sets one header to one value on every event; keeps the value of an event that has the header already.
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
/// ```
#[derive(Debug, Clone)]
pub struct StaticInterceptor {
    name: Arc<str>,
    value: Arc<str>,
}

impl StaticInterceptor {
    /// Sets `name` to `value`.
    pub fn new(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Interceptor<Event> for StaticInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            if event.headers.get(&self.name).is_none() {
                event.headers.insert(self.name.clone(), self.value.clone());
            }
        }
        events
    }
}
