use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowcore::base::{Disk, FileIdentity};
use notify::event::RemoveKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::announced::Announced;
use super::candidates::Wanted;

/// So many folders are watched; others are polled alone.
const MOST: usize = 1000;

/// Tells which files were put into folders. It is help only: polling goes on beneath, so nothing depends on an event
/// being there.
#[derive(Debug)]
pub(super) struct FolderWatcher {
    signal: Arc<Signal>,
    watcher: Option<RecommendedWatcher>,
    disk: Arc<dyn Disk>,
    watched: Watched,
}

#[derive(Debug, Default)]
struct Signal {
    woken: Notify,
    announced: Mutex<Announced>,
    /// A folder is gone, and its watch with it.
    folder_gone: AtomicBool,
}

impl Signal {
    fn announced(&self) -> MutexGuard<'_, Announced> {
        self.announced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &Event, wanted: &Wanted) {
        if event.kind == EventKind::Remove(RemoveKind::Folder) {
            self.folder_gone.store(true, Ordering::Relaxed);
        }
        if self.announced().add(event, wanted) {
            self.woken.notify_one();
        }
    }
}

impl FolderWatcher {
    /// Watches nothing yet; with `enabled` false, never anything.
    pub(super) fn new(enabled: bool, wanted: &Wanted, disk: Arc<dyn Disk>) -> Self {
        let signal = Arc::new(Signal::default());
        let watcher = enabled.then(|| make(&signal, wanted.clone())).flatten();
        Self { signal, watcher, disk, watched: Watched::default() }
    }

    /// Whether it can be told of files at all.
    pub(super) fn is_on(&self) -> bool {
        self.watcher.is_some()
    }

    /// What was told since the last call.
    pub(super) fn take_announced(&self) -> Announced {
        std::mem::take(&mut *self.signal.announced())
    }

    /// A folder is listed next: what comes later is told.
    pub(super) fn will_list(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        if self.signal.folder_gone.swap(false, Ordering::Relaxed) {
            self.watched.forget();
        }
        // One that is gone by now is not listed either.
        let Ok(entry) = self.disk.entry(folder) else { return };
        if !self.watched.is_new(folder, entry.identity) {
            return;
        }
        // What was there under its name before.
        let _ = watcher.unwatch(folder);
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::info!(folder = %folder.display(), %error, "cannot watch the folder: it is polled");
        }
    }

    /// All folders were listed.
    pub(super) fn has_listed(&mut self) {
        for folder in self.watched.end_look() {
            if let Some(watcher) = &mut self.watcher {
                // It is gone, most likely.
                let _ = watcher.unwatch(&folder);
            }
        }
    }

    /// Waits until something was told; for ever when nothing is watched. Safe to cancel.
    pub(super) async fn told(&self) {
        while self.signal.announced().is_nothing() {
            self.signal.woken.notified().await;
        }
    }
}

fn make(signal: &Arc<Signal>, wanted: Wanted) -> Option<RecommendedWatcher> {
    let signal = Arc::clone(signal);
    let made = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if let Ok(event) = event {
            signal.tell(&event, &wanted);
        }
    });
    made.inspect_err(|error| tracing::info!(%error, "cannot watch folders: they are polled")).ok()
}

/// Which folders are watched.
#[derive(Debug, Default)]
struct Watched {
    folders: HashMap<PathBuf, Listed>,
    /// Number of the look.
    look: u64,
    are_too_many: bool,
}

#[derive(Debug)]
struct Listed {
    identity: FileIdentity,
    look: u64,
}

impl Watched {
    /// Whether a folder that is listed is to be watched from now on.
    fn is_new(&mut self, folder: &Path, identity: FileIdentity) -> bool {
        let look = self.look;
        if let Some(known) = self.folders.get_mut(folder) {
            known.look = look;
            return std::mem::replace(&mut known.identity, identity) != identity;
        }
        if self.folders.len() >= MOST {
            if !std::mem::replace(&mut self.are_too_many, true) {
                tracing::info!(folder = %folder.display(), "{MOST} folders are watched: others are polled");
            }
            return false;
        }
        self.folders.insert(folder.to_path_buf(), Listed { identity, look });
        true
    }

    /// Those that were not listed are watched no more.
    fn end_look(&mut self) -> Vec<PathBuf> {
        let look = self.look;
        self.look += 1;
        let gone = self.folders.extract_if(|_, listed| listed.look < look);
        gone.map(|(folder, _)| folder).collect()
    }

    /// Nothing is known of any.
    fn forget(&mut self) {
        self.folders.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flowcore::base::LocalDisk;
    use flowcore::ingest::pattern::Pattern;
    use flowcore_testkit::within;

    use super::super::candidates::ConsumeOrder;
    use super::*;

    const ONE: FileIdentity = FileIdentity { device: 1, inode: 1 };
    const TWO: FileIdentity = FileIdentity { device: 1, inode: 2 };

    #[test]
    fn a_folder_is_watched_once_and_again_when_another_one_has_its_name() {
        let mut watched = Watched::default();
        let (a, b) = (Path::new("a"), Path::new("a/b"));
        assert!(watched.is_new(a, ONE) && watched.is_new(b, TWO));
        assert!(watched.end_look().is_empty());
        assert!(!watched.is_new(a, ONE));
        assert_eq!(watched.end_look(), [b]);
        assert!(!watched.is_new(a, ONE) && watched.is_new(b, TWO) && watched.is_new(b, ONE));
        watched.forget();
        assert!(watched.is_new(a, ONE));
    }

    #[test]
    fn no_more_folders_are_watched_than_may_be_and_one_that_goes_makes_room() {
        let mut watched = Watched::default();
        let folder = |at: usize| PathBuf::from(at.to_string());
        let new = |watched: &mut Watched| (0..=MOST).filter(|at| watched.is_new(&folder(*at), ONE)).count();
        assert_eq!((new(&mut watched), new(&mut watched)), (MOST, 0));
        watched.end_look();
        for at in 1..MOST {
            assert!(!watched.is_new(&folder(at), ONE));
        }
        assert_eq!(watched.end_look(), [folder(0)]);
        assert!(watched.is_new(&folder(MOST), ONE));
    }

    #[tokio::test]
    async fn a_file_is_told_of_when_it_is_closed_or_moved_here() {
        let folder = tempfile::tempdir().unwrap();
        let (root, aside) = (folder.path().join("in"), folder.path().join("b"));
        std::fs::create_dir(&root).unwrap();
        let wanted = Wanted {
            include: Pattern::whole("^.*$").unwrap(),
            ignore: Pattern::whole("^$").unwrap(),
            suffix: ".done".to_owned(),
            recursive: false,
            order: ConsumeOrder::Oldest,
            done_in: None,
        };
        let mut watcher = FolderWatcher::new(true, &wanted, Arc::new(LocalDisk));
        watcher.will_list(&root);
        let mut file = std::fs::File::create(root.join("a")).unwrap();
        file.write_all(b"1").unwrap();
        std::fs::write(&aside, "1").unwrap();
        std::fs::rename(aside, root.join("b")).unwrap();
        within(watcher.told()).await;
        // In this order: one that is open is told of by nobody.
        let told = watcher.take_announced();
        assert!(told.names(&root.join("b"), &root) && !told.names(&root.join("a"), &root));
        drop(file);
        within(watcher.told()).await;
        assert!(watcher.take_announced().names(&root.join("a"), &root));
    }
}
