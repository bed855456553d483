use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowcore::base::{Disk, DiskEntry, DiskFile, DiskLock, FileIdentity};

use crate::Random;

/// What a [`CrashDisk`] does to one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// It and all later ones fail and do nothing: the machine is off.
    Crash,
    /// It fails and does nothing.
    Fail(io::ErrorKind),
    /// A write does half of its work and fails; another operation fails.
    Short,
}

/// A disk in memory that forgets in a [`crash`](Self::crash) what was not synced, or a part of it.
///
/// ```
/// use flowcore::base::Disk;
/// use flowcore_testkit::{CrashDisk, Random};
/// use std::path::Path;
///
/// let disk = CrashDisk::new();
/// let path = Path::new("folder/file");
/// let mut file = disk.open_write(path)?;
/// file.write_at(0, b"safe")?;
/// file.sync_data()?;
/// disk.sync_folder(Path::new("folder"))?;
/// file.write_at(4, b", or not")?;
/// let after = disk.crash(&mut Random::new(1));
/// assert!(after.read(path, 100)?.starts_with(b"safe"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct CrashDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, Content>,
    names: BTreeMap<PathBuf, u64>,
    /// The names that a crash leaves, and what was done to them since.
    safe_names: BTreeMap<PathBuf, u64>,
    changes: Vec<(PathBuf, NameChange)>,
    locks: BTreeSet<PathBuf>,
    next: u64,
    operations: u64,
    faults: BTreeMap<u64, DiskFault>,
    is_off: bool,
    space: Option<u64>,
    fails_reads: bool,
}

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    safe: Vec<u8>,
    /// Not synced: where, and what.
    writes: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Named(PathBuf, u64),
    Gone(PathBuf),
    Renamed(PathBuf, PathBuf),
}

#[derive(Debug)]
struct OpenFile {
    disk: CrashDisk,
    number: u64,
}

#[derive(Debug)]
struct Locked(CrashDisk, PathBuf);

impl CrashDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does `fault` to the operation with this number, counted from 0: those that change something, and syncs.
    pub fn inject(&self, operation: u64, fault: DiskFault) {
        self.state().faults.insert(operation, fault);
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Whether a crash has come to pass.
    pub fn is_off(&self) -> bool {
        self.state().is_off
    }

    /// Lets every read of a file fail, or no longer.
    pub fn fail_reads(&self, fail: bool) {
        self.state().fails_reads = fail;
    }

    /// How many bytes its files may have together; no limit at first.
    pub fn limit_space(&self, bytes: Option<u64>) {
        self.state().space = bytes;
    }

    /// The disk after a loss of power: of what was not synced, any part may be there, cut at any byte.
    #[must_use]
    pub fn crash(&self, random: &mut Random) -> Self {
        let mut state = self.state();
        state.is_off = true;
        let mut names = state.safe_names.clone();
        // A journal keeps the order of names.
        let kept = random.index(state.changes.len() + 1);
        for (_, change) in &state.changes[..kept] {
            change.apply(&mut names);
        }
        state.restarted(names, |content| content.after_crash(random))
    }

    /// The disk after the process was killed: all that was written is there.
    #[must_use]
    pub fn kill(&self) -> Self {
        let mut state = self.state();
        state.is_off = true;
        let names = state.names.clone();
        state.restarted(names, |content| content.now.clone())
    }

    /// The files and their lengths, by name.
    pub fn files(&self) -> Vec<(PathBuf, usize)> {
        let state = self.state();
        state.names.iter().map(|(path, number)| (path.clone(), state.files[number].now.len())).collect()
    }

    /// Changes the bytes of a file, as a bad disk does.
    pub fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let number = state.names.get(path).copied();
        if let Some(content) = number.and_then(|number| state.files.get_mut(&number)) {
            change(&mut content.now);
            content.safe.clone_from(&content.now);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Named(path, number) => drop(names.insert(path.clone(), *number)),
            Self::Gone(path) => drop(names.remove(path)),
            Self::Renamed(from, to) => {
                if let Some(number) = names.remove(from) {
                    names.insert(to.clone(), number);
                }
            }
        }
    }
}

