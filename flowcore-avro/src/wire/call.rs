use bytes::Bytes;
use flowcore::event::Event;

use super::blocks::skip_map;
use super::event::write_events;
use super::{EventDecoder, Limits, Reader, WireError, writer};

/// Metadata that has no entries.
const NO_METADATA: u8 = 0;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A name of no length: is anybody there?
    Ping,
    /// `append` or `appendBatch`: all of these or none.
    Put(Vec<Event>),
    /// A message that the protocol does not have.
    Unknown,
}

/// What the server says about a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The events are in its channels.
    Ok,
    /// They are not.
    Failed,
    /// It does not know, or says something that the protocol does not have.
    Unknown,
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<'a> {
    /// It did what was asked for, with this outcome.
    Status(Status),
    /// It could not: in its own words.
    Error(&'a str),
}

/// Reads a call to its end; `reader` is behind the handshake if there is one, `frame` is what it reads.
///
/// # Errors
/// [`WireError`].
pub fn read_call(
    frame: &Bytes,
    reader: &mut Reader<'_>,
    decoder: &mut EventDecoder,
    limits: &Limits,
) -> Result<Call, WireError> {
    skip_map(reader, limits.headers)?;
    let call = match reader.string()? {
        "" => Call::Ping,
        "append" => Call::Put(vec![decoder.event(frame, reader)?]),
        "appendBatch" => Call::Put(decoder.events(frame, reader)?),
        _ => return Ok(Call::Unknown),
    };
    reader.end()?;
    Ok(call)
}

/// Appends a call of `appendBatch`.
pub fn append_batch(out: &mut Vec<u8>, events: &[Event]) {
    out.push(NO_METADATA);
    writer::string(out, "appendBatch");
    write_events(out, events);
}

/// Appends the answer to a put.
pub fn status_reply(out: &mut Vec<u8>, status: Status) {
    out.extend_from_slice(&[NO_METADATA, 0]);
    writer::long(out, status as i64);
}

/// Appends the answer to a call that cannot be executed.
pub fn error_reply(out: &mut Vec<u8>, message: &str) {
    // Branch 0 of the errors that are possible: a string.
    out.extend_from_slice(&[NO_METADATA, 1, 0]);
    writer::string(out, message);
}

/// Appends the answer to a ping that comes after the handshake.
pub fn ping_reply(out: &mut Vec<u8>) {
    out.extend_from_slice(&[NO_METADATA, 0]);
}

/// Reads an answer; `reader` is behind the handshake if there is one.
///
/// # Errors
/// [`WireError`].
pub fn parse_reply<'a>(reader: &mut Reader<'a>, limits: &Limits) -> Result<Reply<'a>, WireError> {
    skip_map(reader, limits.headers)?;
    if reader.boolean()? {
        return match reader.long()? {
            0 => Ok(Reply::Error(reader.string()?)),
            other => Err(WireError::Choice(other, "the errors of a call")),
        };
    }
    Ok(Reply::Status(match reader.long()? {
        0 => Status::Ok,
        1 => Status::Failed,
        _ => Status::Unknown,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Call, WireError> {
        let (limits, frame) = (Limits::default(), Bytes::copy_from_slice(bytes));
        read_call(&frame, &mut Reader::new(&frame), &mut EventDecoder::new(limits), &limits)
    }

    #[test]
    fn a_batch_comes_back_as_it_was() {
        let events = vec![Event::new("a").with_header("n", "v"), Event::new("b")];
        let mut bytes = Vec::new();
        append_batch(&mut bytes, &events);
        assert_eq!(read(&bytes), Ok(Call::Put(events)));
    }

    #[test]
    fn calls_have_the_bytes_of_the_specification() {
        assert_eq!(read(b"\0\x0cappend\0\x02a"), Ok(Call::Put(vec![Event::new("a")])));
        assert_eq!(read(b"\0\x0cappend\0\x02a!"), Err(WireError::Left(1)));
        assert_eq!(read(b"\0\x16appendBatch\0"), Ok(Call::Put(Vec::new())));
        assert_eq!(read(b"\x02\x02k\x02v\0\0"), Ok(Call::Ping));
        assert_eq!(read(b"\0\x04no?"), Ok(Call::Unknown));
        assert_eq!(read(b"\0"), Err(WireError::Truncated));
    }

    #[test]
    fn answers_come_back_as_they_were() {
        let limits = Limits::default();
        for status in [Status::Ok, Status::Failed, Status::Unknown] {
            let mut bytes = Vec::new();
            status_reply(&mut bytes, status);
            assert_eq!(parse_reply(&mut Reader::new(&bytes), &limits), Ok(Reply::Status(status)));
        }
        let mut bytes = Vec::new();
        error_reply(&mut bytes, "no");
        assert_eq!(parse_reply(&mut Reader::new(&bytes), &limits), Ok(Reply::Error("no")));
        assert_eq!(parse_reply(&mut Reader::new(&[0, 0, 6]), &limits), Ok(Reply::Status(Status::Unknown)));
    }
}
