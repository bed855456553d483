use flowcore::event::Event;
use percent_encoding::percent_decode_str;

use super::BlobHandler;
use super::handler::{Posted, Rejection};

/// One event: the body as it is, the parameters as headers. The first of several with one name counts.
pub(super) fn event(handler: &BlobHandler, posted: Posted<'_>) -> Result<Event, Rejection> {
    let mut event = Event::new(posted.body);
    for (name, value) in parameters(posted.query) {
        if event.headers.get(&name).is_none() {
            event.headers.insert(name, value);
        }
    }
    let missing = handler.mandatory_parameters.iter().find(|name| event.headers.get(name).is_none());
    match missing {
        Some(name) => Err(Rejection::Parameter(name.clone())),
        None => Ok(event),
    }
}

/// The head of a request is short, and so is this.
fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (text(name), text(value))
    })
}

fn text(part: &str) -> String {
    let blanks = part.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(query: &str) -> Posted<'_> {
        Posted { query, content_type: None, body: "\0body".into() }
    }

    #[test]
    fn the_body_is_as_it_came_and_parameters_are_headers() {
        let event = event(&BlobHandler::new(), posted("a=1&b=x%20y+z&&a=2&flag")).unwrap();
        assert_eq!(event.body, "\0body");
        let headers: Vec<_> = event.headers.iter().collect();
        assert_eq!(headers, [("a", "1"), ("b", "x y z"), ("flag", "")]);
    }

    #[test]
    fn a_mandatory_parameter_that_is_missing_is_named() {
        let handler = BlobHandler::new().mandatory_parameters(["a", "b"]);
        assert_eq!(event(&handler, posted("a=1")), Err(Rejection::Parameter("b".to_owned())));
        assert!(event(&handler, posted("b&a=1")).is_ok());
    }
}
