use std::sync::Arc;

use crate::event::Event;

/// How events are written into files.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::sink::EventSerializer;
///
/// /// The length of the body in ten digits, then the body.
/// struct LengthPrefixed;
///
/// impl EventSerializer for LengthPrefixed {
///     fn append(&self, event: &Event, out: &mut Vec<u8>) {
///         out.extend_from_slice(format!("{:010}", event.body.len()).as_bytes());
///         out.extend_from_slice(&event.body);
///     }
/// }
/// ```
pub trait EventSerializer: Send + Sync + 'static {
    /// Puts what a file begins with behind what is in `out`.
    fn begin(&self, _out: &mut Vec<u8>) {}

    /// Puts the event behind what is in `out`.
    fn append(&self, event: &Event, out: &mut Vec<u8>);

    /// How long blocks are, for formats that have them; `None` for one whose events stand behind each other.
    /// A block ends when it has so many bytes, and at the end of each delivery.
    fn block_bytes(&self) -> Option<usize> {
        None
    }

    /// Puts a block behind what is in `out`: `encoded` is what [`append`](Self::append) made of `events`
    /// events. Asked for formats with blocks alone.
    fn end_block(&self, _events: u64, encoded: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(encoded);
    }
}

impl<S: EventSerializer + ?Sized> EventSerializer for Arc<S> {
    fn begin(&self, out: &mut Vec<u8>) {
        (**self).begin(out);
    }

    fn append(&self, event: &Event, out: &mut Vec<u8>) {
        (**self).append(event, out);
    }

    fn block_bytes(&self) -> Option<usize> {
        (**self).block_bytes()
    }

    fn end_block(&self, events: u64, encoded: &[u8], out: &mut Vec<u8>) {
        (**self).end_block(events, encoded, out);
    }
}

/// The body, and a newline behind it. Headers are not written.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::sink::{EventSerializer, TextSerializer};
///
/// let mut out = Vec::new();
/// TextSerializer::new().append(&Event::new("a"), &mut out);
/// TextSerializer::new().append_newline(false).append(&Event::new("b"), &mut out);
/// assert_eq!(out, b"a\nb");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TextSerializer {
    newline: bool,
}

/// The headers as in `{a=1, b=2}`, sorted by name, a blank, the body, and a newline behind it. Nothing is
/// escaped: who must read it again uses another format.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::sink::{EventSerializer, HeaderAndTextSerializer};
///
/// let mut out = Vec::new();
/// let event = Event::new("body").with_header("b", "2").with_header("a", "1");
/// HeaderAndTextSerializer::new().append(&event, &mut out);
/// HeaderAndTextSerializer::new().append(&Event::new(""), &mut out);
/// assert_eq!(out, b"{a=1, b=2} body\n{} \n");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct HeaderAndTextSerializer {
    text: TextSerializer,
}

impl TextSerializer {
    /// With a newline behind each body.
    pub fn new() -> Self {
        Self { newline: true }
    }

    /// Whether there is a newline behind each body; true unless said otherwise.
    #[must_use]
    pub fn append_newline(mut self, newline: bool) -> Self {
        self.newline = newline;
        self
    }
}

impl HeaderAndTextSerializer {
    /// With a newline behind each body.
    pub fn new() -> Self {
        Self { text: TextSerializer::new() }
    }

    /// Whether there is a newline behind each body; true unless said otherwise.
    #[must_use]
    pub fn append_newline(mut self, newline: bool) -> Self {
        self.text.newline = newline;
        self
    }
}

impl Default for TextSerializer {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for HeaderAndTextSerializer {
    fn default() -> Self {
        Self::new()
    }
}

impl EventSerializer for TextSerializer {
    fn append(&self, event: &Event, out: &mut Vec<u8>) {
        out.extend_from_slice(&event.body);
        if self.newline {
            out.push(b'\n');
        }
    }
}

impl EventSerializer for HeaderAndTextSerializer {
    fn append(&self, event: &Event, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut separator = "";
        let mut append = |(name, value): (&str, &str)| {
            for piece in [separator, name, "=", value] {
                out.extend_from_slice(piece.as_bytes());
            }
            separator = ", ";
        };
        if event.headers.len() <= FEW {
            let mut last = None;
            while let Some(header) = next_by_name(event, last) {
                append(header);
                last = Some(header.0);
            }
        } else {
            let mut headers: Vec<(&str, &str)> = event.headers.iter().collect();
            headers.sort_unstable();
            headers.into_iter().for_each(append);
        }
        out.extend_from_slice(b"} ");
        self.text.append(event, out);
    }
}

/// So many headers are sorted without an allocation.
const FEW: usize = 16;

/// The header that comes after `last` in the order of names.
fn next_by_name<'a>(event: &'a Event, last: Option<&str>) -> Option<(&'a str, &'a str)> {
    event.headers.iter().filter(|(name, _)| last.is_none_or(|last| *name > last)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_sorted_whether_they_are_few_or_many() {
        for count in [2_u32, 16, 17, 40] {
            let name = |number: u32| format!("h{:03}", number * 7 % count);
            let event = (0..count).fold(Event::new("body"), |event, n| event.with_header(name(n), "v"));
            let mut out = Vec::new();
            HeaderAndTextSerializer::new().append_newline(false).append(&event, &mut out);
            let mut names: Vec<String> = (0..count).map(name).map(|name| name + "=v").collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{{{}}} body", names.join(", ")));
        }
    }
}
