use std::sync::Arc;

use bytes::Bytes;
use flowcore::event::{Event, Headers};

use super::encoding::Encoding;
use super::message::{Field, Type};
use super::reader::Reader;
use super::skip::skip;
use super::{Limits, WireError};

/// What an event and a header take beside their bytes, about.
const EVENT: usize = size_of::<Event>();
const HEADER: usize = 96;
/// The least that an event takes on the wire: the headers and body of one that has none, and its end.
const LEAST: usize = 5;

const HEADERS: Field = Field { id: 1, of: Type::Map };
const BODY: Field = Field { id: 2, of: Type::Bytes };

/// Reads events. Bodies are parts of the frame, not copies; a header that is the same as in the event
/// before is shared with it.
#[derive(Debug)]
pub struct EventDecoder {
    pub(super) limits: Limits,
    before: Vec<(Arc<str>, Arc<str>)>,
    memory: usize,
}

/// An event without its headers or its body is none: the frame can still be read to its end.
pub(super) type Whole<T> = Result<T, &'static str>;

impl EventDecoder {
    /// Of a peer that may send so much.
    pub fn new(limits: Limits) -> Self {
        Self { limits, before: Vec::new(), memory: 0 }
    }

    /// The list of `appendBatch`. `frame` is what `reader` reads.
    pub(super) fn events<E: Encoding>(
        &mut self,
        frame: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<Whole<Vec<Event>>, WireError> {
        let (of, count) = E::list(reader)?;
        if count > self.limits.events {
            return Err(WireError::TooManyEvents(self.limits.events));
        }
        if of != Type::Struct {
            return Err(WireError::Elements("events"));
        }
        let mut events = Vec::with_capacity(count.min(reader.left() / LEAST));
        let mut all = Ok(());
        for _ in 0..count {
            match self.event::<E>(frame, reader)? {
                Ok(event) => events.push(event),
                Err(missing) => all = Err(missing),
            }
        }
        Ok(all.map(|()| events))
    }

    /// The argument of `append`.
    pub(super) fn event<E: Encoding>(
        &mut self,
        frame: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<Whole<Event>, WireError> {
        self.charge(EVENT)?;
        let (mut headers, mut body, mut last) = (None, None, 0);
        while let Some(field) = E::field(reader, last)? {
            last = field.id;
            match field {
                HEADERS => headers = Some(self.headers::<E>(reader)?),
                BODY => body = Some(frame.slice_ref(E::bytes(reader)?)),
                _ => skip::<E>(reader, field.of, self.limits.depth)?,
            }
        }
        Ok(match (headers, body) {
            (Some(headers), Some(body)) => Ok(Event { headers, body }),
            (None, _) => Err("an event has no headers"),
            (_, None) => Err("an event has no body"),
        })
    }

    /// A new call: what the one before took is not counted any more.
    pub(super) fn begin(&mut self) {
        self.memory = 0;
    }

    fn headers<E: Encoding>(&mut self, reader: &mut Reader<'_>) -> Result<Headers, WireError> {
        let mut headers = Headers::default();
        let Some((names, values, count)) = E::map(reader)? else { return Ok(headers) };
        if count > self.limits.headers {
            return Err(WireError::TooManyHeaders(self.limits.headers));
        }
        if (names, values) != (Type::Bytes, Type::Bytes) {
            return Err(WireError::Elements("headers"));
        }
        self.charge(count.saturating_mul(HEADER))?;
        for at in 0..count {
            let (name, value) = (self.text::<E>(reader)?, self.text::<E>(reader)?);
            let (name, value) = self.shared(at, name, value);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn text<'a, E: Encoding>(&self, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
        let text = E::bytes(reader)?;
        let most = self.limits.text_bytes;
        if text.len() > most { Err(WireError::TextTooLong(most)) } else { Ok(text) }
    }

    /// Most senders write the same headers in the same order into every event.
    fn shared(&mut self, at: usize, name: &[u8], value: &[u8]) -> (Arc<str>, Arc<str>) {
        if let Some(before) = self.before.get_mut(at) {
            renew(&mut before.0, name);
            renew(&mut before.1, value);
            return before.clone();
        }
        let pair = (text(name), text(value));
        self.before.push(pair.clone());
        pair
    }

    fn charge(&mut self, bytes: usize) -> Result<(), WireError> {
        self.memory = self.memory.saturating_add(bytes);
        let most = self.limits.frame_bytes.saturating_mul(MEMORY_PER_BYTE);
        if self.memory > most { Err(WireError::TooMuchMemory(most)) } else { Ok(()) }
    }
}

/// What events may take beside their bytes, for each byte that a frame may have.
const MEMORY_PER_BYTE: usize = 2;

fn renew(shared: &mut Arc<str>, bytes: &[u8]) {
    if shared.as_bytes() != bytes {
        *shared = text(bytes);
    }
}

/// As in Java: what is not UTF-8 is replaced. A sender could not do otherwise if it were refused.
fn text(bytes: &[u8]) -> Arc<str> {
    Arc::from(String::from_utf8_lossy(bytes))
}

pub(super) fn write_event<E: Encoding>(out: &mut Vec<u8>, event: &Event) {
    E::write_field(out, HEADERS, 0);
    E::write_map(out, event.headers.len());
    for (name, value) in event.headers.iter() {
        E::write_bytes(out, name.as_bytes());
        E::write_bytes(out, value.as_bytes());
    }
    E::write_field(out, BODY, HEADERS.id);
    E::write_bytes(out, &event.body);
    E::write_stop(out);
}

#[cfg(test)]
mod tests {
    use super::super::binary::Binary;
    use super::super::compact::Compact;
    use super::*;

    const LIMITS: Limits = Limits { frame_bytes: 1 << 12, events: 100, headers: 4, text_bytes: 20, depth: 4 };

    fn read<E: Encoding>(bytes: &[u8]) -> Result<Whole<Event>, WireError> {
        let frame = Bytes::copy_from_slice(bytes);
        EventDecoder::new(LIMITS).event::<E>(&frame, &mut Reader::new(&frame))
    }

    fn list(bytes: &[u8]) -> Result<Whole<Vec<Event>>, WireError> {
        let frame = Bytes::copy_from_slice(bytes);
        EventDecoder::new(LIMITS).events::<Compact>(&frame, &mut Reader::new(&frame))
    }

    #[test]
    fn events_have_the_bytes_of_the_specification() {
        let event = Event::new("x").with_header("n", "val");
        let compact = b"\x1b\x01\x88\x01n\x03val\x18\x01x\0";
        let binary = b"\x0d\0\x01\x0b\x0b\0\0\0\x01\0\0\0\x01n\0\0\0\x03val\x0b\0\x02\0\0\0\x01x\0";
        let (mut one, mut two) = (Vec::new(), Vec::new());
        write_event::<Compact>(&mut one, &event);
        write_event::<Binary>(&mut two, &event);
        assert_eq!((&one[..], &two[..]), (&compact[..], &binary[..]));
        assert_eq!(read::<Compact>(compact), Ok(Ok(event.clone())));
        assert_eq!(read::<Binary>(binary), Ok(Ok(event)));
    }

    #[test]
    fn fields_come_in_any_order_among_others_and_wrong_types_are_as_if_they_were_not_there() {
        let expected = Ok(Ok(Event::new("x").with_header("n", "v")));
        assert_eq!(read::<Compact>(b"\x28\x01x\x0b\x02\x01\x88\x01n\x01v\x95\x02\0"), expected);
        assert_eq!(read::<Compact>(b"\x15\x02\x18\x01x\0"), Ok(Err("an event has no headers")));
        assert_eq!(read::<Compact>(b"\x1b\0\x0b\x04\0\0"), Ok(Err("an event has no body")));
        assert_eq!(read::<Binary>(b"\x0b\0\x02\0\0\0\0\0"), Ok(Err("an event has no headers")));
    }

    #[test]
    fn what_repeats_from_one_event_to_the_next_is_shared() {
        let mut bytes = vec![0x2c];
        for _ in 0..2 {
            write_event::<Compact>(&mut bytes, &Event::new("1").with_header("host", "a"));
        }
        let events = list(&bytes).unwrap().unwrap();
        let value = |at: usize| events[at].headers.get("host").unwrap().as_ptr();
        assert_eq!(value(0), value(1));
    }

    #[test]
    fn limits_hold_before_what_they_limit_is_read() {
        assert_eq!(list(b"\xfc\x65"), Err(WireError::TooManyEvents(100)));
        assert_eq!(list(b"\xfc\x64"), Err(WireError::Truncated));
        assert_eq!(read::<Compact>(b"\x1b\x05\x88"), Err(WireError::TooManyHeaders(4)));
        let long = [&b"\x1b\x01\x88\x15"[..], &[b'a'; 21]].concat();
        assert_eq!(read::<Compact>(&long), Err(WireError::TextTooLong(20)));
        assert_eq!(read::<Compact>(b"\x1b\x01\x86"), Err(WireError::Elements("headers")));
        assert_eq!(list(b"\x18"), Err(WireError::Elements("events")));
    }

    #[test]
    fn events_that_would_take_far_more_memory_than_bytes_are_refused() {
        let limits = Limits { frame_bytes: 1 << 10, ..LIMITS };
        let frame = Bytes::from([&b"\xfc\x64"[..], &b"\x1b\0\x18\0\0".repeat(100)].concat());
        let read = EventDecoder::new(limits).events::<Compact>(&frame, &mut Reader::new(&frame));
        assert_eq!(read, Err(WireError::TooMuchMemory(1 << 11)));
    }

    #[test]
    fn text_that_is_not_utf_8_is_replaced_as_in_java() {
        let event = read::<Compact>(b"\x1b\x01\x88\x01n\x01\xff\x18\0\0").unwrap().unwrap();
        assert_eq!(event.headers.get("n"), Some("\u{fffd}"));
    }
}
