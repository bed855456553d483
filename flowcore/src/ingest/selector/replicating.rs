use super::{Route, Selector};

/// Sends every event to every channel: the default.
///
/// ```
/// use flowcore::ingest::selector::{ReplicatingSelector, Route, Selector};
///
/// let selector = ReplicatingSelector::new(Route::required([0, 1]).and_optional([2]));
/// let route = selector.route(&"any event");
/// assert!(route.requires(0) && route.requires(1) && !route.requires(2));
/// assert!(route.offers(2));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ReplicatingSelector {
    route: Route,
}

impl ReplicatingSelector {
    /// Every event goes along `route`.
    pub fn new(route: Route) -> Self {
        Self { route }
    }

    /// Every event goes to each of the first `channels` channels, which all must take it.
    pub fn all(channels: usize) -> Self {
        Self::new(Route::required(0..channels))
    }
}

impl<T> Selector<T> for ReplicatingSelector {
    fn route(&self, _event: &T) -> Route {
        self.route
    }

    fn fixed_route(&self) -> Option<Route> {
        Some(self.route)
    }
}
