//! A disk that tells a ledger which numbers a loss of power leaves on it.

use std::io;
use std::path::Path;

use bytes::Bytes;
use flowcore::base::{Disk, DiskEntry, DiskFile, DiskLock, FileIdentity};
use flowcore::ingest::{DecodeError, Stored};
use flowcore_testkit::CrashDisk;

use super::ledger::Ledger;
use crate::agent::parts::Number;

/// Before each number: nothing else in a segment looks like it.
const MARK: &[u8; 8] = b"number: ";

impl Stored for Number {
    fn encode(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(MARK);
        into.extend_from_slice(&self.0.to_le_bytes());
    }

    fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let number = bytes.strip_prefix(MARK).and_then(|number| number.try_into().ok());
        number.map(u64::from_le_bytes).map(Self).ok_or_else(|| DecodeError::new("no number"))
    }
}

fn numbers_in(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let marked = bytes.windows(16).filter(|window| window.starts_with(MARK));
    marked.map(|window| u64::from_le_bytes(window[8..].try_into().unwrap()))
}

#[derive(Debug)]
pub(super) struct SyncedDisk {
    pub(super) disk: CrashDisk,
    pub(super) ledger: Ledger,
}

#[derive(Debug)]
struct SyncedFile {
    file: Box<dyn DiskFile>,
    unsynced: Vec<u64>,
    ledger: Ledger,
}

impl SyncedDisk {
    fn watch(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(SyncedFile { file, unsynced: Vec::new(), ledger: self.ledger.clone() })
    }
}

impl Disk for SyncedDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.disk.append(path).map(|file| self.watch(file))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        self.disk.list(folder)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.disk.read(path, limit)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.replace(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open_write(path).map(|file| self.watch(file))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        self.disk.free_space(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.disk.lock(path)
    }
}

impl DiskFile for SyncedFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write(bytes)?;
        self.unsynced.extend(numbers_in(bytes));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.ledger.synced(self.unsynced.drain(..));
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)?;
        self.unsynced.extend(numbers_in(bytes));
        Ok(())
    }

    fn allocate(&mut self, size: u64) -> io::Result<()> {
        self.file.allocate(size)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.file.truncate(size)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        self.file.identity()
    }
}
