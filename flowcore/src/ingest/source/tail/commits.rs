use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use super::position::Position;
use super::positions::SavedPosition;
use crate::base::FileIdentity;

/// Knows for each file up to where everything was delivered: the batches are settled in any order, and the
/// position moves when all before it are.
#[derive(Debug, Default)]
pub(super) struct Commits {
    files: BTreeMap<u64, FileCommits>,
    next_batch: u64,
    changed: bool,
}

#[derive(Debug)]
struct FileCommits {
    path: PathBuf,
    identity: FileIdentity,
    generation: u64,
    committed: Position,
    pending: VecDeque<Pending>,
    /// Nothing more will be read from it.
    ended: bool,
}

#[derive(Debug)]
struct Pending {
    batch: u64,
    end: Position,
    settled: bool,
}

/// Names one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchId {
    pub(super) file: u64,
    batch: u64,
}

impl Commits {
    /// Follows a file from its position on, or notes its new name.
    pub(super) fn follow(
        &mut self,
        file: u64,
        (identity, generation): (FileIdentity, u64),
        path: &Path,
        from: Position,
    ) {
        let commits = self.files.entry(file).or_insert_with(|| {
            self.changed = true;
            let (path, pending) = (path.to_path_buf(), VecDeque::new());
            FileCommits { path, identity, generation, committed: from, pending, ended: false }
        });
        if commits.path != path {
            commits.path = path.to_path_buf();
            self.changed = true;
        }
    }

    /// A batch up to `end` is on its way.
    pub(super) fn begin(&mut self, file: u64, end: Position) -> BatchId {
        self.next_batch += 1;
        let batch = self.next_batch;
        if let Some(commits) = self.files.get_mut(&file) {
            commits.pending.push_back(Pending { batch, end, settled: false });
        }
        BatchId { file, batch }
    }

    /// The position moved to `end` and nobody waits for anything between.
    pub(super) fn pass(&mut self, file: u64, end: Position) -> bool {
        let batch = self.begin(file, end);
        self.settle(batch)
    }

    /// The file is read from its start, as another generation. What is on its way of the last one does not
    /// matter any more: nobody can read it again.
    pub(super) fn cut_off(&mut self, file: u64, generation: u64) {
        if let Some(commits) = self.files.get_mut(&file) {
            (commits.generation, commits.committed) = (generation, Position::default());
            commits.pending.clear();
            self.changed = true;
        }
    }

    /// The last batch of a file was not put: it will be read again.
    pub(super) fn cancel(&mut self, id: BatchId) {
        if let Some(commits) = self.files.get_mut(&id.file) {
            commits.pending.retain(|pending| pending.batch != id.batch);
        }
    }

    /// A batch was delivered. Returns whether the file's committed position moved.
    pub(super) fn settle(&mut self, id: BatchId) -> bool {
        let Some(commits) = self.files.get_mut(&id.file) else { return false };
        // The batches of a file are in order.
        if let Ok(at) = commits.pending.binary_search_by_key(&id.batch, |pending| pending.batch) {
            commits.pending[at].settled = true;
        }
        let mut moved = false;
        while commits.pending.front().is_some_and(|pending| pending.settled) {
            if let Some(pending) = commits.pending.pop_front() {
                moved |= commits.committed != pending.end;
                commits.committed = pending.end;
            }
        }
        self.changed |= moved;
        self.forget_if_over(id.file);
        moved
    }

    /// Nothing more will be read from the file: it is forgotten when all of it is delivered.
    pub(super) fn end(&mut self, file: u64) {
        if let Some(commits) = self.files.get_mut(&file) {
            commits.ended = true;
        }
        self.forget_if_over(file);
    }

    fn forget_if_over(&mut self, file: u64) {
        if self.files.get(&file).is_some_and(|commits| commits.ended && commits.pending.is_empty()) {
            self.files.remove(&file);
            self.changed = true;
        }
    }

    /// Up to where the file is delivered.
    pub(super) fn committed(&self, file: u64) -> Option<Position> {
        self.files.get(&file).map(|commits| commits.committed)
    }

    /// The end of a batch and its file's name, to tell about it.
    pub(super) fn describe(&self, id: BatchId) -> (PathBuf, u64) {
        let Some(commits) = self.files.get(&id.file) else { return (PathBuf::new(), 0) };
        let pending = commits.pending.iter().find(|pending| pending.batch == id.batch);
        (commits.path.clone(), pending.map_or(commits.committed, |pending| pending.end).offset)
    }

    /// Whether there is something to save.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// What is to be saved now.
    pub(super) fn to_save(&self) -> Vec<SavedPosition> {
        let files = self.files.values();
        let saved = files.map(|f| SavedPosition {
            path: f.path.clone(),
            identity: f.identity,
            generation: f.generation,
            position: f.committed,
        });
        saved.collect()
    }

    /// It is saved.
    pub(super) fn note_saved(&mut self) {
        self.changed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::source::tail::position::Check;

    const FILE: FileIdentity = FileIdentity { device: 1, inode: 2 };

    fn at(offset: u64) -> Position {
        Position { offset, lines: offset, check: Check::default() }
    }

    fn offset(commits: &Commits) -> Option<u64> {
        commits.committed(1).map(|position| position.offset)
    }

    /// Every order in which four batches can be settled.
    #[test]
    fn the_position_is_the_prefix_that_was_delivered_in_every_order() {
        for order in 0..256_usize {
            let order: Vec<usize> = (0..4).map(|place| (order >> (2 * place)) & 3).collect();
            let mut commits = Commits::default();
            commits.follow(1, (FILE, 0), Path::new("a"), at(0));
            let batches: Vec<_> = (1..=4).map(|end| commits.begin(1, at(end))).collect();
            let mut settled = [false; 4];
            for batch in order {
                commits.settle(batches[batch]);
                settled[batch] = true;
                let prefix = settled.iter().take_while(|settled| **settled).count();
                assert_eq!(offset(&commits), Some(prefix as u64));
            }
        }
    }

    #[test]
    fn a_file_that_ended_is_forgotten_when_all_of_it_is_delivered() {
        let mut commits = Commits::default();
        commits.follow(1, (FILE, 0), Path::new("a"), at(0));
        let batch = commits.begin(1, at(5));
        commits.end(1);
        assert_eq!(commits.to_save().len(), 1);
        assert!(commits.settle(batch));
        assert!(commits.is_changed());
        assert_eq!(commits.to_save(), vec![]);
    }

    #[test]
    fn a_file_that_was_cut_off_commits_its_start_whatever_is_on_its_way() {
        let mut commits = Commits::default();
        commits.follow(1, (FILE, 0), Path::new("a"), at(0));
        let old = commits.begin(1, at(5));
        commits.cut_off(1, 3);
        assert_eq!((offset(&commits), commits.to_save()[0].generation), (Some(0), 3));
        let new = commits.begin(1, at(2));
        assert!(!commits.settle(old));
        assert!(commits.settle(new));
        assert_eq!(offset(&commits), Some(2));
    }

    #[test]
    fn a_file_that_is_read_from_its_start_again_commits_that() {
        let mut commits = Commits::default();
        commits.follow(1, (FILE, 0), Path::new("a"), at(0));
        let batch = commits.begin(1, at(5));
        assert!(!commits.pass(1, at(0)), "the batch before it is still on its way");
        assert!(commits.settle(batch));
        assert_eq!(offset(&commits), Some(0));
    }
}
