use std::ops::Range;
use std::path::{Path, PathBuf};

use super::encryption::KeyMark;
use super::frame::{MOST, u32_at, u64_at};

/// Where the first record of a segment begins.
pub(super) const START: u64 = 64;
/// The version of a segment with encrypted bodies, and the last one that is known.
pub(super) const VERSION: u32 = 2;
/// That of a segment without.
pub(super) const VERSION_PLAIN: u32 = 1;

const MAGIC: [u8; 8] = *b"flowcore";
const ENDING: &str = "segment";
const SPARE: &str = "spare";

/// What is known of a segment without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) id: u64,
    pub(super) folder: usize,
    pub(super) path: PathBuf,
    /// Its events; some of them may be taken.
    pub(super) sequences: Range<u64>,
    /// The end of its last record.
    pub(super) end: u64,
    /// Weight of all its events together.
    pub(super) weight: u64,
    /// Whether its events are encrypted.
    pub(super) is_sealed: bool,
}

impl Segment {
    pub(super) fn new(id: u64, folder: usize, path: PathBuf, next: u64) -> Self {
        Self { id, folder, path, sequences: next..next, end: START, weight: 0, is_sealed: false }
    }
}

/// What a file in a data folder is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Segment(u64),
    Spare,
    /// One of Flume's own.
    Foreign,
    Other,
}

impl Name {
    pub(super) fn of(path: &Path) -> Self {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Self::Other };
        if name.strip_prefix("log-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            return Self::Foreign;
        }
        match name.split_once('.') {
            Some((id, ENDING)) if id.len() == 16 => {
                let id = u64::from_str_radix(id, 16).ok().filter(|id| *id < MOST);
                id.map_or(Self::Other, Self::Segment)
            }
            Some((_, SPARE)) => Self::Spare,
            _ => Self::Other,
        }
    }
}

pub(super) fn segment_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:016x}.{ENDING}"))
}

pub(super) fn spare_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:016x}.{SPARE}"))
}

/// What a segment begins with.
pub(super) fn file_header(id: u64, key: Option<&KeyMark>) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&MAGIC);
    let version = if key.is_some() { VERSION } else { VERSION_PLAIN };
    bytes[8..12].copy_from_slice(&version.to_le_bytes());
    bytes[16..24].copy_from_slice(&id.to_le_bytes());
    if let Some(KeyMark { salt, id, .. }) = key {
        bytes[24..40].copy_from_slice(salt);
        bytes[40..48].copy_from_slice(id);
    }
    let checksum = crc32c::crc32c(&bytes[..60]);
    bytes[60..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The version that an undamaged header names. Records prove themselves: a damaged header loses nothing.
pub(super) fn version(bytes: &[u8], id: u64) -> Option<u32> {
    let header = bytes.get(..64)?;
    let intact = header[..8] == MAGIC && u32_at(header, 60)? == crc32c::crc32c(&header[..60]);
    (intact && u64_at(header, 16)? == id).then(|| u32_at(header, 8))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        assert_eq!(Name::of(&segment_path(Path::new("data"), 255)), Name::Segment(255));
        assert_eq!(Name::of(&spare_path(Path::new("data"), 3)), Name::Spare);
        assert_eq!(Name::of(Path::new("data/log-17")), Name::Foreign);
        assert_eq!(Name::of(Path::new("data/log-17.meta")), Name::Foreign);
        assert_eq!(Name::of(Path::new("data/in_use.lock")), Name::Other);
        assert_eq!(Name::of(Path::new("data/17.segment")), Name::Other);
        assert_eq!(Name::of(Path::new("data/ffffffffffffffff.segment")), Name::Other, "none comes after it");
    }

    #[test]
    fn a_header_names_its_version_and_segment() {
        let mut header = file_header(9, None);
        assert_eq!((version(&header, 9), version(&header, 8)), (Some(VERSION_PLAIN), None));
        let mark = KeyMark { salt: [1; 16], id: [2; 8], name: None };
        assert_eq!(version(&file_header(9, Some(&mark)), 9), Some(VERSION));
        header[8] ^= 1;
        assert_eq!(version(&header, 9), None);
    }
}
