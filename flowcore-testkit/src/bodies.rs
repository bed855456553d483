use std::collections::HashSet;
use std::ops::Range;

use flowcore::event::Event;

/// A text for each number.
///
/// ```
/// assert_eq!(flowcore_testkit::numbers(7..9), ["entry 7", "entry 8"]);
/// ```
pub fn numbers(range: Range<usize>) -> Vec<String> {
    range.map(|number| format!("entry {number}")).collect()
}

/// An event for each body, without headers.
pub fn events(bodies: &[String]) -> Vec<Event> {
    bodies.iter().cloned().map(Event::new).collect()
}

/// What `events` carry.
pub fn bodies_of(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect()
}

/// What is left when everything that was there before is passed over: deliveries may repeat.
///
/// ```
/// let came = ["a", "b", "a", "c"].map(str::to_owned);
/// assert_eq!(flowcore_testkit::first_occurrences(came), ["a", "b", "c"]);
/// ```
pub fn first_occurrences(bodies: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    bodies.into_iter().filter(|body| seen.insert(body.clone())).collect()
}
