//! How one finds out whether a segment is encrypted, and with which key.

use std::io;
use std::path::Path;

use crate::base::{Disk, DiskFile};

use super::encryption::{KeyMark, SALT};
use super::frame::{Frame, HEADER, Kind, Place, u64_at};
use super::scan::{Found, Scan};
use super::segment::{self, START, VERSION, VERSION_PLAIN};

/// The beginning of a segment that says which key it has: the header and a record.
const HEAD: usize = 64 + HEADER + SALT + 8 + 256;

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sealing {
    Plain,
    Sealed(KeyMark),
    /// All places that could tell are damaged.
    Unknown,
}

impl Sealing {
    /// Reads the beginning of a segment, and the rest only if that is damaged.
    pub(super) fn of_file(disk: &dyn Disk, path: &Path, segment: u64) -> io::Result<Self> {
        let mut file = disk.open(path)?;
        match Self::of(&head(&mut *file)?, segment) {
            Self::Unknown => Self::search(file, segment),
            known => Ok(known),
        }
    }

    /// The header and the record behind it say the same, so that one of them may be damaged.
    fn of(head: &[u8], segment: u64) -> Self {
        if let Some(mark) = mark_of_record(head, segment) {
            return Self::Sealed(mark);
        }
        match segment::version(head, segment) {
            Some(VERSION_PLAIN) => Self::Plain,
            Some(VERSION) => mark_of_header(head).map_or(Self::Unknown, Self::Sealed),
            _ => Self::Unknown,
        }
    }

    fn search(file: Box<dyn DiskFile>, segment: u64) -> io::Result<Self> {
        let mut scan = Scan::new(file, segment, START, u64::MAX)?;
        while let Some(found) = scan.next()? {
            let Found::Record { offset, frame } = found else { continue };
            match frame.kind {
                Kind::Key => {
                    let mark = KeyMark::decode(scan.body(offset, &frame)?);
                    return Ok(mark.map_or(Self::Unknown, Self::Sealed));
                }
                Kind::Put if frame.key == 0 => return Ok(Self::Plain),
                Kind::Put | Kind::Takes | Kind::Snapshot => {}
            }
        }
        Ok(Self::Unknown)
    }
}

fn head(file: &mut dyn DiskFile) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD];
    let filled = file.fill_at(0, &mut head)?;
    head.truncate(filled);
    Ok(head)
}

fn mark_of_record(head: &[u8], segment: u64) -> Option<KeyMark> {
    let start = usize::try_from(START).ok()?;
    let frame = Frame::decode(head.get(start..)?, Place { segment, offset: START })?;
    let length = usize::try_from(frame.length).ok()?;
    let body = head.get(start + HEADER..)?.get(..length)?;
    (frame.kind == Kind::Key && frame.is_intact(body)).then(|| KeyMark::decode(body))?
}

fn mark_of_header(head: &[u8]) -> Option<KeyMark> {
    let (salt, id) = (head.get(24..24 + SALT)?.try_into().ok()?, u64_at(head, 24 + SALT)?.to_le_bytes());
    Some(KeyMark { salt, id, name: None })
}
