use super::encoding::Encoding;
use super::message::{Field, Message, Type};
use super::reader::Reader;
use super::{Protocol, WireError};

/// The compact protocol, version 1.
#[derive(Debug)]
pub(super) struct Compact;

const PROTOCOL_ID: u8 = 0x82;
const VERSION: u8 = 1;
/// Both types of a map from text to text.
const TEXT_TO_TEXT: u8 = 0x88;
/// A list says up to so many elements in its first byte.
const FEW: u8 = 14;
const MANY: u8 = 0xf0;

impl Encoding for Compact {
    fn message<'a>(reader: &mut Reader<'a>) -> Result<Message<'a>, WireError> {
        match reader.peek()? {
            PROTOCOL_ID => {}
            0x80 | 0 => return Err(WireError::OtherProtocol(Protocol::Binary)),
            other => return Err(WireError::NoMessage(other)),
        }
        let [_, head] = reader.array()?;
        if head & 0x1f != VERSION {
            return Err(WireError::NoMessage(head));
        }
        let serial = reader.varint()?.cast_signed();
        Ok(Message { kind: head >> 5, serial, name: Self::bytes(reader)? })
    }

    #[inline]
    fn field(reader: &mut Reader<'_>, last: i16) -> Result<Option<Field>, WireError> {
        let head = reader.byte()?;
        let (delta, code) = (head >> 4, head & 0x0f);
        if code == 0 {
            return Ok(None);
        }
        let id = match delta {
            0 => i16::try_from(Self::int(reader)?).map_err(|_| WireError::Varint)?,
            delta => last.wrapping_add(i16::from(delta)),
        };
        let of = match code {
            1 | 2 => Type::Flag,
            other => element(other)?,
        };
        Ok(Some(Field { id, of }))
    }

    fn list(reader: &mut Reader<'_>) -> Result<(Type, usize), WireError> {
        let head = reader.byte()?;
        let count = if head >= MANY { size(reader)? } else { usize::from(head >> 4) };
        // An empty one may have any type, also none.
        let of = if count == 0 { Type::Struct } else { element(head & 0x0f)? };
        Ok((of, count))
    }

    #[inline]
    fn map(reader: &mut Reader<'_>) -> Result<Option<(Type, Type, usize)>, WireError> {
        let count = size(reader)?;
        if count == 0 {
            return Ok(None);
        }
        let types = reader.byte()?;
        Ok(Some((element(types >> 4)?, element(types & 0x0f)?, count)))
    }

    #[inline]
    fn bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
        let size = size(reader)?;
        reader.take(size)
    }

    fn int(reader: &mut Reader<'_>) -> Result<i32, WireError> {
        reader.varint().map(zigzag)
    }

    fn skip_integer(reader: &mut Reader<'_>, _size: usize) -> Result<(), WireError> {
        reader.skip_varint()
    }

    fn write_message(out: &mut Vec<u8>, message: Message<'_>) {
        out.extend_from_slice(&[PROTOCOL_ID, message.kind << 5 | VERSION]);
        write_varint(out, message.serial.cast_unsigned());
        Self::write_bytes(out, message.name);
    }

    #[inline]
    fn write_field(out: &mut Vec<u8>, field: Field, last: i16) {
        let of = code(field.of);
        if let Ok(delta @ 1..=15) = u8::try_from(field.id.wrapping_sub(last)) {
            out.push(delta << 4 | of);
        } else {
            out.push(of);
            Self::write_int(out, field.id.into());
        }
    }

    fn write_list(out: &mut Vec<u8>, count: usize) {
        let of = code(Type::Struct);
        if let Ok(few @ 0..=FEW) = u8::try_from(count) {
            out.push(few << 4 | of);
        } else {
            out.push(MANY | of);
            write_size(out, count);
        }
    }

    #[inline]
    fn write_map(out: &mut Vec<u8>, count: usize) {
        write_size(out, count);
        if count > 0 {
            out.push(TEXT_TO_TEXT);
        }
    }

    #[inline]
    fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        write_size(out, bytes.len());
        out.extend_from_slice(bytes);
    }

    fn write_int(out: &mut Vec<u8>, value: i32) {
        write_varint(out, ((value << 1) ^ (value >> 31)).cast_unsigned());
    }
}

#[inline]
fn size(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    // Java's sizes have a sign.
    let size = reader.varint()?.cast_signed();
    usize::try_from(size).map_err(|_| WireError::Length(size.into()))
}

fn zigzag(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The type of an element of a list or map, and of a field that is no boolean.
fn element(code: u8) -> Result<Type, WireError> {
    Ok(match code {
        1 | 2 => Type::Bool,
        3 => Type::Byte,
        4 => Type::I16,
        5 => Type::I32,
        6 => Type::I64,
        7 => Type::Double,
        8 => Type::Bytes,
        9 => Type::List,
        10 => Type::Set,
        11 => Type::Map,
        12 => Type::Struct,
        13 => Type::Uuid,
        other => return Err(WireError::Type(other)),
    })
}

const fn code(of: Type) -> u8 {
    match of {
        Type::Bool | Type::Flag => 1,
        Type::Byte => 3,
        Type::I16 => 4,
        Type::I32 => 5,
        Type::I64 => 6,
        Type::Double => 7,
        Type::Bytes => 8,
        Type::List => 9,
        Type::Set => 10,
        Type::Map => 11,
        Type::Struct => 12,
        Type::Uuid => 13,
    }
}

/// None in a frame, whose length has 32 bits and is looked at, is longer than what is written here.
#[inline]
fn write_size(out: &mut Vec<u8>, size: usize) {
    write_varint(out, u32::try_from(size).unwrap_or(u32::MAX));
}

#[inline]
fn write_varint(out: &mut Vec<u8>, value: u32) {
    let mut rest = value;
    while rest >= 0x80 {
        let [low, ..] = rest.to_le_bytes();
        out.push(low | 0x80);
        rest >>= 7;
    }
    let [low, ..] = rest.to_le_bytes();
    out.push(low);
}
