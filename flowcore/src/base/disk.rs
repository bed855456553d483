use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The way to files for everything that keeps data in them, so that a test can make a write short or a
/// rename fail. Calls block, as the system's do; they are short.
pub trait Disk: Send + Sync + std::fmt::Debug + 'static {
    /// Opens a file to read it.
    ///
    /// # Errors
    /// As the system says.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file to append to it; makes it, and the folders above it, if they are missing.
    ///
    /// # Errors
    /// As the system says.
    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// The files and folders in a folder, in no order.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>>;

    /// What stands at a path: a file or a folder.
    ///
    /// # Errors
    /// As the system says.
    fn entry(&self, path: &Path) -> io::Result<DiskEntry> {
        let entries = self.list(folder_of(path))?;
        let found = entries.into_iter().find(|entry| entry.path.file_name() == path.file_name());
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The whole of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::FileTooLarge`] for a larger file.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Puts `bytes` in the place of the file in one step: a crash leaves the old or the new content.
    ///
    /// # Errors
    /// As the system says.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Opens a file to read it and to write at any place of it; makes it, and the folders above it, if they
    /// are missing.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] on a disk that cannot.
    fn open_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Err(unsupported(path))
    }

    /// Makes the names in a folder survive a loss of power.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] on a disk that cannot.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        Err(unsupported(folder))
    }

    /// Bytes that may still be written below a folder.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] on a disk that cannot.
    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        Err(unsupported(folder))
    }

    /// Keeps others, also of this process, from locking the same file until the lock is dropped. Makes the
    /// file, and the folders above it, if they are missing. A process that dies has no lock.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when somebody has it; as the system says.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        Err(unsupported(path))
    }
}

/// The folder that a file is in: the current one for a name alone.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unsupported(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("this disk cannot do that to {}", path.display()))
}

/// A lock on a file, until it is dropped.
pub trait DiskLock: Send + Sync + std::fmt::Debug {}

/// An open file.
pub trait DiskFile: Send + std::fmt::Debug {
    /// Reads at `offset`; 0 bytes at the end.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Reads at `offset` until `into` is full or the file ends, however often that is interrupted. Returns how
    /// many bytes there were.
    ///
    /// # Errors
    /// As the system says.
    fn fill_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut end = 0;
        while end < into.len() {
            match self.read_at(offset + end as u64, &mut into[end..]) {
                Ok(0) => break,
                Ok(read) => end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(end)
    }

    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    /// As the system says.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written survive a loss of power.
    ///
    /// # Errors
    /// As the system says.
    fn sync(&mut self) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`, over what is there.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] for a file that was not opened for it.
    fn write_at(&mut self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes the file at least `size` bytes long, so that writing to them takes no more room.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] for a file that was not opened for it.
    fn allocate(&mut self, _size: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Cuts the file to `size` bytes.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::Unsupported`] on a disk that cannot.
    fn truncate(&mut self, _size: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As [`sync`](Self::sync), for the content and what is needed to read it.
    ///
    /// # Errors
    /// As the system says.
    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }

    /// The same file once more, to be read on another thread as well. `None` (as it is unless told
    /// otherwise) on a disk whose calls are to come in one order.
    fn another(&self) -> Option<Box<dyn DiskFile>> {
        None
    }

    /// How long the file is now.
    ///
    /// # Errors
    /// As the system says.
    fn size(&self) -> io::Result<u64>;

    /// Which file it is, whatever its name.
    ///
    /// # Errors
    /// As the system says.
    fn identity(&self) -> io::Result<FileIdentity>;
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    /// The folder's path and the entry's name.
    pub path: PathBuf,
    /// Whether it is a file, also through a symbolic link.
    pub is_file: bool,
    /// Which file it is.
    pub identity: FileIdentity,
    /// How long it is.
    pub size: u64,
    /// When it was written last, since 1970; zero on a disk that does not know.
    pub modified: Duration,
}

/// Which file it is, whatever its name: device and inode where the system has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct FileIdentity {
    /// The device it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}
