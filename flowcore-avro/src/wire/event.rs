use std::sync::Arc;

use bytes::Bytes;
use flowcore::event::{Event, Headers};

use super::blocks::Blocks;
use super::{Limits, Reader, WireError, writer};

/// What an event and a header take beside their bytes, about.
const EVENT: usize = size_of::<Event>();
const HEADER: usize = 96;

/// Reads events. Bodies are parts of the frame, not copies; a header that is the same as in the event
/// before is shared with it.
#[derive(Debug)]
pub struct EventDecoder {
    limits: Limits,
    before: Vec<(Arc<str>, Arc<str>)>,
    memory: usize,
}

impl EventDecoder {
    /// Of a peer that may send so much.
    pub fn new(limits: Limits) -> Self {
        Self { limits, before: Vec::new(), memory: 0 }
    }

    /// One event, as `append` has it. `frame` is what `reader` reads.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn event(&mut self, frame: &Bytes, reader: &mut Reader<'_>) -> Result<Event, WireError> {
        self.memory = 0;
        self.next(frame, reader)
    }

    /// An array of events, as `appendBatch` has it. `frame` is what `reader` reads.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn events(&mut self, frame: &Bytes, reader: &mut Reader<'_>) -> Result<Vec<Event>, WireError> {
        self.memory = 0;
        let most = self.limits.events;
        let mut blocks = Blocks::new(most, WireError::TooManyEvents(most));
        let mut events = Vec::new();
        while blocks.next(reader)? {
            if events.len() == events.capacity() {
                // An event has two bytes at least.
                events.reserve((blocks.announced() + 1).min(reader.rest().len() / 2 + 1));
            }
            events.push(self.next(frame, reader)?);
        }
        Ok(events)
    }

    fn next(&mut self, frame: &Bytes, reader: &mut Reader<'_>) -> Result<Event, WireError> {
        self.charge(EVENT)?;
        let headers = self.headers(reader)?;
        let body = frame.slice_ref(reader.bytes()?);
        Ok(Event { headers, body })
    }

    fn headers(&mut self, reader: &mut Reader<'_>) -> Result<Headers, WireError> {
        let most = self.limits.headers;
        let mut blocks = Blocks::new(most, WireError::TooManyHeaders(most));
        let mut headers = Headers::default();
        let mut at = 0;
        while blocks.next(reader)? {
            self.charge(HEADER)?;
            let (name, value) = (reader.bytes()?, reader.bytes()?);
            let (name, value) = self.shared(at, name, value);
            headers.insert(name, value);
            at += 1;
        }
        Ok(headers)
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
        self.memory += bytes;
        let most = self.limits.frame_bytes;
        if self.memory > most { Err(WireError::TooMuchMemory(most)) } else { Ok(()) }
    }
}

fn renew(shared: &mut Arc<str>, bytes: &[u8]) {
    if shared.as_bytes() != bytes {
        *shared = text(bytes);
    }
}

/// As in Java: what is not UTF-8 is replaced. A sender could not do otherwise if it were refused.
fn text(bytes: &[u8]) -> Arc<str> {
    Arc::from(String::from_utf8_lossy(bytes))
}

pub(super) fn write_events(out: &mut Vec<u8>, events: &[Event]) {
    if !events.is_empty() {
        writer::size(out, events.len());
        for event in events {
            write_event(out, event);
        }
    }
    writer::size(out, 0);
}

pub(crate) fn write_event(out: &mut Vec<u8>, event: &Event) {
    if !event.headers.is_empty() {
        writer::size(out, event.headers.len());
        for (name, value) in event.headers.iter() {
            writer::string(out, name);
            writer::string(out, value);
        }
    }
    writer::size(out, 0);
    writer::bytes(out, &event.body);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>) -> Result<Vec<Event>, WireError> {
        let limits = Limits { events: 100, headers: 4, ..Limits::default() };
        let frame = Bytes::from(bytes);
        EventDecoder::new(limits).events(&frame, &mut Reader::new(&frame))
    }

    #[test]
    fn events_come_back_as_they_were() {
        let events = vec![
            Event::new("one").with_header("host", "a").with_header("", ""),
            Event::default(),
            Event::new(vec![0xff, 0]).with_header("host", "a").with_header("größe", "✓"),
        ];
        let mut bytes = Vec::new();
        write_events(&mut bytes, &events);
        assert_eq!(read(bytes), Ok(events));
    }

    #[test]
    fn both_forms_of_blocks_are_read_and_several_of_them() {
        // One event in a block with its size, two in one without; the first has its header in a sized block.
        let bytes = [&[1, 18, 1, 8, 2, b'n', 2, b'v', 0, 2, b'1'][..], &[4, 0, 2, b'2', 0, 0, 0]].concat();
        let expected = vec![Event::new("1").with_header("n", "v"), Event::new("2"), Event::new("")];
        assert_eq!(read(bytes), Ok(expected));
    }

    #[test]
    fn what_repeats_from_one_event_to_the_next_is_shared() {
        let events = vec![Event::new("1").with_header("host", "a"); 2];
        let mut bytes = Vec::new();
        write_events(&mut bytes, &events);
        let read = read(bytes).unwrap();
        let value = |at: usize| read[at].headers.get("host").unwrap().as_ptr();
        assert_eq!(value(0), value(1));
    }

    #[test]
    fn more_events_or_headers_than_the_limit_are_refused_before_they_are_read() {
        let mut many = Vec::new();
        writer::size(&mut many, 101);
        assert_eq!(read(many), Err(WireError::TooManyEvents(100)));
        assert_eq!(read(vec![2, 10]), Err(WireError::TooManyHeaders(4)));
        let mut forever = Vec::new();
        writer::long(&mut forever, i64::MIN);
        forever.push(0);
        assert_eq!(read(forever), Err(WireError::Length(i64::MIN)));
    }

    #[test]
    fn events_that_would_take_far_more_memory_than_bytes_are_refused() {
        let limits = Limits { frame_bytes: 1 << 12, ..Limits::default() };
        let events = vec![Event::default(); 1000];
        let mut bytes = Vec::new();
        write_events(&mut bytes, &events);
        let frame = Bytes::from(bytes);
        let read = EventDecoder::new(limits).events(&frame, &mut Reader::new(&frame));
        assert_eq!(read, Err(WireError::TooMuchMemory(1 << 12)));
    }

    #[test]
    fn text_that_is_not_utf_8_is_replaced_as_in_java() {
        let read = read(vec![2, 2, 2, b'n', 2, 0xff, 0, 0, 0]).unwrap();
        assert_eq!(read[0].headers.get("n"), Some("\u{fffd}"));
    }
}
