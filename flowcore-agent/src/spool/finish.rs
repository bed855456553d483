//! What becomes of a file when all of it is delivered.

use std::path::{Path, PathBuf};

use flowcore::base::{Disk, DiskEntry};

use super::error::FileProblem;
use super::options::{Done, SpoolOptions};

/// Renames, removes or notes the file that was `before` when it was opened.
pub(super) fn finish(before: &DiskEntry, options: &SpoolOptions) -> Result<(), FileProblem> {
    let (disk, path) = (&*options.disk, &*before.path);
    is_as_it_was(before, disk)?;
    let Some(target) = options.done.name(path, options) else {
        return disk.remove(path).map_err(FileProblem::Finish);
    };
    if disk.entry(&target).is_ok() {
        return Err(FileProblem::Reused { done: target });
    }
    let finished = match options.done {
        Done::Track => disk.replace(&target, b""),
        Done::Rename | Done::Remove => disk.rename(path, &target),
    };
    finished.map_err(FileProblem::Finish)
}

fn is_as_it_was(before: &DiskEntry, disk: &dyn Disk) -> Result<(), FileProblem> {
    let now = disk.entry(&before.path).map_err(FileProblem::Finish)?;
    if now.size != before.size {
        return Err(FileProblem::Resized);
    }
    if now.modified != before.modified || now.identity != before.identity {
        return Err(FileProblem::Modified);
    }
    Ok(())
}

impl Done {
    /// The file that is to be there then.
    fn name(self, path: &Path, options: &SpoolOptions) -> Option<PathBuf> {
        match self {
            Self::Remove => None,
            Self::Rename => Some(options.wanted.with_suffix(path)),
            Self::Track => options.wanted.done_name(path, &options.folder),
        }
    }
}
