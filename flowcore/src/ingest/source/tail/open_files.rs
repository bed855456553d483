use std::io;
use std::time::Duration;

use rustix::io::Errno;

use super::tracked_file::TrackedFile;

/// After the system gave out no more files, so long fewer are open.
const CAUTIOUS: Duration = Duration::from_mins(1);

/// How many files are open at the same time, and which make room for others.
#[derive(Debug)]
pub(super) struct OpenFiles {
    most: usize,
    /// The system gave out no more: fewer, until then.
    lowered: Option<(usize, Duration)>,
}

impl OpenFiles {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), lowered: None }
    }

    pub(super) fn look(&mut self, now: Duration) {
        self.lowered = self.lowered.filter(|(_, until)| now < *until);
    }

    fn most(&self) -> usize {
        self.lowered.map_or(self.most, |(most, _)| most)
    }

    /// How many more may be opened beside those that are.
    pub(super) fn room(&self, files: &[TrackedFile]) -> usize {
        self.most().saturating_sub(open(files))
    }

    /// Opening a file failed: whether the system has no more of them. Then some are left to others.
    pub(super) fn is_exhausted(&mut self, error: &io::Error, files: &[TrackedFile], now: Duration) -> bool {
        if !matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE)) {
            return false;
        }
        let most = (open(files) / 4 * 3).max(1);
        if self.lowered.replace((most, now + CAUTIOUS)).is_none() {
            tracing::warn!(%error, open = most, "fewer files are open at a time, and followed in turn");
        }
        true
    }

    /// Who makes room for `wanted` files more: those of which all was read, and of these the ones where
    /// nothing came for longest. One that waits for the end of a line is the last to go.
    pub(super) fn leaving(&self, files: &[TrackedFile], wanted: usize) -> Vec<u64> {
        let most = self.most();
        let many = (open(files) + wanted.min(most)).saturating_sub(most);
        if many == 0 {
            return Vec::new();
        }
        let mut read: Vec<_> = files.iter().filter(|file| file.is_read()).collect();
        read.sort_by_key(|file| (file.has_held(), file.grown()));
        read.iter().take(many).map(|file| file.id).collect()
    }
}

fn open(files: &[TrackedFile]) -> usize {
    files.iter().filter(|file| file.is_open()).count()
}
