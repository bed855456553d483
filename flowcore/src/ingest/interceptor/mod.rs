//! Interceptors: change or drop events between a source and its channels.

mod charset;
mod count;
mod host;
mod regex_extractor;
mod regex_filter;
mod remove_header;
mod search_replace;
mod stamp;
mod static_header;
mod timestamp;
mod uuid;

use super::ComponentContext;
use crate::event::Event;

pub use charset::Charset;
pub use count::InterceptorCount;
pub use host::HostInterceptor;
pub use regex_extractor::{GroupSerializer, RegexExtractorInterceptor};
pub use regex_filter::RegexFilterInterceptor;
pub use remove_header::RemoveHeaderInterceptor;
pub use search_replace::SearchReplaceInterceptor;
pub use static_header::StaticInterceptor;
pub use timestamp::TimestampInterceptor;
pub use uuid::UuidInterceptor;

/// Changes or drops events between a source and its channels, one batch at a time.
///
/// It runs once for each put, before the selector. A source that puts a refused batch again passes through
/// it again: what it does should be the same when done twice. Any `FnMut(Vec<T>) -> Vec<T>` is one.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
///
/// let mut not_empty = |mut events: Vec<Event>| {
///     events.retain(|event| !event.body.is_empty());
///     events
/// };
/// assert_eq!(Interceptor::intercept(&mut not_empty, vec![Event::new(""), Event::new("a")]).len(), 1);
/// ```
pub trait Interceptor<T = Event>: Send + Sync + 'static {
    /// Called once before the first batch, with the name and the clock of its source.
    fn start(&mut self, _context: &ComponentContext) {}

    /// The events that go on, in their order. What it leaves out counts as delivered.
    fn intercept(&mut self, events: Vec<T>) -> Vec<T>;
}

impl<T, F: FnMut(Vec<T>) -> Vec<T> + Send + Sync + 'static> Interceptor<T> for F {
    fn intercept(&mut self, events: Vec<T>) -> Vec<T> {
        self(events)
    }
}
