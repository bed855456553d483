use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::pattern::FilePattern;
use crate::base::{Disk, FileIdentity, LocalDisk};

/// Wakes the source when something happens in its folders. It is help only: polling goes on beneath, so
/// nothing depends on an event being there.
#[derive(Debug)]
pub(super) struct FolderWatcher {
    signal: Arc<Signal>,
    watcher: Option<RecommendedWatcher>,
}

#[derive(Debug, Default)]
struct Signal {
    woken: Notify,
    /// Names changed, not only content.
    names: AtomicBool,
    watched: Mutex<Watched>,
}

impl FolderWatcher {
    /// Watches nothing yet; with `enabled` false, never anything.
    pub(super) fn new(enabled: bool, patterns: Vec<FilePattern>) -> Self {
        let signal = Arc::new(Signal::default());
        let watcher = enabled.then(|| make(Arc::clone(&signal), patterns)).flatten();
        Self { signal, watcher }
    }

    /// Watches those of these folders that are there, and no others; one that was made anew, again.
    pub(super) fn watch<'a>(&mut self, folders: impl IntoIterator<Item = &'a Path>) {
        let Some(watcher) = &mut self.watcher else { return };
        let there = folders.into_iter().filter_map(identify).collect();
        // The lock is not held meanwhile: the watcher may be telling of something that needs it.
        let Change { gone, new } = self.signal.watched().change_to(there);
        for folder in gone {
            // Its watch went with it, most likely.
            let _ = watcher.unwatch(&folder);
        }
        for folder in new {
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // It may appear; polling sees it, and then it is tried again.
                Err(error) if is_missing(&error) => drop(self.signal.watched().lose(&folder)),
                Err(error) => {
                    tracing::info!(folder = %folder.display(), %error, "cannot watch the folder: it is polled");
                }
            }
        }
    }

    /// Waits until something happened; for ever when nothing is watched. Safe to cancel.
    pub(super) async fn woken(&self) {
        self.signal.woken.notified().await;
    }

    /// Whether names changed since the last call.
    pub(super) fn take_names_changed(&self) -> bool {
        self.signal.names.swap(false, Ordering::Relaxed)
    }
}

impl Signal {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a folder that is watched went, and its watch with it.
    fn loses_folder(&self, event: &Event) -> bool {
        let goes = matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        goes && event.paths.iter().filter(|path| self.watched().lose(path)).count() > 0
    }
}

/// Which folders are watched, by absolute paths.
#[derive(Debug, Default)]
struct Watched(HashMap<PathBuf, FileIdentity>);

/// Folders to watch no more, then folders to watch from now on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    gone: Vec<PathBuf>,
    new: Vec<PathBuf>,
}

impl Watched {
    fn change_to(&mut self, there: HashMap<PathBuf, FileIdentity>) -> Change {
        let before = std::mem::replace(&mut self.0, there);
        let (before, now) = (&before, &self.0);
        Change { gone: missing(before, now), new: missing(now, before) }
    }

    /// Returns whether it was watched.
    fn lose(&mut self, folder: &Path) -> bool {
        self.0.remove(folder).is_some()
    }
}

/// Those of `some` that are not, as the same folder, in `others`.
fn missing(some: &HashMap<PathBuf, FileIdentity>, others: &HashMap<PathBuf, FileIdentity>) -> Vec<PathBuf> {
    let missing = some.iter().filter(|(folder, identity)| others.get(*folder) != Some(identity));
    missing.map(|(folder, _)| folder.clone()).collect()
}

/// A folder that is there. One that was removed and made again may have the same identity.
fn identify(folder: &Path) -> Option<(PathBuf, FileIdentity)> {
    let folder = std::path::absolute(folder).ok()?;
    let identity = LocalDisk.entry(&folder).ok()?.identity;
    Some((folder, identity))
}

fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(cause) => cause.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn make(signal: Arc<Signal>, patterns: Vec<FilePattern>) -> Option<RecommendedWatcher> {
    let handler = move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        let loses_folder = signal.loses_folder(&event);
        if !loses_folder && !concerns(&event, &patterns) {
            return;
        }
        if !matches!(event.kind, EventKind::Modify(ModifyKind::Data(_))) {
            signal.names.store(true, Ordering::Relaxed);
        }
        signal.woken.notify_one();
    };
    match notify::recommended_watcher(handler) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::info!(%error, "cannot watch folders: they are polled");
            None
        }
    }
}

/// Our own opening and listing makes events too, and others write beside the files we follow.
fn concerns(event: &Event, patterns: &[FilePattern]) -> bool {
    let names = || event.paths.iter().filter_map(|path| path.file_name());
    !matches!(event.kind, EventKind::Access(_))
        && (event.need_rescan() || names().any(|name| patterns.iter().any(|pattern| pattern.matches(name))))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use flowcore_testkit::within;

    use super::*;

    const ONE: FileIdentity = FileIdentity { device: 1, inode: 1 };
    const TWO: FileIdentity = FileIdentity { device: 1, inode: 2 };

    #[test]
    fn a_folder_is_watched_once_and_again_when_it_went_or_is_another_one() {
        let mut watched = Watched::default();
        let a = PathBuf::from("/a");
        let to = |identity| HashMap::from([(PathBuf::from("/a"), identity)]);
        assert_eq!(watched.change_to(to(ONE)), Change { gone: vec![], new: vec![a.clone()] });
        assert_eq!(watched.change_to(to(ONE)), Change::default());
        assert_eq!(watched.change_to(to(TWO)), Change { gone: vec![a.clone()], new: vec![a.clone()] });
        assert!(watched.lose(&a) && !watched.lose(&a));
        assert_eq!(watched.change_to(to(TWO)), Change { gone: vec![], new: vec![a.clone()] });
        assert_eq!(watched.change_to(HashMap::new()), Change { gone: vec![a], new: vec![] });
    }

    /// A watcher of `logs/web` in a folder, after its first look.
    fn watching(root: &Path) -> (FolderWatcher, PathBuf) {
        let folder = root.join("logs/web");
        fs::create_dir_all(&folder).unwrap();
        let pattern = FilePattern::wildcard(folder.join("*.log")).unwrap();
        let mut watcher = FolderWatcher::new(true, vec![pattern]);
        watcher.watch([&*folder]);
        (watcher, folder)
    }

    #[tokio::test]
    async fn a_folder_that_is_removed_wakes_and_is_watched_again_when_it_is_there_again() {
        let root = tempfile::tempdir().unwrap();
        let (mut watcher, folder) = watching(root.path());
        // It is empty: this is told of once.
        fs::remove_dir(&folder).unwrap();
        within(watcher.woken()).await;
        assert!(watcher.take_names_changed());
        fs::create_dir(&folder).unwrap();
        watcher.watch([&*folder]);
        fs::create_dir(folder.join("a.log")).unwrap();
        within(watcher.woken()).await;
    }

    #[tokio::test]
    async fn a_folder_in_the_place_of_one_that_was_moved_away_is_watched() {
        let root = tempfile::tempdir().unwrap();
        let (mut watcher, folder) = watching(root.path());
        // Nobody tells of this: it is another folder that gets another name.
        fs::rename(root.path().join("logs"), root.path().join("old")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        watcher.watch([&*folder]);
        fs::create_dir(folder.join("a.log")).unwrap();
        within(watcher.woken()).await;
    }
}
