use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::hkdf::{HKDF_SHA256, Prk, Salt};

use crate::base::{Disk, LocalDisk};

/// Bytes of a key.
const LENGTH: usize = 32;
/// The longest name, so that what says which key a segment has is short.
const LONGEST_NAME: usize = 255;
/// A key file that is longer is none.
const LONGEST_FILE: u64 = 1 << 10;

/// A key of 256 bits that a file channel encrypts its events with, and the name that it has in errors and on disk.
///
/// The key itself never leaves this type: each segment has a key of its own that is derived from it.
///
/// ```
/// use flowcore::ingest::EncryptionKey;
///
/// let key = EncryptionKey::new("key-1", [7; 32])?;
/// assert_eq!((key.name(), format!("{key:?}").contains('7')), ("key-1", false));
/// # Ok::<(), flowcore::ingest::EncryptionKeyError>(())
/// ```
#[derive(Clone)]
pub struct EncryptionKey {
    name: Arc<str>,
    id: [u8; 8],
    material: Arc<[u8; LENGTH]>,
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionKeyError {
    /// Names have 1 to 255 bytes.
    #[error("the name of a key has 1 to {LONGEST_NAME} bytes, this one {length}")]
    Name {
        /// What it has.
        length: usize,
    },
    /// Its file cannot be read.
    #[error("cannot read {path} with the key `{name}`")]
    Unreadable {
        /// The key.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Its file holds something else.
    #[error("{path} holds no key `{name}`: a key is 32 bytes, or 64 hexadecimal digits in one line")]
    NoKey {
        /// The key.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// The machine has no hash for it.
    #[error("the key `{name}` cannot be used")]
    Unusable {
        /// The key.
        name: String,
    },
}

impl EncryptionKey {
    /// The key with these bytes. They should be as random as the system can make them.
    ///
    /// # Errors
    /// [`EncryptionKeyError::Name`] when the name is empty or too long.
    pub fn new(name: impl Into<Arc<str>>, material: [u8; LENGTH]) -> Result<Self, EncryptionKeyError> {
        let name = name.into();
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(EncryptionKeyError::Name { length: name.len() });
        }
        let mut id = [0; 8];
        let derived =
            extract(&[], &material).expand(&[b"flowcore key id"], Short).and_then(|okm| okm.fill(&mut id));
        match derived {
            Ok(()) => Ok(Self { name, id, material: Arc::new(material) }),
            Err(_) => Err(EncryptionKeyError::Unusable { name: name.to_string() }),
        }
    }

    /// The key in a file of its own: 32 bytes as they are, or 64 hexadecimal digits, as
    /// `openssl rand -hex 32` writes them.
    ///
    /// # Errors
    /// [`EncryptionKeyError`] names the key and the file, and never what is in it.
    pub fn read(name: impl Into<Arc<str>>, path: impl AsRef<Path>) -> Result<Self, EncryptionKeyError> {
        let (name, path) = (name.into(), path.as_ref());
        match LocalDisk.read(path, LONGEST_FILE) {
            Ok(bytes) => match material(&bytes) {
                Some(material) => Self::new(name, material),
                None => Err(EncryptionKeyError::NoKey { name: name.to_string(), path: path.to_path_buf() }),
            },
            Err(cause) => Err(EncryptionKeyError::Unreadable {
                name: name.to_string(),
                path: path.to_path_buf(),
                cause,
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells it from others without giving it away.
    pub(super) fn id(&self) -> [u8; 8] {
        self.id
    }

    /// What a segment's own key is derived from.
    pub(super) fn salted(&self, salt: &[u8]) -> Prk {
        extract(salt, &*self.material)
    }
}

fn extract(salt: &[u8], material: &[u8]) -> Prk {
    Salt::new(HKDF_SHA256, salt).extract(material)
}

struct Short;

impl ring::hkdf::KeyType for Short {
    fn len(&self) -> usize {
        8
    }
}

fn material(bytes: &[u8]) -> Option<[u8; LENGTH]> {
    if let Ok(raw) = bytes.try_into() {
        return Some(raw);
    }
    let digits = bytes.trim_ascii();
    let mut material = [0; LENGTH];
    if digits.len() != 2 * LENGTH {
        return None;
    }
    for (byte, pair) in material.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(material)
}

/// The same name and the same key.
impl PartialEq for EncryptionKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.id == other.id
    }
}

impl Eq for EncryptionKey {}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptionKey").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_holds_bytes_or_digits_and_nothing_else() {
        let bytes: Vec<u8> = (0..32).collect();
        let digits = "000102030405060708090a0B0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
        assert_eq!(material(&bytes), material(digits.as_bytes()));
        assert!(material(&bytes).is_some());
        for wrong in [&bytes[..31], b"", &digits.as_bytes()[1..], &[b'g'; 64]] {
            assert_eq!(material(wrong), None);
        }
    }

    #[test]
    fn a_key_is_known_by_its_bytes_and_not_by_its_name() {
        let key = |name: &str, byte| EncryptionKey::new(name, [byte; 32]).unwrap().id();
        assert_eq!(key("a", 1), key("b", 1));
        assert_ne!(key("a", 1), key("a", 2));
        assert!(EncryptionKey::new("", [1; 32]).is_err());
        assert!(EncryptionKey::new("x".repeat(256), [1; 32]).is_err());
    }

    #[test]
    fn a_file_without_a_key_is_named_with_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let error = EncryptionKey::read("k1", &path).unwrap_err();
        assert!(matches!(error, EncryptionKeyError::Unreadable { .. }));
        std::fs::write(&path, "secret but short").unwrap();
        let error = EncryptionKey::read("k1", &path).unwrap_err().to_string();
        assert!(error.contains("`k1`") && error.contains("key") && !error.contains("secret"), "{error}");
    }
}
