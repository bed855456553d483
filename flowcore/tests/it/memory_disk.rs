//! A disk in memory. It gives the identity of a removed file to the next new one as soon as it may.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Disk, DiskEntry, DiskFile, FileIdentity};

#[derive(Debug, Default)]
pub(crate) struct MemoryDisk(Mutex<BTreeMap<PathBuf, Node>>, Mutex<Vec<std::sync::Weak<Inode>>>);

type Node = Arc<Inode>;

#[derive(Debug)]
struct Inode {
    number: u64,
    bytes: Mutex<Vec<u8>>,
}

#[derive(Debug)]
struct OpenFile(Node);

impl MemoryDisk {
    /// The smallest number that neither a name nor an open file has.
    fn new_node(&self) -> Node {
        let mut all = self.1.lock().unwrap();
        all.retain(|inode| inode.strong_count() > 0);
        let used: Vec<u64> = all.iter().filter_map(|inode| Some(inode.upgrade()?.number)).collect();
        let number = (1..=used.len() as u64 + 1).find(|number| !used.contains(number)).unwrap();
        let node = Arc::new(Inode { number, bytes: Mutex::default() });
        all.push(Arc::downgrade(&node));
        node
    }

    fn node(&self, path: &Path) -> io::Result<Node> {
        self.0.lock().unwrap().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) {
        self.append(path).unwrap().write(bytes).unwrap();
    }

    pub(crate) fn truncate(&self, path: &Path) {
        self.node(path).unwrap().bytes.lock().unwrap().clear();
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenFile(self.node(path)?)))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let node = match self.node(path) {
            Ok(node) => node,
            Err(_) => self.new_node(),
        };
        self.0.lock().unwrap().insert(path.to_path_buf(), Arc::clone(&node));
        Ok(Box::new(OpenFile(node)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        let files = self.0.lock().unwrap();
        let inside = files.iter().filter(|(path, _)| path.parent() == Some(folder));
        let entries = inside.map(|(path, node)| DiskEntry {
            path: path.clone(),
            is_file: true,
            identity: FileIdentity { device: 1, inode: node.number },
            size: node.bytes.lock().unwrap().len() as u64,
            modified: Duration::ZERO,
        });
        Ok(entries.collect())
    }

    fn read(&self, path: &Path, _limit: u64) -> io::Result<Vec<u8>> {
        Ok(self.node(path)?.bytes.lock().unwrap().clone())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let node = self.new_node();
        *node.bytes.lock().unwrap() = bytes.to_vec();
        self.0.lock().unwrap().insert(path.to_path_buf(), node);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.0.lock().unwrap();
        let node = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_path_buf(), node);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl DiskFile for OpenFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.bytes.lock().unwrap();
        let from = usize::try_from(offset).unwrap().min(bytes.len());
        let count = into.len().min(bytes.len() - from);
        into[..count].copy_from_slice(&bytes[from..from + count]);
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.bytes.lock().unwrap().len() as u64)
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        Ok(FileIdentity { device: 1, inode: self.0.number })
    }
}
