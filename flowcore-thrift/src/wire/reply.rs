use bytes::Bytes;

use super::binary::Binary;
use super::compact::Compact;
use super::encoding::Encoding;
use super::message::{EXCEPTION, Field, Message, REPLY, Type};
use super::reader::Reader;
use super::skip::skip;
use super::{Limits, Protocol, WireError};

const SUCCESS: Field = Field { id: 0, of: Type::I32 };
const TEXT: Field = Field { id: 1, of: Type::Bytes };
const KIND: Field = Field { id: 2, of: Type::I32 };

/// What the server says about a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The events are in its channels.
    Ok,
    /// They are not.
    Failed,
    /// They are not: Flume's own source never says so.
    Error,
    /// It does not know, or says something that the protocol does not have.
    Unknown,
}

/// Why a call is not executed, as Thrift numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The service has no such method.
    UnknownMethod = 1,
    /// The arguments are not what the method takes.
    ProtocolError = 7,
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It did what was asked for, with this outcome.
    Status(Status),
    /// It could not: in its own words.
    Exception(String),
}

/// Appends the answer to a put, without the length of its frame. `name` and `serial` are those of the call.
pub fn write_status(protocol: Protocol, out: &mut Vec<u8>, name: &[u8], serial: i32, status: Status) {
    match protocol {
        Protocol::Compact => status_of::<Compact>(out, name, serial, status),
        Protocol::Binary => status_of::<Binary>(out, name, serial, status),
    }
}

fn status_of<E: Encoding>(out: &mut Vec<u8>, name: &[u8], serial: i32, status: Status) {
    E::write_message(out, Message { kind: REPLY, serial, name });
    E::write_field(out, SUCCESS, 0);
    E::write_int(out, status as i32);
    E::write_stop(out);
}

/// Appends the answer to a call that cannot be executed.
pub fn write_failure(
    protocol: Protocol,
    out: &mut Vec<u8>,
    (name, serial): (&[u8], i32),
    (failure, text): (Failure, &str),
) {
    match protocol {
        Protocol::Compact => failure_of::<Compact>(out, name, serial, failure, text),
        Protocol::Binary => failure_of::<Binary>(out, name, serial, failure, text),
    }
}

fn failure_of<E: Encoding>(out: &mut Vec<u8>, name: &[u8], serial: i32, failure: Failure, text: &str) {
    E::write_message(out, Message { kind: EXCEPTION, serial, name });
    E::write_field(out, TEXT, 0);
    E::write_bytes(out, text.as_bytes());
    E::write_field(out, KIND, TEXT.id);
    E::write_int(out, failure as i32);
    E::write_stop(out);
}

/// Reads the answer to the call with this serial.
///
/// # Errors
/// [`WireError`].
pub fn read_reply(
    protocol: Protocol,
    frame: &Bytes,
    serial: i32,
    limits: &Limits,
) -> Result<Reply, WireError> {
    match protocol {
        Protocol::Compact => read::<Compact>(frame, serial, limits),
        Protocol::Binary => read::<Binary>(frame, serial, limits),
    }
}

fn read<E: Encoding>(frame: &Bytes, serial: i32, limits: &Limits) -> Result<Reply, WireError> {
    let mut reader = Reader::new(frame);
    let message = E::message(&mut reader)?;
    if message.serial != serial {
        return Err(WireError::Serial(message.serial, serial));
    }
    match message.kind {
        REPLY => result::<E>(&mut reader, limits).map(Reply::Status),
        EXCEPTION => exception::<E>(&mut reader, limits).map(Reply::Exception),
        other => Err(WireError::MessageType(other)),
    }
}

fn result<E: Encoding>(reader: &mut Reader<'_>, limits: &Limits) -> Result<Status, WireError> {
    let (mut status, mut last) = (Status::Unknown, 0);
    while let Some(field) = E::field(reader, last)? {
        last = field.id;
        match field {
            SUCCESS => status = named(E::int(reader)?),
            _ => skip::<E>(reader, field.of, limits.depth)?,
        }
    }
    reader.end().map(|()| status)
}

fn named(status: i32) -> Status {
    match status {
        0 => Status::Ok,
        1 => Status::Failed,
        2 => Status::Error,
        _ => Status::Unknown,
    }
}

fn exception<E: Encoding>(reader: &mut Reader<'_>, limits: &Limits) -> Result<String, WireError> {
    const MOST: usize = 1000;
    let (mut text, mut last) = (String::new(), 0);
    while let Some(field) = E::field(reader, last)? {
        last = field.id;
        match field {
            TEXT => text = String::from_utf8_lossy(E::bytes(reader)?).chars().take(MOST).collect(),
            _ => skip::<E>(reader, field.of, limits.depth)?,
        }
    }
    reader.end().map(|()| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Protocol; 2] = [Protocol::Compact, Protocol::Binary];

    fn read(protocol: Protocol, bytes: &[u8], serial: i32) -> Result<Reply, WireError> {
        read_reply(protocol, &Bytes::copy_from_slice(bytes), serial, &Limits::default())
    }

    #[test]
    fn answers_come_back_as_they_were() {
        for protocol in BOTH {
            for status in [Status::Ok, Status::Failed, Status::Error, Status::Unknown] {
                let mut bytes = Vec::new();
                write_status(protocol, &mut bytes, b"appendBatch", -5, status);
                assert_eq!(read(protocol, &bytes, -5), Ok(Reply::Status(status)));
                assert_eq!(read(protocol, &bytes, 5), Err(WireError::Serial(-5, 5)));
            }
            let mut bytes = Vec::new();
            write_failure(protocol, &mut bytes, (b"x", 1), (Failure::UnknownMethod, "no"));
            assert_eq!(read(protocol, &bytes, 1), Ok(Reply::Exception("no".to_owned())));
        }
    }

    #[test]
    fn answers_have_the_bytes_of_the_specification() {
        let mut bytes = Vec::new();
        write_status(Protocol::Compact, &mut bytes, b"a", 1, Status::Failed);
        assert_eq!(bytes, b"\x82\x41\x01\x01a\x05\0\x02\0");
        bytes.clear();
        write_status(Protocol::Binary, &mut bytes, b"a", 1, Status::Failed);
        assert_eq!(bytes, b"\x80\x01\0\x02\0\0\0\x01a\0\0\0\x01\x08\0\0\0\0\0\x01\0");
        bytes.clear();
        write_failure(Protocol::Compact, &mut bytes, (b"a", 1), (Failure::ProtocolError, "b"));
        assert_eq!(bytes, b"\x82\x61\x01\x01a\x18\x01b\x15\x0e\0");
    }

    #[test]
    fn an_answer_without_a_status_says_nothing_and_a_call_is_none() {
        assert_eq!(read(Protocol::Compact, b"\x82\x41\x01\x01a\0", 1), Ok(Reply::Status(Status::Unknown)));
        assert_eq!(read(Protocol::Compact, b"\x82\x21\x01\x01a\0", 1), Err(WireError::MessageType(1)));
        assert_eq!(read(Protocol::Compact, b"\x82\x41\x01\x01a\x05\0", 1), Err(WireError::Truncated));
    }
}
