use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let entries = self.list(folder.unwrap_or(Path::new(".")))?;
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

impl DiskEntry {
    fn of(path: PathBuf, metadata: &fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            is_file: metadata.is_file(),
            identity: FileIdentity::of(metadata, Some(&path)),
            size: metadata.len(),
            modified: modified.unwrap_or_default(),
            path,
        }
    }
}

/// Which file it is, whatever its name: device and inode where the system has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct FileIdentity {
    /// The device it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

impl FileIdentity {
    #[cfg(unix)]
    fn of(metadata: &fs::Metadata, _path: Option<&Path>) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Without inodes, the time of creation stands for the file.
    #[cfg(not(unix))]
    fn of(metadata: &fs::Metadata, _path: Option<&Path>) -> Self {
        let created = metadata.created().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let nanos = created.map_or(0, |t| t.as_nanos());
        Self { device: 0, inode: u64::try_from(nanos).unwrap_or(u64::MAX) }
    }
}

/// The machine's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

#[derive(Debug)]
struct LocalFile(fs::File);

/// The system lets go when the file is closed.
#[derive(Debug)]
struct LocalLock {
    _file: fs::File,
}

impl DiskLock for LocalLock {}

fn open_write(path: &Path) -> io::Result<fs::File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

impl Disk for LocalDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(LocalFile(fs::File::open(path)?)))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Box::new(LocalFile(fs::OpenOptions::new().create(true).append(true).read(true).open(path)?)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match fs::metadata(&path) {
                Ok(metadata) => entries.push(DiskEntry::of(path, &metadata)),
                // Gone between the listing and the look at it, or a link to nowhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    fn entry(&self, path: &Path) -> io::Result<DiskEntry> {
        Ok(DiskEntry::of(path.to_path_buf(), &fs::metadata(path)?))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_os_string();
        name.push(".new");
        let beside = folder.join(name);
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is safe only when the folder is.
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(LocalFile(open_write(path)?)))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    }

    #[cfg(unix)]
    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        let space = rustix::fs::statvfs(folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// Elsewhere it is found out by writing.
    #[cfg(not(unix))]
    fn free_space(&self, _folder: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        let file = open_write(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(LocalLock { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &mut fs::File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

#[cfg(not(unix))]
fn read_at(file: &mut fs::File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    file.read(into)
}

impl DiskFile for LocalFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        read_at(&mut self.0, offset, into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(offset))?;
        self.0.write_all(bytes)
    }

    fn allocate(&mut self, size: u64) -> io::Result<()> {
        if self.0.metadata()?.len() >= size {
            return Ok(());
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        match rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, size) {
            // Some file systems cannot: their writes may find the disk full later.
            Err(rustix::io::Errno::OPNOTSUPP) => {}
            done => return Ok(done?),
        }
        self.0.set_len(size)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn another(&self) -> Option<Box<dyn DiskFile>> {
        let file = self.0.try_clone().ok()?;
        Some(Box::new(Self(file)))
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        Ok(FileIdentity::of(&self.0.metadata()?, None))
    }
}
