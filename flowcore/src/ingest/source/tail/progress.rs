use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::commits::Commits;
use super::tracked_file::TrackedFile;
use crate::base::FileIdentity;

/// How far a [`TailSource`](super::TailSource) is, to be asked from outside at any time. Cheap to clone.
///
/// Keep a clone before the source is handed to its agent; see
/// [`TailSource::with_progress`](super::TailSource::with_progress) for one that survives a restart.
#[derive(Debug, Clone, Default)]
pub struct TailProgress(Arc<Mutex<State>>);

/// How far one file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProgress {
    /// Its name when it was last looked at.
    pub path: PathBuf,
    /// Which file.
    pub file: FileIdentity,
    /// Bytes from the file's start that were put into the channel.
    pub read: u64,
    /// Bytes from the file's start that are delivered, and all before them.
    pub committed: u64,
    /// Lines from the file's start that were put into the channel.
    pub lines: u64,
    /// Lines from the file's start that are delivered, and all before them.
    pub committed_lines: u64,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, FileProgress>,
    lines: u64,
    long_lines: u64,
    at_end: bool,
    looked: bool,
}

impl FileProgress {
    pub(super) fn of(file: &TrackedFile, commits: &Commits) -> Self {
        let (read, committed) = (file.position(), commits.committed(file.id).unwrap_or_default());
        Self {
            path: file.path.to_path_buf(),
            file: file.identity,
            read: read.offset,
            lines: read.lines,
            committed: committed.offset,
            committed_lines: committed.lines,
        }
    }
}

impl TailProgress {
    /// The files that are followed now.
    pub fn files(&self) -> Vec<FileProgress> {
        self.state().files.values().cloned().collect()
    }

    /// Lines put into the channel in all, by every run that shared this handle.
    pub fn lines(&self) -> u64 {
        self.state().lines
    }

    /// Lines longer than the limit, delivered in part or skipped.
    pub fn long_lines(&self) -> u64 {
        self.state().long_lines
    }

    /// Whether nothing was left to read at the last try.
    pub fn is_at_end(&self) -> bool {
        self.state().at_end
    }

    /// Whether nothing was left to read at the last try, and all of it is delivered.
    pub fn is_committed(&self) -> bool {
        let state = self.state();
        state.at_end && state.files.values().all(|file| file.committed == file.read)
    }

    pub(super) fn forget_files(&self) {
        let mut state = self.state();
        state.files.clear();
        state.at_end = false;
    }

    /// Whether files were looked for, by any run, and what was skipped of them is saved.
    pub(super) fn has_looked(&self) -> bool {
        self.state().looked
    }

    pub(super) fn set_looked(&self) {
        self.state().looked = true;
    }

    pub(super) fn set_at_end(&self, at_end: bool) {
        self.state().at_end = at_end;
    }

    pub(super) fn add(&self, lines: usize, long_lines: u64) {
        let mut state = self.state();
        state.lines += lines as u64;
        state.long_lines += long_lines;
    }

    pub(super) fn set(&self, id: u64, file: FileProgress) {
        self.state().files.insert(id, file);
    }

    pub(super) fn update(&self, id: u64, change: impl FnOnce(&mut FileProgress)) {
        if let Some(file) = self.state().files.get_mut(&id) {
            change(file);
        }
    }

    pub(super) fn remove(&self, id: u64) {
        self.state().files.remove(&id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
