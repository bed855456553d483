use super::WireError;

/// Reads values of Avro's binary encoding from the front of a slice.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// From the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// An `int`, `long`, count or index: zig-zag, 7 bits in a byte, low group first.
    ///
    /// # Errors
    /// [`WireError::Truncated`]; [`WireError::Varint`] after 10 bytes.
    pub fn long(&mut self) -> Result<i64, WireError> {
        let mut value = 0u64;
        for at in 0..10 {
            let byte = *self.rest.get(at).ok_or(WireError::Truncated)?;
            // The tenth has one bit left.
            if at == 9 && byte > 1 {
                return Err(WireError::Varint);
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                self.rest = &self.rest[at + 1..];
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(WireError::Varint)
    }

    /// A value that is not negative.
    pub(super) fn size(&mut self) -> Result<usize, WireError> {
        let size = self.long()?;
        usize::try_from(size).map_err(|_| WireError::Length(size))
    }

    /// A length and so many bytes.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let size = self.size()?;
        self.take(size)
    }

    /// A length and so many bytes of UTF-8.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn string(&mut self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| WireError::Utf8)
    }

    /// One byte, 0 or 1.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn boolean(&mut self) -> Result<bool, WireError> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(WireError::Choice(other.first().map_or(0, |byte| i64::from(*byte)), "a boolean")),
        }
    }

    /// Which branch of a union of null and something else: whether it is the latter.
    pub(super) fn is_some(&mut self) -> Result<bool, WireError> {
        match self.long()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(WireError::Choice(other, "a union of two")),
        }
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Left(self.rest.len())) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer;
    use super::*;

    #[test]
    fn integers_come_back_as_they_were() {
        for value in [0, 1, -1, 63, 64, -64, -65, 8191, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            writer::long(&mut bytes, value);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.long(), Ok(value));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn integers_have_the_bytes_of_the_specification() {
        for (bytes, value) in
            [(&[0][..], 0), (&[1], -1), (&[2], 1), (&[0x7f], -64), (&[0x80, 1], 64), (&[0xff, 1], -128)]
        {
            assert_eq!(Reader::new(bytes).long(), Ok(value), "{bytes:?}");
        }
    }

    #[test]
    fn an_integer_that_does_not_end_is_refused() {
        assert_eq!(Reader::new(&[0x80; 4]).long(), Err(WireError::Truncated));
        assert_eq!(Reader::new(&[0x80; 11]).long(), Err(WireError::Varint));
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).long(),
            Err(WireError::Varint)
        );
    }

    #[test]
    fn lengths_that_are_negative_or_reach_too_far_are_refused() {
        assert_eq!(Reader::new(&[1]).bytes(), Err(WireError::Length(-1)));
        assert_eq!(Reader::new(&[4, b'a']).bytes(), Err(WireError::Truncated));
        assert_eq!(Reader::new(&[2, 0xff]).string(), Err(WireError::Utf8));
        assert_eq!(Reader::new(&[2]).boolean(), Err(WireError::Choice(2, "a boolean")));
    }
}
