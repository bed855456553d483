use std::sync::Arc;

use super::blocks::{Block, Blocks};
use super::position::CHECKED;
use super::read_buffers::ReadBuffers;
use crate::base::{BlockingPool, DiskFile};

/// Blocks of one file that are read ahead at most.
const DEPTH: usize = 8;
/// Full buffers of one file in a row, after which it is one that has much to read.
const BACKLOG: u32 = 16;

/// Reads on in the one file that has much to read, on another thread, while the lines of what was read
/// before are taken. A block that no thread has begun is read by who wants it: nobody waits for a thread that
/// is not at work.
///
/// Each block begins before the end of the one before it: the line that was cut there, and the bytes before
/// it that are checked, are in one block.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    streak: Streak,
    run: Option<Run>,
}

/// Full buffers in a row that were not read ahead.
#[derive(Debug, Default)]
struct Streak {
    file: u64,
    full: u32,
    /// Where the last one ends.
    end: u64,
    /// The most bytes that were read once more by the next one.
    overlap: u64,
}

/// One block of a file after the other.
#[derive(Debug)]
struct Run {
    file: u64,
    blocks: Arc<Blocks>,
    pool: BlockingPool,
    /// Where the next block starts.
    next: u64,
    overlap: usize,
}

impl ReadAhead {
    /// The next block of a file, if something was read ahead in it and the block has what is wanted: the
    /// bytes from `from` on, and one more than `least` of them. Returns as well how many it has before `from`.
    pub(super) fn take(
        &mut self,
        id: u64,
        (from, least): (u64, usize),
        file: &mut dyn DiskFile,
        buffers: &mut ReadBuffers,
    ) -> Option<(usize, Block)> {
        let mut run = self.run.take_if(|run| run.file == id)?;
        let block = run.blocks.take(file)?;
        let before = usize::try_from(from.checked_sub(block.from)?).ok()?;
        if before.saturating_add(least) >= block.end {
            return None;
        }
        if block.end == block.buffer.len() {
            run.ask(buffers);
            self.run = Some(run);
        }
        Some((before, block))
    }

    /// The current buffer was read at `from`, and filled up if `is_full`.
    pub(super) fn note(
        &mut self,
        id: u64,
        (from, is_full): (u64, bool),
        file: &dyn DiskFile,
        buffers: &mut ReadBuffers,
    ) {
        if is_full {
            let size = buffers.current().len();
            self.streak.add(id, from, size);
            if self.streak.full >= BACKLOG {
                let streak = std::mem::take(&mut self.streak);
                self.run = Run::after(&streak, size, file);
                self.run.iter_mut().for_each(|run| run.ask(buffers));
            }
        } else if self.streak.file == id {
            self.streak = Streak::default();
        }
    }
}

impl Streak {
    fn add(&mut self, id: u64, from: u64, size: usize) {
        if self.file == id && self.full > 0 {
            self.overlap = self.overlap.max(self.end.saturating_sub(from));
        } else {
            *self = Self { file: id, ..Self::default() };
        }
        self.full += 1;
        self.end = from + size as u64;
    }
}

impl Run {
    /// None where lines are so long that much would be read twice, and where nothing can be read ahead.
    fn after(streak: &Streak, size: usize, file: &dyn DiskFile) -> Option<Self> {
        let Streak { file: id, end, overlap, .. } = *streak;
        let overlap = usize::try_from(2 * overlap).ok()?.max(2 * CHECKED);
        if overlap > size / 4 {
            return None;
        }
        let pool = BlockingPool::beside()?;
        let blocks = Arc::new(Blocks::of(file.another()?));
        Some(Self { file: id, blocks, pool, next: end.checked_sub(overlap as u64)?, overlap })
    }

    /// For more blocks, once half of them were taken.
    fn ask(&mut self, buffers: &mut ReadBuffers) {
        let left = self.blocks.count();
        if left > DEPTH / 2 {
            return;
        }
        let more = (left..DEPTH).map(|_| {
            let buffer = buffers.spare();
            let from = self.next;
            self.next += (buffer.len() - self.overlap) as u64;
            Block { from, buffer, end: 0 }
        });
        if let Some(file) = self.blocks.want(more) {
            let blocks = Arc::clone(&self.blocks);
            self.pool.start(move || blocks.read_wanted(file));
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.blocks.forget();
    }
}
