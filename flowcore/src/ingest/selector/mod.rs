//! Selectors: to which channels of its source an event goes.

mod load_balancing;
mod multiplexing;
mod replicating;
mod route;

use crate::event::Event;

pub use load_balancing::LoadBalancingSelector;
pub use multiplexing::MultiplexingSelector;
pub use replicating::ReplicatingSelector;
pub use route::Route;

/// Decides to which channels of its source an event goes. Pure: it waits for nothing.
///
/// Channels are counted from 0 in the order in which they were connected to the source.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::selector::{Route, Selector};
///
/// /// Errors go to the first channel, everything else to the second one, if it has room.
/// struct ErrorsFirst;
///
/// impl Selector for ErrorsFirst {
///     fn route(&self, event: &Event) -> Route {
///         match event.headers.get("level") {
///             Some("error") => Route::required([0]),
///             _ => Route::optional([1]),
///         }
///     }
/// }
/// ```
pub trait Selector<T = Event>: Send + Sync + 'static {
    /// Where `event` goes.
    fn route(&self, event: &T) -> Route;

    /// Where every event goes, if that does not depend on the event: whole batches are moved then, and no
    /// event is looked at.
    fn fixed_route(&self) -> Option<Route> {
        None
    }
}
