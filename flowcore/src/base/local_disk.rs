use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{Disk, DiskEntry, DiskFile, DiskLock, FileIdentity, folder_of, random_u64};

/// The machine's own files.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl LocalDisk {
    /// Makes a file that has its name only when it is whole, and the folders above it: `make` writes it under another
    /// name in the same folder. A crash meanwhile leaves nothing at `path`, and of several that make it at once the
    /// first one's stays. What stands at `path` already is not touched, and `make` not called.
    ///
    /// # Errors
    /// Those of `make`; as the system says.
    ///
    /// ```
    /// # fn main() -> Result<(), std::io::Error> {
    /// # let temporary = tempfile::tempdir()?;
    /// use flowcore::base::LocalDisk;
    ///
    /// let path = temporary.path().join("data/version");
    /// LocalDisk.create_whole(&path, |new| std::fs::write(new, "1"))?;
    /// LocalDisk.create_whole(&path, |new| std::fs::write(new, "2"))?;
    /// assert_eq!(std::fs::read_to_string(&path)?, "1");
    /// # Ok(()) }
    /// ```
    pub fn create_whole<E: From<io::Error>>(
        &self,
        path: &Path,
        make: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        if path.exists() {
            return Ok(());
        }
        let folder = folder_of(path);
        fs::create_dir_all(folder)?;
        let mut new = OsString::from(path);
        // Nobody else's: a process may make it twice at once, and in containers all have the same number.
        new.push(format!(".{:016x}.new", random_u64()));
        let new = Path::new(&new);
        let named = make(new).map(|()| fs::hard_link(new, path));
        let removed = fs::remove_file(new);
        match named? {
            // Somebody else was faster: theirs is as good.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        removed?;
        // The name is safe only when the folder is.
        Ok(self.sync_folder(folder)?)
    }
}

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
        let folder = folder_of(path);
        fs::create_dir_all(folder)?;
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_os_string();
        name.push(".new");
        let beside = folder.join(name);
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is safe only when the folder is.
        self.sync_folder(folder)
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
