use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flowcore::base::DiskFile;
use flowcore::ingest::source::tail::ReadBuffers;

use super::DeserializeError;
use super::mark::FileMark;

/// What is read at once, if nothing is long.
const CHUNK: usize = 64 * 1024;

/// A file that is read from front to back, for a [`Deserializer`](super::Deserializer).
///
/// ```
/// use std::path::Path;
///
/// use flowcore::base::{Disk, LocalDisk};
/// use flowcore_agent::spool::FileInput;
///
/// let mut input = FileInput::new(LocalDisk.open(Path::new("Cargo.toml"))?, 0);
/// while input.read_more()? {}
/// assert_eq!(input.take(9), "[package]");
/// assert_eq!(input.position(), 9);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FileInput {
    file: Box<dyn DiskFile>,
    buffers: ReadBuffers,
    buffer: Bytes,
    /// Where `buffer` starts in the file.
    start: u64,
    /// For the log.
    path: PathBuf,
}

impl FileInput {
    /// Reads `file` from `position` on, in bytes.
    pub fn new(file: Box<dyn DiskFile>, position: u64) -> Self {
        Self {
            file,
            buffers: ReadBuffers::new(CHUNK),
            buffer: Bytes::new(),
            start: position,
            path: PathBuf::new(),
        }
    }

    /// What it is called where something is said about it.
    pub(super) fn named(mut self, path: &Path) -> Self {
        self.path = path.to_path_buf();
        self
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was read and not taken.
    pub fn unread(&self) -> &[u8] {
        &self.buffer
    }

    /// The same, to be sliced without copying.
    pub(crate) fn unread_bytes(&self) -> &Bytes {
        &self.buffer
    }

    /// Where `unread` starts in the file, in bytes.
    pub fn position(&self) -> u64 {
        self.start
    }

    /// Takes so many bytes of what is unread, or all of it if there is less. They are not copied.
    pub fn take(&mut self, count: usize) -> Bytes {
        let count = count.min(self.buffer.len());
        self.start += count as u64;
        self.buffer.split_to(count)
    }

    /// The same, for who has already sliced them.
    pub(crate) fn pass(&mut self, count: usize) {
        self.take(count);
    }

    /// Goes to a position.
    pub fn seek(&mut self, position: u64) {
        self.buffer = Bytes::new();
        self.start = position;
    }

    /// Reads on behind what is unread. Returns false at the end of the file.
    ///
    /// # Errors
    /// As the system says.
    pub fn read_more(&mut self) -> io::Result<bool> {
        let old = self.buffer.len();
        self.buffers.begin();
        if old > CHUNK / 2 {
            self.buffers.grow(old.saturating_mul(2));
        }
        let into = self.buffers.current();
        into[..old].copy_from_slice(&self.buffer);
        let read = loop {
            match self.file.read_at(self.start + old as u64, &mut into[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if read > 0 {
            self.buffer = self.take_in(old + read);
        }
        Ok(read > 0)
    }

    /// An error about what stands where `unread` starts.
    pub fn malformed(&self, problem: impl Into<String>) -> DeserializeError {
        DeserializeError::Malformed { at: self.start, problem: problem.into() }
    }

    /// Which content the file has.
    pub(super) fn mark(&mut self) -> io::Result<FileMark> {
        FileMark::of(&mut *self.file)
    }

    /// Whether it is this one.
    pub(super) fn is_marked(&mut self, mark: &FileMark) -> io::Result<bool> {
        mark.is_of(&mut *self.file)
    }

    /// A buffer with little in it is not lent: its lines would keep all of it.
    fn take_in(&mut self, end: usize) -> Bytes {
        let into = self.buffers.current();
        if end < into.len() / 2 { Bytes::copy_from_slice(&into[..end]) } else { self.buffers.lend(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowcore::base::{Disk, LocalDisk};

    #[test]
    fn what_is_taken_in_pieces_of_any_size_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &bytes).unwrap();
        for piece in [1_000, CHUNK / 2, CHUNK - 1, CHUNK, 3 * CHUNK + 1, 2_000_000] {
            let mut input = FileInput::new(LocalDisk.open(&path).unwrap(), 4);
            let mut taken: Vec<Bytes> = Vec::new();
            loop {
                while input.unread().len() < piece && input.read_more().unwrap() {}
                if input.unread().is_empty() {
                    break;
                }
                taken.push(input.take(piece));
            }
            assert!(taken.concat() == bytes[4..], "{piece}");
            assert_eq!(input.position(), bytes.len() as u64);
        }
    }
}
