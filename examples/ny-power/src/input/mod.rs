//! Saved files of the operator: one file, a zip with a file for each day, or a folder with both.
//!
//! | What | Order | Limit |
//! |---|---|---|
//! | file | as it is | none: it is read in pieces, and a row has [`MAX_ROW_BYTES`](crate::row::MAX_ROW_BYTES) |
//! | zip | members that end in `.csv`, by name | [`MAX_ZIP_BYTES`], [`MAX_MEMBERS`], [`MAX_MEMBER_BYTES`] and [`MAX_UNPACKED_BYTES`] unpacked, [`MAX_RATIO`] |
//! | folder | files that end in `.csv` or `.zip`, by name; no folders in it | as above |
//!
//! The operator's names begin with the date, so their order is that of time.

mod piece;
mod zipped;

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::{Disk, DiskEntry};
use piece::{Next, Pieces};
pub(crate) use zipped::member;
pub use zipped::{MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_RATIO, MAX_UNPACKED_BYTES, MAX_ZIP_BYTES, ZipRefusal};

use crate::reading::{Counts, Ending, Reader, Reading};

/// Why there is nothing to read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The path cannot be opened.
    #[error("cannot read {}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder without anything to read.
    #[error("there is no .csv and no .zip in {}", .0.display())]
    EmptyFolder(PathBuf),
}

/// The readings of saved files, one after the other. What cannot be read is a refusal, and the next file comes.
///
/// A call of `next` may read a piece of a file, or unpack a member: both are bounded, and block as files do.
///
/// ```
/// use std::sync::Arc;
/// use flowcore::base::LocalDisk;
/// use ny_power::{generator, input::Input, reading::Reading};
///
/// let folder = tempfile::tempdir()?;
/// let day = generator::Day::new("2016-04-01".parse()?, 7);
/// std::fs::write(folder.path().join(day.file_name()), day.bytes())?;
/// let input = Input::open(Arc::new(LocalDisk), folder.path())?;
/// assert!(input.filter(|reading| matches!(reading, Reading::Interval(_))).count() >= 286);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Input {
    disk: Arc<dyn Disk>,
    files: VecDeque<PathBuf>,
    pieces: Option<Pieces>,
    reader: Reader,
    ready: VecDeque<Reading>,
}

impl Input {
    /// Finds out what is at `path`.
    ///
    /// # Errors
    /// When there is nothing that can be read.
    pub fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, InputError> {
        let cannot = |source| InputError::Open { path: path.to_owned(), source };
        let files = match disk.list(path) {
            Ok(entries) => in_order(entries),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                disk.open(path).map_err(cannot)?;
                VecDeque::from([path.to_owned()])
            }
            Err(error) => return Err(cannot(error)),
        };
        if files.is_empty() {
            return Err(InputError::EmptyFolder(path.to_owned()));
        }
        Ok(Self { disk, files, pieces: None, reader: Reader::default(), ready: VecDeque::new() })
    }

    /// With a reader that knows what was read before, see [`Reader::after`].
    #[must_use]
    pub fn with_reader(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// How much was read so far; a few intervals of it may not be handed over yet.
    pub const fn counts(&self) -> Counts {
        self.reader.counts()
    }

    /// Reads on; `false` at the end of everything.
    fn advance(&mut self) -> bool {
        let (reader, ready) = (&mut self.reader, &mut self.ready);
        let mut out = |reading| ready.push_back(reading);
        let Some(pieces) = &mut self.pieces else {
            let Some(path) = self.files.pop_front() else { return false };
            let name = crate::excerpt::file_name(path.file_name().unwrap_or_default().as_encoded_bytes());
            match Pieces::open(&*self.disk, &path) {
                Ok(pieces) => self.pieces = Some(pieces),
                Err(error) => {
                    reader.begin(&name);
                    reader.fail(&error.to_string(), &mut out);
                }
            }
            return true;
        };
        match pieces.next() {
            Next::Begin(name) => reader.begin(&name),
            Next::Bytes(bytes) => reader.feed(bytes, &mut out),
            Next::End => reader.end(Ending::Final, &mut out),
            Next::Failed(why) => reader.fail(&why, &mut out),
            Next::Nothing => self.pieces = None,
        }
        true
    }
}

impl Iterator for Input {
    type Item = Reading;

    fn next(&mut self) -> Option<Reading> {
        loop {
            if let Some(reading) = self.ready.pop_front() {
                return Some(reading);
            }
            if !self.advance() {
                return None;
            }
        }
    }
}

fn in_order(entries: Vec<DiskEntry>) -> VecDeque<PathBuf> {
    let is_read = |path: &Path| {
        let ending = path.extension().map(OsStr::to_ascii_lowercase);
        ending.is_some_and(|ending| ending == "csv" || ending == "zip")
    };
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| entry.is_file && is_read(&entry.path))
        .map(|entry| entry.path)
        .collect();
    paths.sort_unstable();
    paths.into()
}
