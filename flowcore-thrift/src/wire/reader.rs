use super::WireError;

/// Takes bytes and numbers from the front of a slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes have not been read.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, WireError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// The first byte, which stays.
    pub(super) fn peek(&self) -> Result<u8, WireError> {
        self.rest.first().copied().ok_or(WireError::Truncated)
    }

    /// An integer of 32 bits: 7 in a byte, low group first.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u32, WireError> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u32::from(first)) } else { self.long_varint(first) }
    }

    fn long_varint(&mut self, first: u8) -> Result<u32, WireError> {
        let mut value = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            // The fifth has four bits left.
            if shift == 28 && byte > 0x0f {
                return Err(WireError::Varint);
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::Varint)
    }

    /// An integer of up to 64 bits, whatever it says.
    pub(super) fn skip_varint(&mut self) -> Result<(), WireError> {
        for _ in 0..10 {
            if self.byte()? < 0x80 {
                return Ok(());
            }
        }
        Err(WireError::Varint)
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Left(self.rest.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_several_bytes_have_their_low_group_first() {
        let table: [(&[u8], Result<u32, WireError>); 7] = [
            (&[0], Ok(0)),
            (&[0x7f], Ok(127)),
            (&[0x80, 1], Ok(128)),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], Ok(u32::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0x1f], Err(WireError::Varint)),
            (&[0x80; 11], Err(WireError::Varint)),
            (&[0x80; 3], Err(WireError::Truncated)),
        ];
        for (bytes, expected) in table {
            assert_eq!(Reader::new(bytes).varint(), expected, "{bytes:?}");
        }
        assert_eq!(Reader::new(&[0x80; 11]).skip_varint(), Err(WireError::Varint));
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).skip_varint(), Ok(()));
    }

    #[test]
    fn what_is_not_there_cannot_be_taken() {
        let mut reader = Reader::new(b"ab");
        assert_eq!(reader.take(3), Err(WireError::Truncated));
        assert_eq!(reader.array::<3>(), Err(WireError::Truncated));
        assert_eq!((reader.byte(), reader.end()), (Ok(b'a'), Err(WireError::Left(1))));
        assert_eq!((reader.take(1), reader.peek()), (Ok(&b"b"[..]), Err(WireError::Truncated)));
    }
}
