use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Disk, DiskEntry};

/// A folder's time of change may be so coarse that a second change within it cannot be seen.
const COARSE: Duration = Duration::from_secs(2);

/// Lists folders; again only when one has changed, if that was asked for.
#[derive(Debug)]
pub(super) struct Folders {
    disk: Arc<dyn Disk>,
    known: Option<HashMap<PathBuf, Known>>,
    now: Duration,
}

#[derive(Debug)]
struct Known {
    modified: Duration,
    /// When it was seen first with this time of change, listed last, and asked for last.
    since: Duration,
    listed: Duration,
    asked: Duration,
    entries: Arc<[DiskEntry]>,
}

impl Folders {
    pub(super) fn new(disk: Arc<dyn Disk>, remember: bool) -> Self {
        Self { disk, known: remember.then(HashMap::new), now: Duration::ZERO }
    }

    /// A new look at all of them, at `now`. Folders that the last one did not ask for are forgotten.
    pub(super) fn look(&mut self, now: Duration) {
        let last = self.now;
        self.now = now;
        if let Some(known) = &mut self.known {
            known.retain(|_, folder| folder.asked >= last);
        }
    }

    /// What is in a folder. Sizes are those of when it was listed.
    pub(super) fn list(&mut self, folder: &Path) -> io::Result<Arc<[DiskEntry]>> {
        let modified = self.modified(folder);
        let Self { disk, known: Some(known), now } = self else { return self.list_anew(folder) };
        let Some(modified) = modified else { return Ok(disk.list(folder)?.into()) };
        let before = known.get_mut(folder).filter(|known| known.modified == modified);
        let since = before.as_ref().map_or(*now, |known| known.since);
        if let Some(known) = before
            && known.listed >= known.since + COARSE
        {
            known.asked = *now;
            return Ok(Arc::clone(&known.entries));
        }
        let entries: Arc<[DiskEntry]> = disk.list(folder)?.into();
        let seen = Known { modified, since, listed: *now, asked: *now, entries: Arc::clone(&entries) };
        known.insert(folder.to_path_buf(), seen);
        Ok(entries)
    }

    fn list_anew(&self, folder: &Path) -> io::Result<Arc<[DiskEntry]>> {
        Ok(self.disk.list(folder)?.into())
    }

    /// When names in it changed last, if anybody wants to know and the disk does.
    fn modified(&self, folder: &Path) -> Option<Duration> {
        self.known.as_ref()?;
        let modified = self.disk.entry(folder).ok()?.modified;
        (!modified.is_zero()).then_some(modified)
    }
}
