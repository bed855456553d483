//! The lines that were no orders, kept for who wants to mend them.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flowcore::base::FileIdentity;
use serde::{Deserialize, Serialize};

use crate::cover::{Cover, Place};
use crate::lines::{each_line, open_complete};

/// The file of rejected lines.
pub const REJECTS_FILE: &str = "rejects.jsonl";
/// How many characters of a rejected line are kept.
pub const KEPT_CHARACTERS: usize = 200;

/// One rejected line, as its line in the file shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The name that the file had.
    pub file: String,
    /// The line's number, from 1.
    pub line: u64,
    /// The offset of its first byte.
    pub offset: u64,
    /// The offset behind its last byte.
    pub end: u64,
    /// Why it is no order.
    pub reason: String,
    /// Its first [`KEPT_CHARACTERS`] characters; bytes that are not UTF-8 are shown as `\u{fffd}`.
    pub text: String,
    /// Which file it is, whatever its name.
    pub identity: FileIdentity,
    /// Which content of it: another one after a cut-off.
    #[serde(default)]
    pub generation: u64,
}

impl Rejected {
    /// The line at `place`, number `line` of the file called `file`. Of `bytes`, the beginning is enough.
    pub fn new(file: &Path, place: Place, line: u64, reason: String, bytes: &[u8]) -> Self {
        // No character has more than four bytes.
        let start = &bytes[..bytes.len().min(4 * KEPT_CHARACTERS)];
        let text =
            String::from_utf8_lossy(start).trim_end_matches('\n').chars().take(KEPT_CHARACTERS).collect();
        let Place { file: identity, generation, start: offset, end } = place;
        Self { file: file.display().to_string(), line, offset, end, reason, text, identity, generation }
    }

    /// Where the line is.
    pub fn place(&self) -> Place {
        Place { file: self.identity, generation: self.generation, start: self.offset, end: self.end }
    }
}

/// Appends rejected lines to [`REJECTS_FILE`], each once, also when it comes again after a restart.
///
/// A rejected line is done when its place is in the store's cover, as a counted one. So: append, then
/// [`sync`](Self::sync), then commit the cover, then tell [`committed`](Self::committed). What was appended
/// and not committed before a crash is known again from the file, and is not appended a second time.
/// Calls block as the disk does.
///
/// ```
/// use coffee_orders::cover::{Cover, Place};
/// use coffee_orders::rejects::{RejectsFile, Rejected};
/// # let dir = tempfile::tempdir()?;
/// let file = flowcore::base::FileIdentity { device: 1, inode: 7 };
/// let place = Place { file, generation: 0, start: 0, end: 4 };
/// let rejected = Rejected::new("orders.txt".as_ref(), place, 1, "no JSON".to_owned(), b"oha\n");
/// let mut rejects = RejectsFile::open(dir.path(), &Cover::default())?;
/// assert!(rejects.append(&rejected)?);
/// assert!(!rejects.append(&rejected)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RejectsFile {
    path: PathBuf,
    file: File,
    /// Appended, but not in the store's cover yet.
    pending: Cover,
}

/// The rejects file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct RejectsError {
    /// What was tried: `open`, `read`, `write` or `sync`.
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

impl RejectsFile {
    /// Opens the file in `dir`, or makes it. `committed` is the store's cover.
    ///
    /// # Errors
    /// When it cannot be opened, read or mended.
    pub fn open(dir: &Path, committed: &Cover) -> Result<Self, RejectsError> {
        let path = dir.join(REJECTS_FILE);
        let mut pending = Cover::default();
        let opened = open_complete(&path, |line| {
            // A line that somebody wrote into it is not ours to judge.
            let ours = serde_json::from_slice(line).ok().map(|rejected: Rejected| rejected.place());
            ours.filter(|place| !committed.contains(*place))
                .into_iter()
                .for_each(|place| pending.insert(place));
        });
        match opened {
            Ok(file) => Ok(Self { path, file, pending }),
            Err(source) => Err(RejectsError { action: "open", path, source }),
        }
    }

