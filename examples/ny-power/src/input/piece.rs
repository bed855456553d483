use std::io;
use std::path::Path;

use flowcore::base::{Disk, DiskFile};

use super::zipped::{Zip, ZipRefusal};
use crate::excerpt::file_name;

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// A file on the disk, in pieces.
#[derive(Debug)]
pub(super) enum Pieces {
    Plain(Plain),
    Zip(Box<Zip>),
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next<'a> {
    /// A file of the operator begins.
    Begin(String),
    Bytes(&'a [u8]),
    /// It has ended.
    End,
    /// It cannot be read further.
    Failed(String),
    /// There is no other.
    Nothing,
}

/// Why a file on the disk cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("it cannot be read: {0}")]
    Read(io::Error),
    #[error(transparent)]
    Zip(#[from] ZipRefusal),
}

impl Pieces {
    pub(super) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, OpenError> {
        let mut file = disk.open(path).map_err(OpenError::Read)?;
        let mut start = [0; 4];
        let length = file.read_at(0, &mut start).map_err(OpenError::Read)?;
        let is_named_zip = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
        if is_named_zip || start.get(..length).is_some_and(|start| start.starts_with(b"PK\x03\x04")) {
            return Ok(Self::Zip(Box::new(Zip::open(disk, path)?)));
        }
        let name = file_name(path.file_name().unwrap_or_default().as_encoded_bytes());
        let state = PlainState::Begin(name);
        Ok(Self::Plain(Plain { file, at: 0, buffer: vec![0; PIECE], state }))
    }

    pub(super) fn next(&mut self) -> Next<'_> {
        match self {
            Self::Plain(plain) => plain.next(),
            Self::Zip(zip) => zip.next(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Plain {
    file: Box<dyn DiskFile>,
    at: u64,
    buffer: Vec<u8>,
    state: PlainState,
}

#[derive(Debug)]
enum PlainState {
    Begin(String),
    Reading,
    Ended,
}

impl Plain {
    fn next(&mut self) -> Next<'_> {
        match std::mem::replace(&mut self.state, PlainState::Ended) {
            PlainState::Begin(name) => {
                self.state = PlainState::Reading;
                Next::Begin(name)
            }
            PlainState::Reading => match self.file.read_at(self.at, &mut self.buffer) {
                Ok(0) => Next::End,
                Ok(length) => {
                    self.state = PlainState::Reading;
                    self.at += length as u64;
                    Next::Bytes(self.buffer.get(..length).unwrap_or_default())
                }
                Err(error) => Next::Failed(format!("it cannot be read further: {error}")),
            },
            PlainState::Ended => Next::Nothing,
        }
    }
}
