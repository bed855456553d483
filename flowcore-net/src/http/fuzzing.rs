//! What fuzz targets reach of this module.

use bytes::Bytes;
use flowcore::event::Event;

use super::HttpHandler;
use super::handler::Posted;

/// What a handler makes of a request.
///
/// # Errors
/// Why it makes nothing of it.
pub fn events(
    handler: &HttpHandler,
    query: &str,
    content_type: Option<&str>,
    body: Bytes,
    max_events: usize,
) -> Result<Vec<Event>, String> {
    let posted = Posted { query, content_type, body };
    handler.events(posted, max_events).map_err(|rejection| rejection.to_string())
}
