use bytes::Bytes;
use flowcore::event::Event;

use super::binary::Binary;
use super::compact::Compact;
use super::encoding::Encoding;
use super::event::{Whole, write_event};
use super::message::{CALL, Field, Message, ONEWAY, Type};
use super::reader::Reader;
use super::skip::skip;
use super::{EventDecoder, Protocol, WireError};

const EVENT: Field = Field { id: 1, of: Type::Struct };
const EVENTS: Field = Field { id: 1, of: Type::List };

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `append` or `appendBatch`: all of these or none.
    Put(Vec<Event>),
    /// One of these without what it must have: what is missing.
    Incomplete(&'static str),
    /// A method that the service does not have.
    Unknown,
}

/// A call, and what an answer to it has to say again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub name: Bytes,
    /// Chosen by the client.
    pub serial: i32,
    /// What is to be done.
    pub call: Call,
}

/// Reads what a client sent in a frame.
///
/// # Errors
/// [`WireError`].
pub fn read_request(
    protocol: Protocol,
    frame: &Bytes,
    decoder: &mut EventDecoder,
) -> Result<Request, WireError> {
    match protocol {
        Protocol::Compact => read::<Compact>(frame, decoder),
        Protocol::Binary => read::<Binary>(frame, decoder),
    }
}

fn read<E: Encoding>(frame: &Bytes, decoder: &mut EventDecoder) -> Result<Request, WireError> {
    let mut reader = Reader::new(frame);
    let Message { kind, serial, name } = E::message(&mut reader)?;
    if !matches!(kind, CALL | ONEWAY) {
        return Err(WireError::MessageType(kind));
    }
    if name.len() > decoder.limits.text_bytes {
        return Err(WireError::TextTooLong(decoder.limits.text_bytes));
    }
    let wanted = match name {
        b"append" => Some(EVENT),
        b"appendBatch" => Some(EVENTS),
        _ => None,
    };
    decoder.begin();
    let events = arguments::<E>(wanted, frame, &mut reader, decoder)?;
    reader.end()?;
    let call = match (wanted, events) {
        (None, _) => Call::Unknown,
        (_, Ok(events)) => Call::Put(events),
        (_, Err(missing)) => Call::Incomplete(missing),
    };
    Ok(Request { name: frame.slice_ref(name), serial, call })
}

/// Reads the argument that is wanted, and skips others.
fn arguments<E: Encoding>(
    wanted: Option<Field>,
    frame: &Bytes,
    reader: &mut Reader<'_>,
    decoder: &mut EventDecoder,
) -> Result<Whole<Vec<Event>>, WireError> {
    let (mut events, mut last) = (Err("a call has no events"), 0);
    while let Some(field) = E::field(reader, last)? {
        last = field.id;
        match field {
            EVENTS if wanted == Some(EVENTS) => events = decoder.events::<E>(frame, reader)?,
            EVENT if wanted == Some(EVENT) => {
                events = decoder.event::<E>(frame, reader)?.map(|event| vec![event]);
            }
            _ => skip::<E>(reader, field.of, decoder.limits.depth)?,
        }
    }
    Ok(events)
}

/// Appends a call of `appendBatch`, without the length of its frame.
pub fn append_batch(protocol: Protocol, out: &mut Vec<u8>, serial: i32, events: &[Event]) {
    match protocol {
        Protocol::Compact => write::<Compact>(out, serial, events),
        Protocol::Binary => write::<Binary>(out, serial, events),
    }
}

fn write<E: Encoding>(out: &mut Vec<u8>, serial: i32, events: &[Event]) {
    E::write_message(out, Message { kind: CALL, serial, name: b"appendBatch" });
    E::write_field(out, EVENTS, 0);
    E::write_list(out, events.len());
    for event in events {
        write_event::<E>(out, event);
    }
    E::write_stop(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Limits;

    fn read(protocol: Protocol, bytes: &[u8]) -> Result<Request, WireError> {
        let frame = Bytes::copy_from_slice(bytes);
        read_request(protocol, &frame, &mut EventDecoder::new(Limits::default()))
    }

    fn call(protocol: Protocol, bytes: &[u8]) -> Result<Call, WireError> {
        read(protocol, bytes).map(|request| request.call)
    }

    #[test]
    fn a_batch_comes_back_as_it_was() {
        for protocol in [Protocol::Compact, Protocol::Binary] {
            for (serial, count) in [(0, 0), (1, 1), (-1, 14), (i32::MAX, 15), (i32::MIN, 200)] {
                let events: Vec<_> = (0..count).map(|at| Event::new(format!("{at}"))).collect();
                let mut bytes = Vec::new();
                append_batch(protocol, &mut bytes, serial, &events);
                let name = Bytes::from("appendBatch");
                assert_eq!(read(protocol, &bytes), Ok(Request { name, serial, call: Call::Put(events) }));
            }
        }
    }

    #[test]
    fn calls_have_the_bytes_of_the_specification() {
        let one = Ok(Call::Put(vec![Event::new("a")]));
        let compact = b"\x82\x21\x01\x06append\x1c\x1b\0\x18\x01a\0\0";
        assert_eq!(call(Protocol::Compact, compact), one);
        let strict = b"\x80\x01\0\x01\0\0\0\x06append\0\0\0\x01\
            \x0c\0\x01\x0d\0\x01\x0b\x0b\0\0\0\0\x0b\0\x02\0\0\0\x01a\0\0";
        assert_eq!(call(Protocol::Binary, strict), one);
        let old = b"\0\0\0\x06append\x01\0\0\0\x01\
            \x0c\0\x01\x0d\0\x01\x0b\x0b\0\0\0\0\x0b\0\x02\0\0\0\x01a\0\0";
        assert_eq!(call(Protocol::Binary, old), one);
    }

    #[test]
    fn a_call_that_is_whole_but_lacks_something_is_told_from_one_that_is_broken() {
        let of = |bytes: &[u8]| call(Protocol::Compact, bytes);
        assert_eq!(of(b"\x82\x21\x01\x06append\0"), Ok(Call::Incomplete("a call has no events")));
        let bodiless = b"\x82\x21\x01\x06append\x1c\x1b\0\0\0";
        assert_eq!(of(bodiless), Ok(Call::Incomplete("an event has no body")));
        assert_eq!(of(b"\x82\x21\x01\x04ping\x15\x02\0"), Ok(Call::Unknown));
        assert_eq!(of(b"\x82\x21\x01\x04ping\x15\x02\0!"), Err(WireError::Left(1)));
        assert_eq!(of(b"\x82\x41\x01\x04ping\0"), Err(WireError::MessageType(2)));
        assert_eq!(of(b""), Err(WireError::Truncated));
    }

    #[test]
    fn a_message_of_the_other_protocol_is_recognised() {
        let mut bytes = Vec::new();
        append_batch(Protocol::Binary, &mut bytes, 1, &[]);
        assert_eq!(call(Protocol::Compact, &bytes), Err(WireError::OtherProtocol(Protocol::Binary)));
        bytes.clear();
        append_batch(Protocol::Compact, &mut bytes, 1, &[]);
        assert_eq!(call(Protocol::Binary, &bytes), Err(WireError::OtherProtocol(Protocol::Compact)));
        assert_eq!(call(Protocol::Compact, b"GET /"), Err(WireError::NoMessage(b'G')));
    }
}