impl Content {
    fn after_crash(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        // Nothing, all in order but for the last, or any part.
        let mode = random.below(4);
        let whole = random.index(self.writes.len() + 1);
        for (at, (offset, written)) in self.writes.iter().enumerate() {
            let (from, to) = match mode {
                1 if at < whole => (0, written.len()),
                1 if at == whole => (0, random.index(written.len() + 1)),
                0 | 1 => continue,
                2 if random.percent(50) => continue,
                _ => {
                    let from = if random.percent(50) { 0 } else { random.index(written.len() + 1) };
                    (from, from + random.index(written.len() - from + 1))
                }
            };
            write(&mut bytes, offset + from, &written[from..to]);
        }
        bytes
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, new: &[u8]) {
    if bytes.len() < offset + new.len() {
        bytes.resize(offset + new.len(), 0);
    }
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

impl State {
    /// A disk with these names, and what `content` says is left of each file.
    fn restarted(
        &self,
        names: BTreeMap<PathBuf, u64>,
        mut content: impl FnMut(&Content) -> Vec<u8>,
    ) -> CrashDisk {
        let left = self.files.iter().map(|(number, file)| {
            let now = content(file);
            (*number, Content { safe: now.clone(), now, writes: Vec::new() })
        });
        let files = left.collect();
        let (next, space, safe_names) = (self.next, self.space, names.clone());
        let after = Self { files, names, safe_names, next, space, ..Self::default() };
        CrashDisk(Arc::new(Mutex::new(after)))
    }

    fn check(&self) -> io::Result<()> {
        if self.is_off { Err(io::Error::other("the machine is off")) } else { Ok(()) }
    }

    /// Counts an operation. `true`: it is to be cut short.
    fn operation(&mut self) -> io::Result<bool> {
        self.check()?;
        let number = self.operations;
        self.operations += 1;
        match self.faults.get(&number) {
            None => Ok(false),
            Some(DiskFault::Crash) => {
                self.is_off = true;
                self.check().map(|()| false)
            }
            Some(DiskFault::Fail(kind)) => Err((*kind).into()),
            Some(DiskFault::Short) => Ok(true),
        }
    }

    fn whole_operation(&mut self) -> io::Result<()> {
        if self.operation()? { Err(io::Error::other("a fault")) } else { Ok(()) }
    }

    fn number(&self, path: &Path) -> io::Result<u64> {
        self.check()?;
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn make(&mut self, path: &Path) -> u64 {
        self.next += 1;
        let number = self.next;
        self.files.insert(number, Content::default());
        self.change(path, NameChange::Named(path.to_path_buf(), number));
        number
    }

    fn change(&mut self, path: &Path, change: NameChange) {
        change.apply(&mut self.names);
        self.changes.push((path.parent().unwrap_or(Path::new("")).to_path_buf(), change));
    }

    fn used(&self) -> u64 {
        self.names.values().map(|number| self.files[number].now.len() as u64).sum()
    }

    fn has_room(&self, more: usize) -> bool {
        self.space.is_none_or(|space| self.used() + more as u64 <= space)
    }

    fn entry(&self, path: &Path, number: u64) -> DiskEntry {
        let identity = FileIdentity { device: 1, inode: number };
        let size = self.files[&number].now.len() as u64;
        DiskEntry { path: path.to_path_buf(), is_file: true, identity, size, modified: Duration::ZERO }
    }
}

impl Disk for CrashDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let number = self.state().number(path)?;
        Ok(Box::new(OpenFile { disk: self.clone(), number }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.open_write(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let state = self.state();
        state.check()?;
        let inside = state.names.iter().filter(|(path, _)| path.parent() == Some(folder));
        Ok(inside.map(|(path, number)| state.entry(path, *number)).collect())
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let state = self.state();
        let bytes = &state.files[&state.number(path)?].now;
        if bytes.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.clone()) }
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.whole_operation()?;
        let number = state.make(path);
        let content = Content { now: bytes.to_vec(), safe: bytes.to_vec(), writes: Vec::new() };
        state.files.insert(number, content);
        drop(state);
        self.sync_folder(path.parent().unwrap_or(Path::new("")))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.number(from)?;
        state.whole_operation()?;
        state.change(from, NameChange::Renamed(from.to_path_buf(), to.to_path_buf()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.number(path)?;
        state.whole_operation()?;
        state.change(path, NameChange::Gone(path.to_path_buf()));
        Ok(())
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        let number = match state.number(path) {
            Ok(number) => number,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                state.whole_operation()?;
                state.make(path)
            }
            Err(error) => return Err(error),
        };
        Ok(Box::new(OpenFile { disk: self.clone(), number }))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.whole_operation()?;
        let changes = std::mem::take(&mut state.changes);
        for (of, change) in changes {
            if of == folder {
                change.apply(&mut state.safe_names);
            } else {
                state.changes.push((of, change));
            }
        }
        Ok(())
    }

    fn free_space(&self, _folder: &Path) -> io::Result<u64> {
        let state = self.state();
        state.check()?;
        Ok(state.space.map_or(u64::MAX, |space| space.saturating_sub(state.used())))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        let mut state = self.state();
        state.check()?;
        if state.locks.insert(path.to_path_buf()) {
            Ok(Box::new(Locked(self.clone(), path.to_path_buf())))
        } else {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }
}

impl DiskLock for Locked {}

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.state().locks.remove(&self.1);
    }
}

impl DiskFile for OpenFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.state();
        state.check()?;
        if state.fails_reads {
            return Err(io::Error::other("a sector cannot be read"));
        }
        let bytes = &state.files[&self.number].now;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let count = into.len().min(bytes.len() - from);
        into[..count].copy_from_slice(&bytes[from..from + count]);
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_at(self.size()?, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.whole_operation()?;
        if let Some(content) = state.files.get_mut(&self.number) {
            content.safe.clone_from(&content.now);
            content.writes.clear();
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        let state = self.disk.state();
        state.check()?;
        Ok(state.files[&self.number].now.len() as u64)
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        Ok(FileIdentity { device: 1, inode: self.number })
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let is_short = state.operation()?;
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let bytes = if is_short { &bytes[..bytes.len() / 2] } else { bytes };
        let more = (offset + bytes.len()).saturating_sub(state.files[&self.number].now.len());
        if !state.has_room(more) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(content) = state.files.get_mut(&self.number) {
            write(&mut content.now, offset, bytes);
            content.writes.push((offset, bytes.to_vec()));
        }
        if is_short { Err(io::Error::other("a short write")) } else { Ok(()) }
    }

    fn allocate(&mut self, size: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.whole_operation()?;
        let size = usize::try_from(size).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let more = size.saturating_sub(state.files[&self.number].now.len());
        if !state.has_room(more) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if let Some(content) = state.files.get_mut(&self.number)
            && more > 0
        {
            content.now.resize(size, 0);
            content.writes.push((size - 1, vec![0]));
        }
        Ok(())
    }
}
