use super::FileChannelError;
use super::encryption::{BEFORE, BEHIND, Sealer};
use super::frame::{Frame, HEADER, Kind, Place, padded};

/// A record without its place: room for the header, the body, and zeros up to where the next may begin.
#[derive(Debug)]
pub(super) struct Encoded {
    bytes: Vec<u8>,
    kind: Kind,
    length: u32,
    /// Of the body as it is here; one that is encrypted has another.
    checksum: u32,
    /// Whether it has room to be encrypted, and must be.
    is_sealed: bool,
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
        Some(Self { bytes, kind, length, checksum, is_sealed: false, events: 0, weight: 0 })
    }

    /// A put, which is encrypted when it is written if it `is_sealed`.
    pub(super) fn put(
        events: u32,
        weight: u64,
        is_sealed: bool,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Self> {
        let (before, behind) = if is_sealed { (BEFORE, BEHIND) } else { (0, 0) };
        let record = Self::new(Kind::Put, |body| {
            body.resize(body.len() + before, 0);
            fill(body);
            body.resize(body.len() + behind, 0);
        });
        Some(Self { is_sealed, events, weight, ..record? })
    }

    /// Bytes that it has in the file.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The same, of memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds it to `into`; of one that is longer than `most` and not encrypted the header alone: it returns the rest.
    ///
    /// # Errors
    /// [`FileChannelError::Cipher`] when it is to be encrypted and cannot be.
    pub(super) fn write(
        &self,
        into: &mut Vec<u8>,
        place: Place,
        (first, synced): (u64, u64),
        sealer: Option<&mut Sealer>,
        most: usize,
    ) -> Result<Option<&[u8]>, FileChannelError> {
        let mut frame = self.frame(first, synced);
        if !self.is_sealed && self.bytes.len() > most {
            into.extend_from_slice(&frame.encode(place));
            return Ok(Some(&self.bytes[HEADER..]));
        }
        let at = into.len();
        into.extend_from_slice(&self.bytes);
        if self.is_sealed {
            let end = at + HEADER + usize::try_from(self.length).unwrap_or(usize::MAX);
            let body = into.get_mut(at + HEADER..end).ok_or(FileChannelError::Cipher)?;
            sealer.ok_or(FileChannelError::Cipher)?.seal(body, &frame, place)?;
            frame.checksum = crc32c::crc32c(body);
        }
        into[at..at + HEADER].copy_from_slice(&frame.encode(place));
        Ok(None)
    }

    fn frame(&self, first: u64, synced: u64) -> Frame {
        Frame {
            kind: self.kind,
            key: u16::from(self.is_sealed),
            length: self.length,
            events: self.events,
            first,
            weight: self.weight,
            synced,
            checksum: self.checksum,
        }
    }
}
