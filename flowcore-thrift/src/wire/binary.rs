use super::encoding::Encoding;
use super::message::{Field, Message, Type};
use super::reader::Reader;
use super::{Protocol, WireError};

/// The binary protocol, version 1.
#[derive(Debug)]
pub(super) struct Binary;

const VERSION: [u8; 2] = [0x80, 0x01];

impl Encoding for Binary {
    fn message<'a>(reader: &mut Reader<'a>) -> Result<Message<'a>, WireError> {
        match reader.peek()? {
            0x80 => {
                let [high, low, _, kind] = reader.array()?;
                if [high, low] != VERSION {
                    return Err(WireError::NoMessage(low));
                }
                let name = Self::bytes(reader)?;
                Ok(Message { kind, serial: Self::int(reader)?, name })
            }
            0x82 => Err(WireError::OtherProtocol(Protocol::Compact)),
            // Without a version: the length of the name comes first.
            0 => {
                let name = Self::bytes(reader)?;
                let kind = reader.byte()?;
                Ok(Message { kind, serial: Self::int(reader)?, name })
            }
            other => Err(WireError::NoMessage(other)),
        }
    }

    #[inline]
    fn field(reader: &mut Reader<'_>, _last: i16) -> Result<Option<Field>, WireError> {
        let code = reader.byte()?;
        if code == 0 {
            return Ok(None);
        }
        Ok(Some(Field { of: known(code)?, id: i16::from_be_bytes(reader.array()?) }))
    }

    fn list(reader: &mut Reader<'_>) -> Result<(Type, usize), WireError> {
        let code = reader.byte()?;
        let count = size(reader)?;
        // An empty one may have any type, also none.
        let of = if count == 0 { Type::Struct } else { known(code)? };
        Ok((of, count))
    }

    #[inline]
    fn map(reader: &mut Reader<'_>) -> Result<Option<(Type, Type, usize)>, WireError> {
        let [names, values] = reader.array()?;
        match size(reader)? {
            0 => Ok(None),
            count => Ok(Some((known(names)?, known(values)?, count))),
        }
    }

    #[inline]
    fn bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
        let size = size(reader)?;
        reader.take(size)
    }

    fn int(reader: &mut Reader<'_>) -> Result<i32, WireError> {
        Ok(i32::from_be_bytes(reader.array()?))
    }

    fn skip_integer(reader: &mut Reader<'_>, size: usize) -> Result<(), WireError> {
        reader.take(size).map(|_| ())
    }

    fn write_message(out: &mut Vec<u8>, message: Message<'_>) {
        out.extend_from_slice(&VERSION);
        out.extend_from_slice(&[0, message.kind]);
        Self::write_bytes(out, message.name);
        Self::write_int(out, message.serial);
    }

    #[inline]
    fn write_field(out: &mut Vec<u8>, field: Field, _last: i16) {
        let [high, low] = field.id.to_be_bytes();
        out.extend_from_slice(&[code(field.of), high, low]);
    }

    fn write_list(out: &mut Vec<u8>, count: usize) {
        out.push(code(Type::Struct));
        write_size(out, count);
    }

    #[inline]
    fn write_map(out: &mut Vec<u8>, count: usize) {
        out.extend_from_slice(&[code(Type::Bytes); 2]);
        write_size(out, count);
    }

    #[inline]
    fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
        write_size(out, bytes.len());
        out.extend_from_slice(bytes);
    }

    fn write_int(out: &mut Vec<u8>, value: i32) {
        out.extend_from_slice(&value.to_be_bytes());
    }
}

#[inline]
fn size(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    let size = i32::from_be_bytes(reader.array()?);
    usize::try_from(size).map_err(|_| WireError::Length(size.into()))
}

/// None in a frame, whose length has 32 bits and is looked at, is longer than what is written here.
#[inline]
fn write_size(out: &mut Vec<u8>, size: usize) {
    out.extend_from_slice(&i32::try_from(size).unwrap_or(i32::MAX).to_be_bytes());
}

fn known(code: u8) -> Result<Type, WireError> {
    Ok(match code {
        2 => Type::Bool,
        3 => Type::Byte,
        4 => Type::Double,
        6 => Type::I16,
        8 => Type::I32,
        10 => Type::I64,
        11 => Type::Bytes,
        12 => Type::Struct,
        13 => Type::Map,
        14 => Type::Set,
        15 => Type::List,
        16 => Type::Uuid,
        other => return Err(WireError::Type(other)),
    })
}

const fn code(of: Type) -> u8 {
    match of {
        Type::Bool | Type::Flag => 2,
        Type::Byte => 3,
        Type::Double => 4,
        Type::I16 => 6,
        Type::I32 => 8,
        Type::I64 => 10,
        Type::Bytes => 11,
        Type::Struct => 12,
        Type::Map => 13,
        Type::Set => 14,
        Type::List => 15,
        Type::Uuid => 16,
    }
}
