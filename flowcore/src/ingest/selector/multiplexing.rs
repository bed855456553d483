use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{Route, Selector};
use crate::event::Event;

/// Sends an event where the value of one of its headers says.
///
/// Values are compared exactly. An event whose header is absent or blank, or has a value that is not
/// mapped, goes to the default channels; without such, to none, and it is counted as unrouted (see
/// [`SourceStatus`](crate::ingest::agent::SourceStatus)). The optional channels of a value are offered the
/// event besides those that it requires.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::selector::{MultiplexingSelector, Route, Selector};
///
/// let selector = MultiplexingSelector::on("state")
///     .map("CZ", [0])
///     .map("US", [0, 1])
///     .optional("US", [1, 2])
///     .otherwise([3]);
/// let route = |state: &str| selector.route(&Event::new("").with_header("state", state));
/// assert_eq!(route("CZ"), Route::required([0]));
/// assert_eq!(route("US"), Route::required([0, 1]).and_optional([2]));
/// assert_eq!(route("cz"), Route::required([3]));
/// assert_eq!(selector.route(&Event::new("")), Route::required([3]));
/// ```
#[derive(Debug, Clone)]
pub struct MultiplexingSelector {
    header: Arc<str>,
    values: HashMap<Box<str>, Mapped, RandomState>,
    otherwise: Route,
}

/// What was said about a value. `required` is `None` where only optional channels were named.
#[derive(Debug, Clone, Copy, Default)]
struct Mapped {
    required: Option<Route>,
    optional: Route,
}

impl MultiplexingSelector {
    /// The header that Flume looks at when it is told none.
    pub const DEFAULT_HEADER: &str = "flume.selector.header";

    /// Looks at `header`; nothing is mapped yet.
    pub fn on(header: impl Into<Arc<str>>) -> Self {
        Self { header: header.into(), values: HashMap::default(), otherwise: Route::default() }
    }

    /// Events with `value` go to `channels`, which all must take them.
    #[must_use]
    pub fn map(mut self, value: impl Into<Box<str>>, channels: impl IntoIterator<Item = usize>) -> Self {
        self.values.entry(value.into()).or_default().required = Some(Route::required(channels));
        self
    }

    /// Events with `value` are also offered to `channels`, except those that they require.
    #[must_use]
    pub fn optional(mut self, value: impl Into<Box<str>>, channels: impl IntoIterator<Item = usize>) -> Self {
        self.values.entry(value.into()).or_default().optional = Route::optional(channels);
        self
    }

    /// Events without a mapped value go to `channels`, which all must take them.
    #[must_use]
    pub fn otherwise(mut self, channels: impl IntoIterator<Item = usize>) -> Self {
        self.otherwise = Route::required(channels);
        self
    }

    fn route_of(&self, value: Option<&str>) -> Route {
        let value = value.filter(|value| !value.trim().is_empty());
        match value.and_then(|value| self.values.get(value)) {
            Some(mapped) => mapped.required.unwrap_or(self.otherwise).and(mapped.optional),
            None => self.otherwise,
        }
    }
}

impl Selector for MultiplexingSelector {
    fn route(&self, event: &Event) -> Route {
        self.route_of(event.headers.get(&self.header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(value: &str) -> Event {
        Event::new("body").with_header("state", value)
    }

    #[test]
    fn a_blank_value_goes_to_the_default_even_if_it_is_mapped() {
        let selector = MultiplexingSelector::on("state").map(" ", [0]).map(" x", [1]).otherwise([2]);
        assert_eq!(selector.route(&state(" ")), Route::required([2]));
        assert_eq!(selector.route(&state(" x")), Route::required([1]), "not trimmed");
        assert_eq!(selector.route(&state("x")), Route::required([2]));
    }

    #[test]
    fn a_value_with_optional_channels_alone_requires_the_default() {
        let selector = MultiplexingSelector::on("state").optional("US", [0, 1]).otherwise([0]);
        assert_eq!(selector.route(&state("US")), Route::required([0]).and_optional([1]));
        assert_eq!(selector.route(&state("CZ")), Route::required([0]));
    }

    #[test]
    fn without_a_default_an_event_goes_nowhere() {
        let selector = MultiplexingSelector::on("state").map("CZ", [0]);
        assert!(selector.route(&state("US")).is_empty());
        assert!(Selector::<Event>::fixed_route(&selector).is_none());
    }
}
