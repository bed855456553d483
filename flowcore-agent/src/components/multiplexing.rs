use std::collections::HashMap;

use flowcore::event::Event;
use flowcore::ingest::selector::{Route, Selector};

/// Chooses channels by the value of a header, compared exactly.
#[derive(Debug, Clone)]
pub(crate) struct MultiplexingSelector {
    header: String,
    routes: HashMap<String, Route>,
    default: Route,
}

impl MultiplexingSelector {
    /// Each value's channels that must take the event, and those that may; then the default ones. Channels
    /// are counted as the source has them.
    pub(crate) fn new(
        header: &str,
        mapping: &HashMap<String, Vec<usize>>,
        optional: &HashMap<String, Vec<usize>>,
        default: &[usize],
    ) -> Self {
        let route = |value: &str| {
            let required = mapping.get(value).map_or(default, Vec::as_slice);
            let offered = optional.get(value).map_or(&[][..], Vec::as_slice);
            Route::required(required.iter().copied()).and_optional(offered.iter().copied())
        };
        let values = mapping.keys().chain(optional.keys());
        let routes = values.map(|value| (value.clone(), route(value))).collect();
        Self { header: header.to_owned(), routes, default: Route::required(default.iter().copied()) }
    }
}

impl Selector for MultiplexingSelector {
    fn route(&self, event: &Event) -> Route {
        let value = event.headers.get(&self.header).filter(|value| !value.trim().is_empty());
        value.and_then(|value| self.routes.get(value)).copied().unwrap_or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_where_their_header_says_and_else_to_the_default() {
        let mapping = HashMap::from([("CZ".to_owned(), vec![0]), ("US".to_owned(), vec![1, 2])]);
        let optional = HashMap::from([("US".to_owned(), vec![0, 1]), ("DE".to_owned(), vec![2])]);
        let selector = MultiplexingSelector::new("state", &mapping, &optional, &[3]);
        let route = |value: &str| selector.route(&Event::new("").with_header("state", value));
        assert_eq!(route("CZ"), Route::required([0]));
        assert!(
            route("US").requires(1)
                && route("US").requires(2)
                && route("US").offers(0)
                && !route("US").offers(1)
        );
        assert_eq!(route("DE"), Route::required([3]).and_optional([2]));
        assert_eq!((route("cz"), route(" ")), (Route::required([3]), Route::required([3])));
        assert_eq!(selector.route(&Event::new("")), Route::required([3]));
    }
}
