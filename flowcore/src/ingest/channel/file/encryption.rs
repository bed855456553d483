//! Events at rest: each segment has a key of its own, derived from the channel's key and the segment's salt.
//!
//! No nonce is used twice under a key. Within a segment they are counted, also for records that were sealed and
//! not written. A segment is written by the process that began it alone: after a start an encrypted channel goes
//! on in a new one, and so with a new salt.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use super::FileChannelError;
use super::frame::{Frame, Place};
use super::key::EncryptionKey;

pub(super) const SALT: usize = 16;
/// Where the record that names the key is written a second time; then at twice that, and so on: damage to a sector
/// does not cost the segment.
const AGAIN: u64 = 4 << 10;
/// What an encrypted body has in front of the events.
pub(super) const BEFORE: usize = NONCE_LEN;
/// And behind them: the tag.
pub(super) const BEHIND: usize = 16;
/// The keys of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// New segments have this one. `None`: they are not encrypted.
    pub(super) active: Option<EncryptionKey>,
    /// For what is there already, beside the active one.
    pub(super) others: Vec<EncryptionKey>,
}

/// What a segment says of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyMark {
    pub(super) salt: [u8; SALT],
    pub(super) id: [u8; 8],
    /// Unknown when the record that has it is damaged.
    pub(super) name: Option<String>,
}

/// Encrypts the records of one segment.
#[derive(Debug)]
pub(super) struct Sealer {
    pub(super) mark: KeyMark,
    key: LessSafeKey,
    next: u64,
    again: u64,
}

/// Decrypts them.
#[derive(Debug)]
pub(super) struct Opener(LessSafeKey);

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.active.is_none() && self.others.is_empty()
    }

    /// For a new segment; `None` when new segments are not encrypted.
    pub(super) fn sealer(&self) -> Result<Option<Sealer>, FileChannelError> {
        let Some(active) = &self.active else { return Ok(None) };
        let mut salt = [0; SALT];
        SystemRandom::new().fill(&mut salt).map_err(|_| FileChannelError::Cipher)?;
        let mark = KeyMark { salt, id: active.id(), name: Some(active.name().to_owned()) };
        Ok(Some(Sealer { key: derive(active, &mark)?, mark, next: 0, again: AGAIN }))
    }

    /// For a segment with this mark.
    ///
    /// # Errors
    /// [`FileChannelError::MissingKey`] and [`FileChannelError::WrongKey`] name the file and the key.
    pub(super) fn opener(&self, mark: &KeyMark, path: &std::path::Path) -> Result<Opener, FileChannelError> {
        let mut keys = self.active.iter().chain(&self.others);
        if let Some(key) = keys.clone().find(|key| key.id() == mark.id) {
            return Ok(Opener(derive(key, mark)?));
        }
        let (path, is_named) = (path.to_path_buf(), keys.any(|key| Some(key.name()) == mark.name.as_deref()));
        let key = mark.shown();
        Err(if is_named {
            FileChannelError::WrongKey { path, key }
        } else {
            FileChannelError::MissingKey { path, key }
        })
    }
}

fn derive(key: &EncryptionKey, mark: &KeyMark) -> Result<LessSafeKey, FileChannelError> {
    let salted = key.salted(&mark.salt);
    let material =
        salted.expand(&[b"flowcore segment"], &AES_256_GCM).map_err(|_| FileChannelError::Cipher)?;
    Ok(LessSafeKey::new(UnboundKey::from(material)))
}

impl KeyMark {
    /// The key's name, or its number where that is damaged.
    pub(super) fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{:016x}", u64::from_be_bytes(self.id)))
    }

    /// The body of the record that names the key.
    pub(super) fn encode(&self) -> Vec<u8> {
        let name = self.name.as_deref().unwrap_or_default();
        [&self.salt[..], &self.id, name.as_bytes()].concat()
    }

    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(body.get(SALT + 8..)?).ok()?.to_owned();
        let (salt, id) = (body.get(..SALT)?.try_into().ok()?, body.get(SALT..SALT + 8)?.try_into().ok()?);
        Some(Self { salt, id, name: Some(name) })
    }
}

/// What the tag answers for beside the events: where they are and which they are.
fn bound(frame: &Frame, place: Place) -> [u8; 48] {
    let mut bytes = [0; 48];
    let numbers = [place.segment, place.offset, frame.first, frame.weight, u64::from(frame.events)];
    for (into, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        into.copy_from_slice(&number.to_le_bytes());
    }
    bytes[40..44].copy_from_slice(&frame.length.to_le_bytes());
    bytes[44] = frame.kind as u8;
    bytes
}

