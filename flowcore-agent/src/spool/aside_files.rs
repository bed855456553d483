use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Disk, DiskEntry};
use flowcore::ingest::metrics::SetAside;

use super::aside::{Aside, Wait};
use super::tracked::Saved;
use super::tracker;

/// Files set aside at the same time. Beyond them one is forgotten: it is read again, from its start.
const MOST: usize = 10_000;
/// What stands before and after a number in the names of their own files.
const NAME: (&str, &str) = (".flumespool-aside-", ".meta");

/// The files that were set aside. Of those with a position that is kept in a file of its own in the tracker's
/// folder, in the tracker's format: a restart goes on there.
#[derive(Debug)]
pub(super) struct AsideFiles {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    files: HashMap<PathBuf, Kept>,
    next: u64,
    shown: SetAside,
}

#[derive(Debug)]
struct Kept {
    aside: Aside,
    /// The number of its own file.
    number: Option<u64>,
}

impl AsideFiles {
    /// Those that an earlier run has set aside. They may be tried at once.
    pub(super) fn load(folder: &Path, disk: Arc<dyn Disk>, shown: SetAside) -> io::Result<Self> {
        shown.clear();
        let entries = match disk.list(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            listed => listed?,
        };
        let mut all = Self { folder: folder.to_path_buf(), disk, files: HashMap::new(), next: 1, shown };
        for number in entries.iter().filter_map(number_of) {
            all.next = all.next.max(number.saturating_add(1));
            match tracker::read(&*all.disk, &all.path(number))? {
                Some((file, saved)) => all.keep_loaded(file, saved, number)?,
                None => all.remove_file(number)?,
            }
        }
        Ok(all)
    }

    /// Of two about the same file the later one counts.
    fn keep_loaded(&mut self, file: PathBuf, saved: Saved, number: u64) -> io::Result<()> {
        if let Some(known) = self.files.get(&file).and_then(|kept| kept.number) {
            self.remove_file(known.min(number))?;
            if known > number {
                return Ok(());
            }
        }
        let aside = Aside::new(saved, Wait::Nothing, None, Duration::ZERO);
        self.files.insert(file, Kept { aside, number: Some(number) });
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Where to begin with a file that is there; `None` while it has to wait.
    pub(super) fn turn_of(&mut self, entry: &DiskEntry, now: Duration) -> Option<Saved> {
        let Some(kept) = self.files.get_mut(&entry.path) else { return Some(Saved::default()) };
        kept.aside.is_over(entry, now).then(|| kept.aside.saved.clone())
    }

    /// Sets a file aside, and keeps its position. Returns whether it was not.
    pub(super) fn add(&mut self, path: &Path, aside: Aside, reason: &str) -> io::Result<bool> {
        let saved = &aside.saved;
        let number = (saved.position > 0).then_some(self.next);
        if let Some(number) = number {
            self.next += 1;
            let bytes = tracker::whole(path, saved.mark.as_ref(), saved.position);
            self.disk.replace(&self.path(number), &bytes)?;
        }
        let known = self.files.insert(path.to_path_buf(), Kept { aside, number });
        self.shown.set(path.to_string_lossy(), reason);
        let is_new = known.is_none();
        if let Some(old) = known.and_then(|known| known.number) {
            self.remove_file(old)?;
        }
        if self.files.len() > MOST {
            self.forget_one(path)?;
        }
        Ok(is_new)
    }

    /// A file is done, or gone.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let Some(kept) = self.files.remove(path) else { return Ok(()) };
        self.shown.remove(&path.to_string_lossy());
        kept.number.map_or(Ok(()), |number| self.remove_file(number))
    }

    /// Forgets those that are not there any more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&Path) -> bool) -> io::Result<()> {
        let gone: Vec<PathBuf> = self.files.keys().filter(|path| !is_there(path)).cloned().collect();
        gone.iter().try_for_each(|path| self.remove(path))
    }

    /// Not `but`, and rather one that loses nothing.
    fn forget_one(&mut self, but: &Path) -> io::Result<()> {
        let others = self.files.iter().filter(|(path, _)| *path != but);
        let Some(path) = others.min_by_key(|(_, kept)| kept.number).map(|(path, _)| path.clone()) else {
            return Ok(());
        };
        tracing::warn!(path = %path.display(), most = MOST, "too many files are set aside: one is forgotten");
        self.remove(&path)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number}{}", NAME.0, NAME.1))
    }

    fn remove_file(&self, number: u64) -> io::Result<()> {
        tracker::remove(&*self.disk, &self.path(number))
    }
}

fn number_of(entry: &DiskEntry) -> Option<u64> {
    let name = entry.path.file_name()?.to_str()?;
    name.strip_prefix(NAME.0)?.strip_suffix(NAME.1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::CrashDisk;

    use super::super::mark::FileMark;
    use super::*;

    fn load(disk: &CrashDisk) -> AsideFiles {
        AsideFiles::load(Path::new("t"), Arc::new(disk.clone()), SetAside::default()).unwrap()
    }

    fn aside(position: u64) -> Aside {
        let mark = Some(FileMark { inode: 5, head: b"x".to_vec() });
        Aside::new(Saved { position, mark }, Wait::Change, None, Duration::ZERO)
    }

    fn position(all: &AsideFiles, path: &str) -> Option<u64> {
        all.files.get(Path::new(path)).map(|kept| kept.aside.saved.position)
    }

    #[test]
    fn positions_outlive_a_kill_at_every_operation() {
        for crash_at in 0.. {
            let disk = CrashDisk::new();
            disk.inject(crash_at, flowcore_testkit::DiskFault::Crash);
            let mut all = load(&disk);
            let mut done = 0;
            let steps: [fn(&mut AsideFiles) -> io::Result<()>; 4] = [
                |all| all.add(Path::new("a"), aside(7), "bad").map(drop),
                |all| all.add(Path::new("b"), aside(0), "bad").map(drop),
                |all| all.add(Path::new("a"), aside(9), "bad").map(drop),
                |all| all.remove(Path::new("a")),
            ];
            for step in steps {
                if step(&mut all).is_err() {
                    break;
                }
                done += 1;
            }
            let after = load(&disk.kill());
            let found = position(&after, "a");
            let allowed =
                [&[None, Some(7)][..], &[Some(7)], &[Some(7), Some(9)], &[Some(9), None], &[None]][done];
            assert!(allowed.contains(&found), "{found:?} after {done} steps, killed at {crash_at}");
            assert_eq!(position(&after, "b"), None, "without a position there is nothing to keep");
            if !disk.is_off() || done == 4 {
                break;
            }
        }
    }

    #[test]
    fn what_is_set_aside_is_shown_until_it_is_gone() {
        let shown = SetAside::default();
        let mut all = AsideFiles::load(Path::new("t"), Arc::new(CrashDisk::new()), shown.clone()).unwrap();
        assert!(all.add(Path::new("a"), aside(7), "bad").unwrap());
        assert!(!all.add(Path::new("a"), aside(8), "worse").unwrap());
        all.add(Path::new("b"), aside(0), "bad").unwrap();
        let listed: Vec<String> = shown.list(9).iter().map(ToString::to_string).collect();
        assert_eq!(listed, ["a: worse", "b: bad"]);
        all.retain(|path| path == Path::new("b")).unwrap();
        assert_eq!((shown.count(), position(&all, "a")), (1, None));
    }
}
