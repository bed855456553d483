use super::frame::{Frame, HEADER, Kind, Place, padded};

/// A record without its place: room for the header, the body, and zeros up to where the next may begin.
#[derive(Debug)]
pub(super) struct Encoded {
    bytes: Vec<u8>,
    kind: Kind,
    length: u32,
    checksum: u32,
    pub(super) key: u16,
    pub(super) events: u32,
    pub(super) weight: u64,
}

impl Encoded {
    /// A record whose body `fill` writes behind what is there. `None` if it is longer than a record may be.
    pub(super) fn new(kind: Kind, fill: impl FnOnce(&mut Vec<u8>)) -> Option<Self> {
        let mut bytes = vec![0; HEADER];
        fill(&mut bytes);
        let length = u32::try_from(bytes.len() - HEADER).ok()?;
        let checksum = crc32c::crc32c(&bytes[HEADER..]);
        bytes.resize(usize::try_from(padded(bytes.len() as u64)).ok()?, 0);
        Some(Self { bytes, kind, length, checksum, key: 0, events: 0, weight: 0 })
    }

    pub(super) fn put(events: u32, weight: u64, fill: impl FnOnce(&mut Vec<u8>)) -> Option<Self> {
        Some(Self { events, weight, ..Self::new(Kind::Put, fill)? })
    }

    /// Bytes that it has in the file.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The same, of memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn write(&self, into: &mut Vec<u8>, place: Place, first: u64, synced: u64) {
        let frame = Frame {
            kind: self.kind,
            key: self.key,
            length: self.length,
            events: self.events,
            first,
            weight: self.weight,
            synced,
            checksum: self.checksum,
        };
        into.extend_from_slice(&frame.encode(place));
        into.extend_from_slice(&self.bytes[HEADER..]);
    }
}