impl Sealer {
    /// Whether the record that names the key is to be written again at this offset.
    pub(super) fn is_due(&mut self, offset: u64) -> bool {
        let is_due = offset >= self.again;
        while offset >= self.again {
            self.again *= 2;
        }
        is_due
    }

    /// Encrypts the events in `body`, which has room for the nonce before and for the tag behind them.
    pub(super) fn seal(
        &mut self,
        body: &mut [u8],
        frame: &Frame,
        place: Place,
    ) -> Result<(), FileChannelError> {
        let mut nonce = [0; NONCE_LEN];
        nonce[..8].copy_from_slice(&self.next.to_le_bytes());
        self.next += 1;
        let (before, rest) = body.split_at_mut_checked(BEFORE).ok_or(FileChannelError::Cipher)?;
        let end = rest.len().checked_sub(BEHIND).ok_or(FileChannelError::Cipher)?;
        let (events, behind) = rest.split_at_mut(end);
        let aad = Aad::from(bound(frame, place));
        let nonce_of_key = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce_of_key, aad, events);
        before.copy_from_slice(&nonce);
        behind.copy_from_slice(tag.map_err(|_| FileChannelError::Cipher)?.as_ref());
        Ok(())
    }
}

impl Opener {
    /// The events of a body; `None` when it is not what was encrypted.
    pub(super) fn open(&self, mut body: Vec<u8>, frame: &Frame, place: Place) -> Option<bytes::Bytes> {
        let nonce: [u8; NONCE_LEN] = body.get(..BEFORE)?.try_into().ok()?;
        let aad = Aad::from(bound(frame, place));
        let nonce = Nonce::assume_unique_for_key(nonce);
        let events = self.0.open_in_place(nonce, aad, body.get_mut(BEFORE..)?).ok()?.len();
        Some(bytes::Bytes::from(body).slice(BEFORE..BEFORE + events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::channel::file::frame::Kind;

    const PLACE: Place = Place { segment: 7, offset: 640 };

    fn keys(byte: u8) -> Keys {
        Keys { active: Some(EncryptionKey::new("k", [byte; 32]).unwrap()), others: Vec::new() }
    }

    fn frame(length: u32) -> Frame {
        Frame { kind: Kind::Put, key: 1, length, events: 1, first: 3, weight: 9, synced: 0, checksum: 0 }
    }

    fn sealed(sealer: &mut Sealer) -> Vec<u8> {
        let mut body = [&[0; BEFORE][..], b"events", &[0; BEHIND]].concat();
        sealer.seal(&mut body, &frame(34), PLACE).unwrap();
        body
    }

    #[test]
    fn what_was_sealed_is_opened_at_its_place_and_nowhere_else() {
        let mut sealer = keys(1).sealer().unwrap().unwrap();
        let opener = keys(1).opener(&sealer.mark, "s".as_ref()).unwrap();
        let body = sealed(&mut sealer);
        assert!(!body.windows(6).any(|part| part == b"events"));
        assert_eq!(opener.open(body.clone(), &frame(34), PLACE).unwrap(), "events");
        let elsewhere = Place { offset: 648, ..PLACE };
        assert_eq!(opener.open(body.clone(), &frame(34), elsewhere), None);
        let other = Frame { first: 4, ..frame(34) };
        assert_eq!(opener.open(body.clone(), &other, PLACE), None);
        for bit in 0..body.len() * 8 {
            let mut body = body.clone();
            body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opener.open(body, &frame(34), PLACE), None, "bit {bit}");
        }
        for cut in 0..body.len() {
            assert_eq!(opener.open(body[..cut].to_vec(), &frame(34), PLACE), None, "{cut}");
        }
    }

    #[test]
    fn no_two_records_and_no_two_segments_share_nonce_and_key() {
        let (mut one, mut other) = (keys(1).sealer().unwrap().unwrap(), keys(1).sealer().unwrap().unwrap());
        assert_ne!(one.mark.salt, other.mark.salt);
        let first = sealed(&mut one);
        assert_ne!(first[..BEFORE], sealed(&mut one)[..BEFORE]);
        assert_ne!(first[BEFORE..], sealed(&mut other)[BEFORE..]);
    }

    #[test]
    fn another_key_of_the_same_name_is_a_wrong_one_and_one_of_no_name_is_missing() {
        let mark = keys(1).sealer().unwrap().unwrap().mark;
        let error = keys(2).opener(&mark, "s".as_ref()).unwrap_err();
        assert!(matches!(&error, FileChannelError::WrongKey { key, .. } if key == "k"), "{error}");
        let error = Keys::default().opener(&mark, "s".as_ref()).unwrap_err();
        assert!(matches!(&error, FileChannelError::MissingKey { key, .. } if key == "k"), "{error}");
    }
}
