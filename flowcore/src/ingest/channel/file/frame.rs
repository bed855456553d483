//! The header of a record.

/// Bytes before the body.
pub(super) const HEADER: usize = 48;
/// Records begin at multiples of this.
pub(super) const ALIGN: usize = 8;
/// No sequence number and no segment is larger, so that none is ever used up: a record that says otherwise is
/// not ours, whatever its checksum.
pub(super) const MOST: u64 = 1 << 62;
/// What a record begins with.
pub(super) const MAGIC: [u8; 4] = *b"FcR1";

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Events of one put.
    Put = 1,
    /// Sequence numbers of events that were taken.
    Takes = 2,
    /// What is in the channel.
    Snapshot = 3,
    /// Which key the bodies of a segment are encrypted with.
    Key = 4,
}

/// Where a record is: part of its checksum, so that an old record in a file that is used again is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// 1 if the body is encrypted with the segment's key, else 0.
    pub(super) key: u16,
    pub(super) length: u32,
    pub(super) events: u32,
    pub(super) first: u64,
    pub(super) weight: u64,
    /// What lies before this offset of the segment was synced when the record was written.
    pub(super) synced: u64,
    pub(super) checksum: u32,
}

impl Frame {
    pub(super) fn encode(&self, place: Place) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = self.kind as u8;
        bytes[6..8].copy_from_slice(&self.key.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.events.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.weight.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.synced.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.checksum.to_le_bytes());
        let own = header_checksum(&bytes[..44], place);
        bytes[44..48].copy_from_slice(&own.to_le_bytes());
        bytes
    }

    /// The record that begins with `bytes`, if one does at this place.
    pub(super) fn decode(bytes: &[u8], place: Place) -> Option<Self> {
        let header = bytes.get(..HEADER)?;
        if header[..4] != MAGIC || header_checksum(&header[..44], place) != u32_at(header, 44)? {
            return None;
        }
        let kind = match header[4] {
            1 => Kind::Put,
            2 => Kind::Takes,
            3 => Kind::Snapshot,
            4 => Kind::Key,
            _ => return None,
        };
        let frame = Self {
            kind,
            key: u16::from_le_bytes(header.get(6..8)?.try_into().ok()?),
            length: u32_at(header, 8)?,
            events: u32_at(header, 12)?,
            first: u64_at(header, 16)?,
            weight: u64_at(header, 24)?,
            synced: u64_at(header, 32)?,
            checksum: u32_at(header, 40)?,
        };
        let end = frame.first.checked_add(u64::from(frame.events))?;
        (end <= MOST).then_some(frame)
    }

    /// The sequence numbers of its events.
    pub(super) fn sequences(&self) -> std::ops::Range<u64> {
        self.first..self.first + u64::from(self.events)
    }

    /// Bytes that it has in the file.
    pub(super) fn size(&self) -> u64 {
        padded(HEADER as u64 + u64::from(self.length))
    }

    pub(super) fn is_intact(&self, body: &[u8]) -> bool {
        crc32c::crc32c(body) == self.checksum
    }
}

/// The next place where a record may begin.
pub(super) fn padded(length: u64) -> u64 {
    length.next_multiple_of(ALIGN as u64)
}

fn header_checksum(bytes: &[u8], place: Place) -> u32 {
    let seed = crc32c::crc32c(&place.segment.to_le_bytes());
    let seed = crc32c::crc32c_append(seed, &place.offset.to_le_bytes());
    crc32c::crc32c_append(seed, bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { segment: 7, offset: 64 };

    fn frame() -> Frame {
        Frame {
            kind: Kind::Put,
            key: 3,
            length: 5,
            events: 2,
            first: 40,
            weight: 9,
            synced: 64,
            checksum: crc32c::crc32c(b"hello"),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let bytes = frame().encode(PLACE);
        assert_eq!(Frame::decode(&bytes, PLACE), Some(frame()));
        assert_eq!((frame().size(), frame().sequences()), (56, 40..42));
        assert!(frame().is_intact(b"hello") && !frame().is_intact(b"hallo"));
    }

    #[test]
    fn no_flipped_bit_of_a_header_goes_unnoticed() {
        for bit in 0..HEADER * 8 {
            let mut bytes = frame().encode(PLACE);
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Frame::decode(&bytes, PLACE), None, "bit {bit}");
        }
    }

    #[test]
    fn a_record_with_sequence_numbers_that_nobody_reaches_is_none() {
        let last = Frame { first: MOST - 2, ..frame() };
        assert_eq!(Frame::decode(&last.encode(PLACE), PLACE), Some(last));
        for first in [MOST - 1, u64::MAX] {
            assert_eq!(Frame::decode(&Frame { first, ..frame() }.encode(PLACE), PLACE), None);
        }
    }

    #[test]
    fn a_record_of_another_segment_or_place_is_none() {
        let bytes = frame().encode(PLACE);
        assert_eq!(Frame::decode(&bytes, Place { segment: 8, ..PLACE }), None);
        assert_eq!(Frame::decode(&bytes, Place { offset: 72, ..PLACE }), None);
        assert_eq!(Frame::decode(&bytes[..40], PLACE), None);
    }
}
