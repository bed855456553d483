use std::io;

use flowcore::base::DiskFile;

/// How much of a file's beginning is remembered.
const HEAD: usize = 256;

/// Which content a position belongs to: the file's number on its disk, and how it begins. A number alone is given
/// to the next file when a file is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileMark {
    pub(super) inode: u64,
    pub(super) head: Vec<u8>,
}

impl FileMark {
    pub(super) fn of(file: &mut dyn DiskFile) -> io::Result<Self> {
        Ok(Self { inode: file.identity()?.inode, head: read_head(file, HEAD)? })
    }

    /// Whether `file` has this content; it may have become longer.
    pub(super) fn is_of(&self, file: &mut dyn DiskFile) -> io::Result<bool> {
        Ok(file.identity()?.inode == self.inode && read_head(file, self.head.len())? == self.head)
    }
}

fn read_head(file: &mut dyn DiskFile, length: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; length];
    let end = file.fill_at(0, &mut head)?;
    head.truncate(end);
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use flowcore::base::{Disk, LocalDisk};

    use super::*;

    #[test]
    fn a_file_that_grew_is_the_same_and_one_in_its_place_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one\n").unwrap();
        let mark = FileMark::of(&mut *LocalDisk.open(&path).unwrap()).unwrap();
        let is_same = || mark.is_of(&mut *LocalDisk.open(&path).unwrap()).unwrap();
        assert!(is_same());
        fs::write(&path, "one\ntwo\n").unwrap();
        assert!(is_same());
        fs::write(&path, "One\ntwo\n").unwrap();
        assert!(!is_same(), "another content");
        fs::write(folder.path().join("b"), "one\ntwo\n").unwrap();
        fs::rename(folder.path().join("b"), &path).unwrap();
        assert!(!is_same(), "another file");
    }
}
