use std::sync::Arc;

use super::Interceptor;
use super::stamp::Stamp;
use crate::base::Clock;
use crate::event::Event;
use crate::ingest::ComponentContext;

/// Sets a header to the time in milliseconds since 1970. The events of a batch share one time, which is that
/// of the source's clock.
///
/// ```
/// use flowcore::base::{Clock, Timestamp};
/// use flowcore::event::Event;
/// use flowcore::ingest::interceptor::TimestampInterceptor;
/// use flowcore::ingest::{ComponentContext, Interceptor};
///
/// let mut stamp = TimestampInterceptor::new();
/// stamp.start(&ComponentContext::new("tail", Clock::fixed(Timestamp::from_millis(1_700_000_000_000))));
/// let events = stamp.intercept(vec![Event::new("a").with_header("timestamp", "5")]);
/// assert_eq!(events[0].headers.get("timestamp"), Some("1700000000000"));
/// ```
#[derive(Debug, Clone)]
pub struct TimestampInterceptor {
    stamp: Stamp,
    clock: Clock,
}

impl TimestampInterceptor {
    /// Sets `timestamp`, also where it is there already.
    pub fn new() -> Self {
        Self { stamp: Stamp::new("timestamp", false), clock: Clock::system() }
    }

    /// The header's name; `timestamp` unless said otherwise.
    #[must_use]
    pub fn header_name(mut self, name: impl Into<Arc<str>>) -> Self {
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

impl Default for TimestampInterceptor {
    fn default() -> Self {
        Self::new()
    }
}

impl Interceptor<Event> for TimestampInterceptor {
    fn start(&mut self, context: &ComponentContext) {
        self.clock = context.clock.clone();
    }

    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let now: Arc<str> = self.clock.now().as_millis().to_string().into();
        for event in &mut events {
            self.stamp.set(event, || now.clone());
        }
        events
    }
}
