use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::pattern::FilePattern;

/// Wakes the source when something happens in its folders. It is help only: polling goes on beneath, so
/// nothing depends on an event being there.
#[derive(Debug)]
pub(super) struct FolderWatcher {
    signal: Arc<Signal>,
    watcher: Option<RecommendedWatcher>,
    watched: HashSet<PathBuf>,
}

#[derive(Debug, Default)]
struct Signal {
    woken: Notify,
    /// Names changed, not only content.
    names: AtomicBool,
}

impl FolderWatcher {
    /// Watches nothing yet; with `enabled` false, never anything.
    pub(super) fn new(enabled: bool, patterns: Vec<FilePattern>) -> Self {
        let signal = Arc::new(Signal::default());
        let watcher = enabled.then(|| make(Arc::clone(&signal), patterns)).flatten();
        Self { signal, watcher, watched: HashSet::new() }
    }

    /// Watches the folders that are there and were not watched.
    pub(super) fn watch<'a>(&mut self, folders: impl IntoIterator<Item = &'a Path>) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in folders {
            if self.watched.contains(folder) {
                continue;
            }
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(folder.to_path_buf())),
                // It may appear; polling sees it, and then it is tried again.
                Err(error) if is_missing(&error) => {}
                Err(error) => {
                    tracing::info!(folder = %folder.display(), %error, "cannot watch the folder: it is polled");
                    self.watched.insert(folder.to_path_buf());
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
        if !concerns(&event, &patterns) {
            return;
        }
        if !matches!(event.kind, EventKind::Modify(notify::event::ModifyKind::Data(_))) {
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
