//! How a log goes on to its next segment, and what becomes of those that all was taken from.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::DiskFile;

use super::FileChannelError;
use super::appending::Current;
use super::log::Log;
use super::segment::{START, Segment, segment_path, spare_path};
use super::sequences::SequenceSet;

/// Files that are kept for later segments.
const SPARES: usize = 2;

/// More than the records take that say which key a segment has.
const MARKS: u64 = 16 << 10;

/// Why there is no room, though there is some.
#[derive(Debug, thiserror::Error)]
#[error("{free} bytes are free, and {needed} must be, for a segment and what is to stay free")]
struct TooLittle {
    free: u64,
    needed: u64,
}

impl Log {
    /// Begins a new segment, in the next folder that takes one.
    pub(super) fn roll(&mut self) -> Result<(), FileChannelError> {
        self.roll_for(0)
    }

    /// The same, with room for a put of this size: such a segment may be longer than others.
    pub(super) fn roll_for(&mut self, put: u64) -> Result<(), FileChannelError> {
        if let Err(error) = self.sync() {
            // What it has not synced is written again, elsewhere.
            self.current = None;
            return Err(error);
        }
        let mut failed = None;
        for _ in 0..self.settings.folders.len() {
            let folder = self.next_folder % self.settings.folders.len();
            self.next_folder = folder + 1;
            match self.begin_segment(folder, put) {
                Ok(()) => return Ok(()),
                // Of several, the one that may pass by itself is told.
                Err(error) if error.is_full() || failed.is_none() => failed = Some(error),
                Err(_) => {}
            }
        }
        Err(failed.unwrap_or(FileChannelError::NoFolder))
    }

    fn begin_segment(&mut self, folder: usize, put: u64) -> Result<(), FileChannelError> {
        let id = self.next_segment;
        let path = segment_path(&self.settings.folders[folder], id);
        // Also when it fails: what is left of it has no name that another has.
        self.next_segment += 1;
        let sealer = self.settings.keys.sealer()?;
        let (file, capacity) = self.make_file(folder, &path, put)?;
        let is_sealed = sealer.is_some();
        self.segments.push(Segment { is_sealed, ..Segment::new(id, folder, path, self.next) });
        self.current = Some(Current { id, file, offset: 0, synced: 0, capacity, sealer, tip: None });
        Ok(())
    }

    fn make_file(
        &mut self,
        folder: usize,
        path: &Path,
        put: u64,
    ) -> Result<(Box<dyn DiskFile>, u64), FileChannelError> {
        let wrong = |cause| FileChannelError::disk(path, cause);
        let (segment, snapshot) = (self.settings.segment, self.snapshot()?.size());
        // Beside the put and what says which key it has, takes have their part.
        let for_put = if put == 0 { 0 } else { snapshot + put + START + MARKS + self.settings.reserve() };
        let length = segment.max(snapshot + segment / 2).max(for_put);
        self.find_spare(folder, path, length)?;
        let mut file = self.settings.disk.open_write(path).map_err(wrong)?;
        if let Err(cause) = file.allocate(length) {
            drop(file);
            // What was made of it takes room from others.
            let _ = self.settings.disk.remove(path);
            return Err(wrong(cause));
        }
        file.sync().map_err(wrong)?;
        self.settings.disk.sync_folder(&self.settings.folders[folder]).map_err(wrong)?;
        Ok((file, length))
    }

    /// Gives a spare file the name of the segment. Without one, makes sure that a new file may be made.
    fn find_spare(&mut self, folder: usize, path: &Path, length: u64) -> Result<(), FileChannelError> {
        let wrong = |cause| FileChannelError::disk(path, cause);
        if let Some(at) = self.spares.iter().position(|(of, _)| *of == folder) {
            let (_, spare) = self.spares.swap_remove(at);
            return self.settings.disk.rename(&spare, path).map_err(wrong);
        }
        let free = self.settings.disk.free_space(&self.settings.folders[folder]).map_err(wrong)?;
        let needed = self.settings.least_free.saturating_add(length);
        if free >= needed {
            return Ok(());
        }
        match self.emptied(folder) {
            Some(emptied) => self.settings.disk.rename(&emptied, path).map_err(wrong),
            None => Err(wrong(io::Error::new(io::ErrorKind::StorageFull, TooLittle { free, needed }))),
        }
    }

    /// A file that all was taken from, though there was no room to record that: better that a crash at this
    /// moment counts its events as lost than that a full disk stays full.
    fn emptied(&mut self, folder: usize) -> Option<PathBuf> {
        let taken = |segment: &Segment| segment.folder == folder && self.taken.covers(&segment.sequences);
        let at = self.segments.iter().position(taken)?;
        let current = self.current.as_ref().map(|current| current.id);
        if Some(self.segments[at].id) == current {
            self.current = None;
        }
        Some(self.segments.remove(at).path)
    }

    /// Lets go of the segments that all was taken from, which the disk knows.
    pub(super) fn reclaim(&mut self) {
        let current = self.current.as_ref().map(|current| current.id);
        let mut kept = Vec::with_capacity(self.segments.len());
        for segment in std::mem::take(&mut self.segments) {
            if Some(segment.id) == current || !self.taken.covers(&segment.sequences) {
                kept.push(segment);
            } else {
                self.let_go(&segment);
            }
        }
        self.segments = kept;
    }

    pub(super) fn let_go(&mut self, segment: &Segment) {
        let disk = &self.settings.disk;
        let spare = spare_path(&self.settings.folders[segment.folder], segment.id);
        // What is in it would stay readable for long.
        let is_bare = self.settings.keys.active.is_some() && !segment.is_sealed;
        let done = if self.spares.len() < SPARES && !is_bare && disk.rename(&segment.path, &spare).is_ok() {
            self.spares.push((segment.folder, spare));
            Ok(())
        } else {
            disk.remove(&segment.path)
        };
        if let Err(error) = done {
            // It is no part of the log any more: the next start removes it.
            tracing::warn!(path = %segment.path.display(), %error, "an empty segment stays");
        }
    }

    /// Takes note of everything at the start: what was found need not be found again.
    pub(super) fn record_start(&mut self) -> Result<(), FileChannelError> {
        let snapshot = self.snapshot()?;
        let fits =
            |current: &Current| current.offset > 0 && current.offset + snapshot.size() <= current.capacity;
        if self.current.as_ref().is_some_and(fits) {
            self.write_behind(|log, into| Ok((into.add(&snapshot, log.next)?, true)))?;
        } else {
            self.roll()?;
            self.append(&[])?;
        }
        self.sync()?;
        self.unrecorded = SequenceSet::default();
        self.reclaim();
        Ok(())
    }
}
