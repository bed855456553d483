use super::Interceptor;
use crate::event::Event;
use crate::ingest::pattern::{Pattern, PatternError};

/// Keeps the events in whose body an expression is found, or drops those.
///
/// Dropped events count as delivered.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::interceptor::RegexFilterInterceptor;
///
/// let events = || vec![Event::new("GET /health"), Event::new("GET /orders")];
/// let mut without = RegexFilterInterceptor::new("/health$")?.exclude_events(true);
/// assert_eq!(without.intercept(events()), [Event::new("GET /orders")]);
/// let mut only = RegexFilterInterceptor::new("/health$")?;
/// assert_eq!(only.intercept(events()), [Event::new("GET /health")]);
/// # Ok::<(), flowcore::ingest::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RegexFilterInterceptor {
    pattern: Pattern,
    exclude: bool,
}

impl RegexFilterInterceptor {
    /// Keeps the events in whose body `pattern` is found.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        Ok(Self { pattern: Pattern::new(pattern)?, exclude: false })
    }

    /// Whether these events are dropped instead, and all others kept; false unless said otherwise.
    #[must_use]
    pub fn exclude_events(mut self, exclude: bool) -> Self {
        self.exclude = exclude;
        self
    }
}

impl Interceptor<Event> for RegexFilterInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        events.retain(|event| self.pattern.finds(&event.body) != self.exclude);
        events
    }
}
