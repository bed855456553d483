//! One life of a source: every operation of its disk is counted, and one of them may be the last.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flowcore::base::{Disk, DiskEntry, DiskFile, FileIdentity};

/// What happens at an operation. A write has done half of its work by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It and all later ones do nothing.
    Death,
    /// It fails; the next one works.
    Error,
}

#[derive(Debug, Clone)]
pub(crate) struct Life(Arc<State>);

#[derive(Debug)]
struct State {
    disk: Arc<dyn Disk>,
    operations: AtomicU64,
    fault: Option<(u64, Fault)>,
    is_over: AtomicBool,
}

#[derive(Debug)]
struct LifeFile {
    life: Life,
    file: Box<dyn DiskFile>,
}

impl Life {
    /// With a fault at the operation of this number, counted from 0.
    pub(crate) fn new(disk: Arc<dyn Disk>, fault: Option<(u64, Fault)>) -> Self {
        let (operations, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        Self(Arc::new(State { disk, operations, fault, is_over }))
    }

    pub(crate) fn end(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }

    /// Whether the fault is the end.
    pub(crate) fn ends(&self) -> bool {
        self.0.fault.is_some_and(|(_, fault)| fault == Fault::Death)
    }

    /// Whether the fault has come to pass.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.fault.is_some_and(|(at, _)| self.0.operations.load(Ordering::SeqCst) > at)
    }

    fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::SeqCst)
    }

    fn step(&self) -> io::Result<&dyn Disk> {
        if self.is_over() {
            return Err(io::Error::other("the machine is off"));
        }
        let number = self.0.operations.fetch_add(1, Ordering::SeqCst);
        match self.0.fault {
            Some((at, fault)) if at == number => {
                if fault == Fault::Death {
                    self.end();
                }
                Err(io::Error::other("a fault"))
            }
            _ => Ok(&*self.0.disk),
        }
    }
}

impl Disk for Life {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.step()?.open(path)?;
        Ok(Box::new(LifeFile { life: self.clone(), file }))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.step()?.append(path)?;
        Ok(Box::new(LifeFile { life: self.clone(), file }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        self.step()?.list(folder)
    }

    fn entry(&self, path: &Path) -> io::Result<DiskEntry> {
        self.step()?.entry(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.step()?.read(path, limit)
    }

    /// In the steps of a local disk.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut name = path.file_name().unwrap().to_os_string();
        name.push(".new");
        let beside = path.with_file_name(name);
        let _ = self.0.disk.remove(&beside);
        let mut file = self.append(&beside)?;
        file.write(bytes)?;
        file.sync()?;
        self.rename(&beside, path)?;
        match self.step()?.sync_folder(path.parent().unwrap()) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
            end => end,
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?.remove(path)
    }
}

impl DiskFile for LifeFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.life.step()?;
        self.file.read_at(offset, into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let was_over = self.life.is_over();
        if let Err(error) = self.life.step() {
            let done = if was_over { 0 } else { bytes.len() / 2 };
            self.file.write(&bytes[..done])?;
            return Err(error);
        }
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.life.step()?;
        self.file.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.life.step()?;
        self.file.size()
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        self.life.step()?;
        self.file.identity()
    }
}
