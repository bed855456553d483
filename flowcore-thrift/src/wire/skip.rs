use super::WireError;
use super::encoding::Encoding;
use super::message::Type;
use super::reader::Reader;

/// Skips a value of a field that nobody here knows. Every element takes a byte at least, so that a claimed
/// number of them ends with the frame.
pub(super) fn skip<E: Encoding>(reader: &mut Reader<'_>, of: Type, most: usize) -> Result<(), WireError> {
    Skip { most }.value::<E>(reader, of, most)
}

/// To this depth.
struct Skip {
    most: usize,
}

impl Skip {
    fn value<E: Encoding>(&self, reader: &mut Reader<'_>, of: Type, depth: usize) -> Result<(), WireError> {
        match of {
            Type::Flag => Ok(()),
            Type::Bool | Type::Byte => reader.byte().map(|_| ()),
            Type::I16 => E::skip_integer(reader, 2),
            Type::I32 => E::skip_integer(reader, 4),
            Type::I64 => E::skip_integer(reader, 8),
            Type::Double => reader.take(8).map(|_| ()),
            Type::Uuid => reader.take(16).map(|_| ()),
            Type::Bytes => E::bytes(reader).map(|_| ()),
            Type::Struct | Type::Map | Type::Set | Type::List => {
                let depth = depth.checked_sub(1).ok_or(WireError::TooDeep(self.most))?;
                self.container::<E>(reader, of, depth)
            }
        }
    }

    fn container<E: Encoding>(
        &self,
        reader: &mut Reader<'_>,
        of: Type,
        depth: usize,
    ) -> Result<(), WireError> {
        match of {
            Type::Struct => {
                let mut last = 0;
                while let Some(field) = E::field(reader, last)? {
                    last = field.id;
                    self.value::<E>(reader, field.of, depth)?;
                }
            }
            Type::Map => {
                let Some((names, values, count)) = E::map(reader)? else { return Ok(()) };
                for _ in 0..count {
                    self.value::<E>(reader, names, depth)?;
                    self.value::<E>(reader, values, depth)?;
                }
            }
            _ => {
                let (elements, count) = E::list(reader)?;
                for _ in 0..count {
                    self.value::<E>(reader, elements, depth)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::binary::Binary;
    use super::super::compact::Compact;
    use super::*;

    fn left<E: Encoding>(bytes: &[u8], of: Type) -> Result<usize, WireError> {
        let mut reader = Reader::new(bytes);
        skip::<E>(&mut reader, of, 4)?;
        Ok(reader.left())
    }

    #[test]
    fn values_of_every_type_are_skipped_to_their_end() {
        // A structure with one field of each type, in the order of the codes.
        let compact = b"\x11\x12\x13x\x14\x80\x01\x15\x02\x16\x80\x80\x01\x17\0\0\0\0\0\0\0\0\x18\x02ab\
            \x19\x21\x01\x02\x1a\x15\x06\x1b\x01\x38a\x01c\x1c\0\x1d0123456789abcdef\x05\x02\x04\0";
        let compact = [&compact[..], b"!"].concat();
        assert_eq!(left::<Compact>(&compact, Type::Struct), Ok(1));
        let binary = b"\x02\0\x01\x01\x03\0\x02x\x04\0\x0301234567\x06\0\x0401\x08\0\x050123\x0a\0\x0601234567\
            \x0b\0\x07\0\0\0\x02ab\x0c\0\x08\0\x0d\0\x09\x03\x0b\0\0\0\x01x\0\0\0\x01v\x0e\0\x0a\x02\0\0\0\x01\x01\
            \x0f\0\x0b\x06\0\0\0\x02abcd\x10\0\x0c0123456789abcdef\0!";
        assert_eq!(left::<Binary>(binary, Type::Struct), Ok(1));
    }

    #[test]
    fn what_is_too_deep_is_refused_and_never_overflows() {
        // Lists of lists of lists.
        let lists = vec![0x19; 100_000];
        assert_eq!(left::<Compact>(&lists, Type::List), Err(WireError::TooDeep(4)));
        assert_eq!(left::<Compact>(&[0x19, 0x19, 0x19, 0x13, 7], Type::List), Ok(0));
        let structures = vec![0x1c; 100_000];
        assert_eq!(left::<Compact>(&structures, Type::Struct), Err(WireError::TooDeep(4)));
        let binary = b"\x0f\0\0\0\x01".repeat(1000);
        assert_eq!(left::<Binary>(&binary, Type::List), Err(WireError::TooDeep(4)));
    }

    #[test]
    fn a_number_of_elements_that_is_claimed_ends_with_the_frame() {
        assert_eq!(
            left::<Compact>(b"\xf1\xff\xff\xff\xff\x07\x01\x01", Type::List),
            Err(WireError::Truncated)
        );
        assert_eq!(left::<Compact>(b"\xf1\xff\xff\xff\xff\x0f\x01", Type::List), Err(WireError::Length(-1)));
        assert_eq!(left::<Binary>(b"\x0c\x7f\xff\xff\xff\0\0", Type::Set), Err(WireError::Truncated));
        assert_eq!(left::<Binary>(b"\x02\xff\xff\xff\xff", Type::List), Err(WireError::Length(-1)));
    }
}
