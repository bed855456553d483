//! The item that moves through ingest: headers and a body.

mod headers;

use bytes::Bytes;

pub use headers::Headers;

/// Headers and a body, as in Flume. Cheap to clone: the body is shared.
///
/// ```
/// use flowcore::event::Event;
/// let event = Event::new("hello").with_header("host", "web1");
/// assert_eq!(&event.body[..], b"hello");
/// assert_eq!(event.headers.get("host"), Some("web1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// What is said about the body.
    pub headers: Headers,
    /// The content: flowcore does not look into it.
    pub body: Bytes,
}

impl Event {
    /// An event without headers.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { headers: Headers::default(), body: body.into() }
    }

    /// The same event with one more header.
    #[must_use]
    pub fn with_header(
        mut self,
        name: impl Into<std::sync::Arc<str>>,
        value: impl Into<std::sync::Arc<str>>,
    ) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// Something that takes room in a channel: how many bytes it counts for.
pub trait Weigh {
    /// Bytes of content, without what the representation adds.
    fn weight(&self) -> usize;
}

impl Weigh for Event {
    fn weight(&self) -> usize {
        self.body.len() + self.headers.weight()
    }
}

impl Weigh for String {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl Weigh for Bytes {
    fn weight(&self) -> usize {
        self.len()
    }
}
