use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Wakes who follows files when something happens to one of them. It is help only: they are polled beneath.
pub(super) struct FileWatcher {
    woken: Arc<Notify>,
    /// Watches as long as it is there.
    _watcher: Option<RecommendedWatcher>,
}

impl FileWatcher {
    /// Watches the folders of `files`: a file that is replaced by another is not watched itself.
    pub(super) fn new<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        let woken = Arc::new(Notify::new());
        let (mut folders, mut names) = (BTreeSet::new(), BTreeSet::new());
        for path in files.flat_map(steps) {
            folders.insert(folder_of(&path));
            names.extend(path.file_name().map(OsString::from));
        }
        let watcher = if folders.is_empty() { None } else { watcher(&folders, names, &woken) };
        Self { woken, _watcher: watcher }
    }

    /// Waits until something happened. Safe to cancel.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }
}

/// The file; each link in its path, which may be moved; and where the file's links lead.
fn steps(file: &Path) -> Vec<PathBuf> {
    /// As many links as Linux follows, and no more.
    const LINKS: usize = 40;
    let (mut steps, mut next) = (Vec::new(), Some(file.to_owned()));
    while let Some(path) = next.take().filter(|_| steps.len() < LINKS) {
        let links = path.ancestors().skip(1).filter(|folder| folder.is_symlink());
        steps.extend(links.map(Path::to_owned));
        next = path.read_link().ok().map(|target| folder_of(&path).join(target));
        steps.push(path);
    }
    steps
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn watcher(
    folders: &BTreeSet<PathBuf>,
    names: BTreeSet<OsString>,
    woken: &Arc<Notify>,
) -> Option<RecommendedWatcher> {
    let woken = Arc::clone(woken);
    let handler = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| concerns(&event, &names)) {
            woken.notify_one();
        }
    };
    let made = notify::recommended_watcher(handler).and_then(|mut watcher| {
        folders.iter().try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
        Ok(watcher)
    });
    made.inspect_err(|error| tracing::info!(%error, "cannot watch the configuration: it is polled")).ok()
}

/// Folders that a cluster mounts change by a link whose name begins with two dots.
fn concerns(event: &Event, files: &BTreeSet<OsString>) -> bool {
    let mut names = event.paths.iter().filter_map(|path| path.file_name());
    !matches!(event.kind, EventKind::Access(_))
        && (event.need_rescan()
            || names.any(|name| files.contains(name) || name.as_encoded_bytes().starts_with(b"..")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_on_the_way_to_a_file_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("v1")).unwrap();
        std::fs::write(at("v1/flume.conf"), "").unwrap();
        symlink("v1", at("current")).unwrap();
        symlink("current/flume.conf", at("my.conf")).unwrap();
        let expected = [at("my.conf"), at("current"), at("current/flume.conf")];
        assert_eq!(steps(&at("my.conf")), expected);
        symlink("circle", at("circle")).unwrap();
        assert!(steps(&at("circle")).len() <= 40);
        assert_eq!(steps(Path::new("flume.conf")), [Path::new("flume.conf")]);
    }
}
