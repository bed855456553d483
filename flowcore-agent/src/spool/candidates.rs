use std::io;
use std::path::{Path, PathBuf};

use flowcore::base::{Disk, DiskEntry, FileIdentity};
use flowcore::ingest::pattern::Pattern;

/// Folders below each other.
const DEEPEST: usize = 64;

/// Which file is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsumeOrder {
    Oldest,
    Youngest,
    /// As the folder lists them.
    Random,
}

/// Which files of a folder are read, and in which order.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) include: Pattern,
    pub(crate) ignore: Pattern,
    /// Of files that are done.
    pub(crate) suffix: String,
    pub(crate) recursive: bool,
    pub(crate) order: ConsumeOrder,
    /// Where a file of the same name says that one is done.
    pub(crate) done_in: Option<PathBuf>,
}

impl Wanted {
    /// The files that are there, the next one last. `before` is told of each folder before it is listed.
    pub(super) fn list(
        &self,
        disk: &dyn Disk,
        root: &Path,
        before: &mut dyn FnMut(&Path),
    ) -> io::Result<Vec<DiskEntry>> {
        let above = if self.recursive { vec![disk.entry(root)?.identity] } else { Vec::new() };
        before(root);
        let mut look = Look { disk, root, before, above, files: Vec::new() };
        self.add(disk.list(root)?, &mut look);
        let mut files = look.files;
        // Java's files know milliseconds.
        let age = |entry: &DiskEntry| entry.modified.as_millis();
        match self.order {
            ConsumeOrder::Oldest => {
                files.sort_by(|a, b| (age(b), &b.path).cmp(&(age(a), &a.path)));
            }
            ConsumeOrder::Youngest => {
                files.sort_by(|a, b| age(a).cmp(&age(b)).then_with(|| b.path.cmp(&a.path)));
            }
            ConsumeOrder::Random => files.reverse(),
        }
        Ok(files)
    }

    fn add(&self, entries: Vec<DiskEntry>, look: &mut Look<'_>) {
        for entry in entries {
            let name = entry.path.file_name().unwrap_or_default().as_encoded_bytes();
            if self.passes_over(name) {
                continue;
            }
            if entry.is_file {
                let is_wanted = !self.is_done_name(name) && self.include.finds(name);
                if is_wanted && !self.is_done(&entry.path, look.disk, look.root) {
                    look.files.push(entry);
                }
            } else if self.recursive
                && look.above.len() <= DEEPEST
                // A link that leads up.
                && !look.above.contains(&entry.identity)
                // What cannot be listed, such as a socket, has no files.
                && let Ok(below) = look.list(&entry.path)
            {
                look.above.push(entry.identity);
                self.add(below, look);
                look.above.pop();
            }
        }
    }

    fn passes_over(&self, name: &[u8]) -> bool {
        name.starts_with(b".") || self.ignore.finds(name)
    }

    fn is_done_name(&self, name: &[u8]) -> bool {
        name.ends_with(self.suffix.as_bytes())
    }

    /// Whether a file to be read, or a folder with such, may have this name.
    pub(super) fn may_name(&self, name: &[u8]) -> bool {
        !self.passes_over(name) && !self.is_done_name(name) && (self.recursive || self.include.finds(name))
    }

    fn is_done(&self, path: &Path, disk: &dyn Disk, root: &Path) -> bool {
        self.done_name(path, root).is_some_and(|done| disk.entry(&done).is_ok())
    }

    /// The file that says that `path` is done.
    pub(super) fn done_name(&self, path: &Path, root: &Path) -> Option<PathBuf> {
        let folder = self.done_in.as_ref()?;
        Some(self.with_suffix(&folder.join(path.strip_prefix(root).unwrap_or(path))))
    }

    pub(super) fn with_suffix(&self, path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(&self.suffix);
        PathBuf::from(name)
    }
}

/// One look at the folder and those below it.
struct Look<'a> {
    disk: &'a dyn Disk,
    root: &'a Path,
    before: &'a mut dyn FnMut(&Path),
    above: Vec<FileIdentity>,
    files: Vec<DiskEntry>,
}

impl Look<'_> {
    fn list(&mut self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        (self.before)(folder);
        self.disk.list(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowcore::base::LocalDisk;

    #[test]
    fn links_that_lead_up_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        for link in ["one", "two", "d/up"] {
            std::os::unix::fs::symlink(root.path(), root.path().join(link)).unwrap();
        }
        std::fs::write(root.path().join("d/file"), "").unwrap();
        let wanted = Wanted {
            include: Pattern::whole("^.*$").unwrap(),
            ignore: Pattern::whole("^$").unwrap(),
            suffix: ".done".to_owned(),
            recursive: true,
            order: ConsumeOrder::Oldest,
            done_in: None,
        };
        let files = wanted.list(&LocalDisk, root.path(), &mut |_| ()).unwrap();
        assert_eq!(
            files.into_iter().map(|entry| entry.path).collect::<Vec<_>>(),
            [root.path().join("d/file")]
        );
    }
}
