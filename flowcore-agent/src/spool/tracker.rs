use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::{Disk, DiskFile};

use super::mark::FileMark;
use super::tracked::{Saved, Tracked, block, header};

/// The name of the tracker's file.
const NAME: &str = ".flumespool-main.meta";
/// A larger file is written anew, and one beyond the second is none of ours or Flume's.
const LARGEST: u64 = 256 << 10;
const UNREADABLE: u64 = 256 << 20;

/// Keeps in Flume's [file](super::tracked) how far the file at hand is delivered.
#[derive(Debug)]
pub(super) struct Tracker {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    target: PathBuf,
    file: Box<dyn DiskFile>,
    size: u64,
}

impl Tracker {
    pub(super) fn new(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        Self { path: folder.join(NAME), disk, open: None }
    }

    /// The file that an earlier run had at hand. Nothing if what it wrote is damaged.
    pub(super) fn read(&self) -> io::Result<Option<(PathBuf, Saved)>> {
        read(&*self.disk, &self.path)
    }

    /// Notes that all before `offset` is delivered.
    pub(super) fn store(&mut self, target: &Path, mark: Option<&FileMark>, offset: u64) -> io::Result<()> {
        if let Some(open) = &mut self.open
            && open.target == target
            && open.size < LARGEST
        {
            // One write: half of it is not read.
            let block = block(offset);
            let written = open.file.write(&block);
            open.size += block.len() as u64;
            if written.is_err() {
                // What follows half a block is not read.
                self.open = None;
            }
            return written;
        }
        self.open = None;
        let bytes = whole(target, mark, offset);
        self.disk.replace(&self.path, &bytes)?;
        let file = self.disk.append(&self.path)?;
        self.open = Some(Open { target: target.to_path_buf(), file, size: bytes.len() as u64 });
        Ok(())
    }

    /// No file is at hand.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.open = None;
        remove(&*self.disk, &self.path)
    }
}

/// What a file of this kind says; nothing if there is none, or none that can be read.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> io::Result<Option<(PathBuf, Saved)>> {
    let bytes = match disk.read(path, UNREADABLE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let tracked = Tracked::read(&bytes);
    if tracked.is_none() && !bytes.is_empty() {
        tracing::warn!(path = %path.display(), "the tracker's file is damaged: its file is read from its start");
    }
    Ok(tracked.and_then(|tracked| Some((tracked.path()?, tracked.saved))))
}

/// Such a file with one position in it.
pub(super) fn whole(target: &Path, mark: Option<&FileMark>, position: u64) -> Vec<u8> {
    let mut bytes = header(target, mark);
    bytes.extend(block(position));
    bytes
}

/// Removes such a file, if it is there.
pub(super) fn remove(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
