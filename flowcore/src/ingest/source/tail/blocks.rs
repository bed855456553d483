use std::collections::VecDeque;

use bytes::BytesMut;

use crate::base::DiskFile;
use crate::base::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Blocks of one file, in order, that two threads read: one reads on, the other one takes them, and reads
/// those that the first one has not begun.
#[derive(Debug)]
pub(crate) struct Blocks {
    state: Mutex<State>,
    read: Condvar,
}

#[derive(Debug)]
struct State {
    stages: VecDeque<Stage>,
    /// `None` while a thread is at work.
    file: Option<Box<dyn DiskFile>>,
}

#[derive(Debug)]
enum Stage {
    Wanted(Block),
    /// The block that starts there is being read.
    Begun(u64),
    Read(Block),
}

/// A stretch of a file.
#[derive(Debug)]
pub(crate) struct Block {
    /// Where it starts in the file.
    pub(crate) from: u64,
    pub(crate) buffer: BytesMut,
    /// How many bytes of the buffer were read.
    pub(crate) end: usize,
}

impl Blocks {
    pub(crate) fn of(file: Box<dyn DiskFile>) -> Self {
        let state = State { stages: VecDeque::new(), file: Some(file) };
        Self { state: Mutex::new(state), read: Condvar::new() }
    }

    /// How many were not taken.
    pub(crate) fn count(&self) -> usize {
        self.lock().stages.len()
    }

    /// Blocks after those that there are. Returns the file for a thread that [reads](Self::read_wanted), if
    /// none is at work.
    pub(crate) fn want(&self, blocks: impl Iterator<Item = Block>) -> Option<Box<dyn DiskFile>> {
        let mut state = self.lock();
        state.stages.extend(blocks.map(Stage::Wanted));
        state.file.take()
    }

    /// Nobody wants any of them.
    pub(crate) fn forget(&self) {
        self.lock().stages.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first one. While another thread reads it, this one reads what comes after it.
    pub(crate) fn take(&self, file: &mut dyn DiskFile) -> Option<Block> {
        let mut state = self.lock();
        loop {
            if let Stage::Read(_) = state.stages.front()? {
                let Stage::Read(block) = state.stages.pop_front()? else { return None };
                return Some(block);
            }
            if let Some(block) = state.begin() {
                drop(state);
                self.end(block.read(file));
                state = self.lock();
            } else {
                state = self.read.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Until nothing more is wanted.
    pub(crate) fn read_wanted(&self, mut file: Box<dyn DiskFile>) {
        let _gives_up = GivesUp(self);
        loop {
            let mut state = self.lock();
            let Some(block) = state.begin() else {
                state.file = Some(file);
                return;
            };
            drop(state);
            self.end(block.read(&mut *file));
        }
    }

    fn end(&self, block: Block) {
        let mut state = self.lock();
        let is_it = |stage: &&mut Stage| matches!(stage, Stage::Begun(from) if *from == block.from);
        // Not there when nobody wants it any more.
        if let Some(stage) = state.stages.iter_mut().find(is_it) {
            *stage = Stage::Read(block);
            drop(state);
            self.read.notify_one();
        }
    }
}

impl State {
    fn begin(&mut self) -> Option<Block> {
        let stage = self.stages.iter_mut().find(|stage| matches!(stage, Stage::Wanted(_)))?;
        let from = if let Stage::Wanted(block) = stage { block.from } else { return None };
        match std::mem::replace(stage, Stage::Begun(from)) {
            Stage::Wanted(block) => Some(block),
            Stage::Begun(_) | Stage::Read(_) => None,
        }
    }
}

/// Nobody waits for a block whose thread has panicked.
struct GivesUp<'a>(&'a Blocks);

impl Drop for GivesUp<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().stages.clear();
            self.0.read.notify_one();
        }
    }
}

impl Block {
    /// What cannot be read counts as the end: it is read again, and the error is met, where it is wanted.
    fn read(mut self, file: &mut dyn DiskFile) -> Self {
        self.end = file.fill_at(self.from, &mut self.buffer).unwrap_or(0);
        self
    }
}
