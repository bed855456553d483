use std::time::Duration;

use flowcore::base::{DiskEntry, FileIdentity};

use super::error::FileProblem;
use super::tracked::Saved;

const QUIET: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_mins(1);

/// A file that has to wait, and for what.
#[derive(Debug, Clone)]
pub(super) struct Aside {
    /// Where to go on.
    pub(super) saved: Saved,
    pub(super) wait: Wait,
    /// What it was when it was set aside, when it was seen last, and since when it is so.
    first: Stamp,
    seen: Stamp,
    since: Duration,
}

/// What of a file shows that it changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stamp {
    identity: Option<FileIdentity>,
    size: u64,
    modified: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Its writer is to leave it.
    Quiet,
    /// It is to change: as it is, it cannot be read.
    Change,
    /// Something around it is to change.
    Minute,
    /// Nothing: an earlier run has set it aside, and perhaps somebody has helped meanwhile.
    Nothing,
}

impl Wait {
    pub(super) fn because_of(problem: &FileProblem) -> Self {
        match problem {
            FileProblem::Modified | FileProblem::Resized => Self::Quiet,
            FileProblem::Content(_) | FileProblem::TooLarge { .. } => Self::Change,
            FileProblem::Reused { .. } | FileProblem::Finish(_) | FileProblem::Open(_) => Self::Minute,
        }
    }
}

impl Aside {
    /// `entry` is what the file is now, if that can be said.
    pub(super) fn new(saved: Saved, wait: Wait, entry: Option<&DiskEntry>, now: Duration) -> Self {
        let stamp = entry.map(Stamp::of).unwrap_or_default();
        Self { saved, wait, first: stamp, seen: stamp, since: now }
    }

    /// Whether the file may be tried again.
    pub(super) fn is_over(&mut self, entry: &DiskEntry, now: Duration) -> bool {
        let stamp = Stamp::of(entry);
        if self.seen != stamp {
            (self.seen, self.since) = (stamp, now);
        }
        let waited = now.saturating_sub(self.since);
        match self.wait {
            Wait::Quiet => waited >= QUIET,
            Wait::Change => self.seen != self.first && waited >= QUIET,
            Wait::Minute => waited >= MINUTE,
            Wait::Nothing => true,
        }
    }
}

impl Stamp {
    fn of(entry: &DiskEntry) -> Self {
        Self { identity: Some(entry.identity), size: entry.size, modified: entry.modified }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_file_that_was_set_aside_is_tried_again_when_what_it_waits_for_is_there() {
        let second = Duration::from_secs;
        let entry = |size| DiskEntry {
            path: PathBuf::from("a"),
            is_file: true,
            identity: FileIdentity { device: 1, inode: 1 },
            size,
            modified: second(1),
        };
        let aside = |wait| Aside::new(Saved::default(), wait, Some(&entry(5)), second(10));
        let mut quiet = aside(Wait::Quiet);
        assert!(!quiet.is_over(&entry(5), second(14)) && !quiet.is_over(&entry(6), second(15)));
        assert!(!quiet.is_over(&entry(6), second(19)) && quiet.is_over(&entry(6), second(20)));
        let mut change = aside(Wait::Change);
        assert!(!change.is_over(&entry(5), second(900)) && !change.is_over(&entry(6), second(901)));
        assert!(change.is_over(&entry(6), second(906)));
        let mut minute = aside(Wait::Minute);
        assert!(!minute.is_over(&entry(5), second(69)) && minute.is_over(&entry(5), second(70)));
        assert!(aside(Wait::Nothing).is_over(&entry(5), second(10)));
    }
}