    /// Appends a line, unless it is there already; says whether it did.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, rejected: &Rejected) -> Result<bool, RejectsError> {
        if self.pending.contains(rejected.place()) {
            return Ok(false);
        }
        let line = serde_json::to_vec(rejected).map_err(io::Error::from);
        let written = line.and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        written.map_err(|source| self.error("write", source))?;
        self.pending.insert(rejected.place());
        Ok(true)
    }

    /// Makes what was appended survive a loss of power.
    ///
    /// # Errors
    /// As the system says.
    pub fn sync(&mut self) -> Result<(), RejectsError> {
        self.file.sync_data().map_err(|source| self.error("sync", source))
    }

    /// These places are in the store's cover now: they will not come again, and need not be remembered.
    pub fn committed(&mut self, cover: &Cover) {
        let mut left = Cover::default();
        // A range of several lines may be committed in parts: keep it until it is wholly.
        self.pending.ranges().filter(|place| !cover.contains(*place)).for_each(|place| left.insert(place));
        self.pending = left;
    }

    /// Visits the rejected lines in `dir` that are in the store's cover, or all of them without one, in the
    /// order of the file. No file is as good as an empty one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(
        dir: &Path,
        committed: Option<&Cover>,
        mut visit: impl FnMut(Rejected),
    ) -> Result<(), RejectsError> {
        let path = dir.join(REJECTS_FILE);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other,
        };
        let read = file.and_then(|file| {
            each_line(file, |line| {
                let rejected = serde_json::from_slice(line).ok();
                rejected
                    .filter(|r: &Rejected| committed.is_none_or(|committed| committed.contains(r.place())))
                    .into_iter()
                    .for_each(&mut visit);
            })
        });
        read.map(drop).map_err(|source| RejectsError { action: "read", path, source })
    }

    fn error(&self, action: &'static str, source: io::Error) -> RejectsError {
        RejectsError { action, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn rejected(line: u64) -> Rejected {
        let file = FileIdentity { device: 1, inode: 7 };
        let place = Place { file, generation: 0, start: line * 10, end: line * 10 + 10 };
        Rejected::new(Path::new("orders.txt"), place, line, format!("reason {line}"), b"\xffbad\n")
    }

    fn cover(lines: impl IntoIterator<Item = u64>) -> Cover {
        let mut cover = Cover::default();
        lines.into_iter().for_each(|line| cover.insert(rejected(line).place()));
        cover
    }

    fn lines(dir: &Path, committed: &Cover) -> Vec<u64> {
        let mut lines = Vec::new();
        RejectsFile::read(dir, Some(committed), |rejected| lines.push(rejected.line)).unwrap();
        lines
    }

    #[test]
    fn a_rejected_line_is_one_line_of_json() {
        let line = serde_json::to_string(&rejected(3)).unwrap();
        let expected = r#"{"file":"orders.txt","line":3,"offset":30,"end":40,"reason":"reason 3","text":"�bad","identity":{"device":1,"inode":7},"generation":0}"#;
        assert_eq!(line, expected);
        let long =
            Rejected::new(Path::new("f"), rejected(1).place(), 1, String::new(), "é".repeat(5000).as_bytes());
        assert_eq!(long.text, "é".repeat(200));
    }

    #[test]
    fn a_line_that_comes_again_is_there_once_before_and_after_a_crash() {
        let dir = tempfile::tempdir().unwrap();
        let mut rejects = RejectsFile::open(dir.path(), &Cover::default()).unwrap();
        assert_eq!([1, 2, 1].map(|line| rejects.append(&rejected(line)).unwrap()), [true, true, false]);
        rejects.sync().unwrap();
        // Line 1 reaches the store; then the program dies in the middle of a write.
        rejects.committed(&cover([1]));
        drop(rejects);
        let path = dir.path().join(REJECTS_FILE);
        let torn = [fs::read(&path).unwrap(), b"{\"file\":\"ord".to_vec()].concat();
        fs::write(&path, torn).unwrap();
        let mut rejects = RejectsFile::open(dir.path(), &cover([1])).unwrap();
        assert_eq!([2, 3].map(|line| rejects.append(&rejected(line)).unwrap()), [false, true]);
        assert_eq!(lines(dir.path(), &cover([1, 2, 3])), [1, 2, 3]);
        assert_eq!(lines(dir.path(), &cover([1, 3])), [1, 3]);
    }

    #[test]
    fn without_a_file_there_is_nothing_to_read_and_a_folder_in_its_place_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(lines(dir.path(), &cover([1])), [0; 0]);
        fs::create_dir(dir.path().join(REJECTS_FILE)).unwrap();
        let error = RejectsFile::open(dir.path(), &Cover::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot open {}", dir.path().join(REJECTS_FILE).display()));
    }
}
