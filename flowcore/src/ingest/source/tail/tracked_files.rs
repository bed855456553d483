use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::folders::Folders;
use super::input::Reads;
use super::line_reader::{LineReader, ReaderOptions};
use super::listing::{Listing, Matched};
use super::open_files::OpenFiles;
use super::options::TailOptions;
use super::pattern::FilePattern;
use super::position::Position;
use super::positions::{SavedPosition, SavedPositions};
use super::recognition::{Fingerprint, Recognition, Renamed};
use super::tracked_file::{Place, TrackedFile};
use super::{LongLines, TailError};
use crate::base::{Disk, DiskFile, FileIdentity};
use crate::ingest::metrics::{Counter, Counters};

/// Decides which files are followed: compares what the folders hold with what is known.
#[derive(Debug)]
pub(super) struct TrackedFiles {
    disk: Arc<dyn Disk>,
    folders: Folders,
    patterns: Vec<FilePattern>,
    reader: ReaderOptions,
    recognition: Recognition,
    most: usize,
    open: OpenFiles,
    /// Files have something to read, and there is no room to open them.
    is_short: bool,
    /// Files that are there at the first look are read from their end.
    skip_first: bool,
    files: Vec<TrackedFile>,
    /// Positions of an earlier run whose file was not seen yet.
    unclaimed: Vec<SavedPosition>,
    /// The newest. It is raised when a content is gone: what comes under the same identity is another one.
    generation: u64,
    unreadable: HashSet<FileIdentity>,
    counters: Counters,
    /// The folders that the last look saw.
    looked: HashSet<PathBuf>,
    next_id: u64,
    reads: Reads,
}

impl TrackedFiles {
    pub(super) fn new(
        (disk, patterns): (Arc<dyn Disk>, Vec<FilePattern>),
        (options, counters): (&TailOptions, Counters),
        saved: SavedPositions,
    ) -> Self {
        let reader = ReaderOptions {
            limit: options.line.most_bytes,
            splits: options.limits.long_lines == LongLines::Split,
            crlf: options.line.crlf,
            checks: options.recognition.fingerprint == Fingerprint::Content,
        };
        Self {
            folders: Folders::new(Arc::clone(&disk), options.remember_folders),
            disk,
            patterns,
            reader,
            recognition: options.recognition,
            most: options.most_files,
            open: OpenFiles::new(options.most_open),
            is_short: false,
            skip_first: false,
            files: Vec::new(),
            unclaimed: saved.files,
            generation: saved.generation,
            unreadable: HashSet::new(),
            counters,
            looked: HashSet::new(),
            next_id: 0,
            reads: Reads::new(LineReader::BUFFER),
        }
    }

    /// Files without a position that are there at the first look are read from their end.
    pub(super) fn skip_first(&mut self) {
        self.skip_first = true;
    }

    pub(super) fn files(&mut self) -> (&mut [TrackedFile], &mut Reads) {
        (&mut self.files, &mut self.reads)
    }

    /// Lets go of a file until it has changed.
    pub(super) fn close(&mut self, id: u64) {
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            file.close(&*self.disk);
        }
    }

    /// Whether a look is needed to see that a file has grown.
    pub(super) fn has_closed(&self) -> bool {
        self.files.iter().any(|file| !file.is_open())
    }

    /// Whether files wait until there is room to open them.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TrackedFile> {
        self.files.iter()
    }

    /// What must be saved before a line of it is handed on.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// The file was cut off: what comes now is of the generation that is returned.
    pub(super) fn cut_off(&mut self, id: u64) -> u64 {
        self.generation += 1;
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            file.generation = self.generation;
        }
        self.generation
    }

    pub(super) fn unclaimed(&self) -> &[SavedPosition] {
        &self.unclaimed
    }

    /// The folders of the patterns, each once.
    pub(super) fn folders(&self) -> Vec<&Path> {
        let mut folders: Vec<_> = self.patterns.iter().map(FilePattern::folder).collect();
        folders.extend(self.looked.iter().map(PathBuf::as_path));
        folders.sort_unstable();
        folders.dedup();
        folders
    }

    /// Ends to follow the file.
    pub(super) fn drop_file(&mut self, id: u64) {
        self.files.retain(|file| file.id != id);
        self.generation += 1;
    }

    /// Looks at the folders: finds new files, and what became of the known ones. Returns those that begin
    /// again because of their new name, with their generation.
    pub(super) fn look(&mut self, now: Duration) -> Result<Vec<(u64, u64)>, TailError> {
        self.folders.look(now);
        self.open.look(now);
        let listing = Listing::of(&self.patterns, &mut self.folders)?;
        let mut restarted = Vec::new();
        for file in &mut self.files {
            if update(file, &listing, now) && self.recognition.renamed == Renamed::Restart {
                restarted.push(file.id);
            }
        }
        let restarted = restarted.into_iter().map(|id| (id, self.restart(id))).collect();
        if self.recognition.renamed == Renamed::Continue {
            self.adopt_renamed(&listing, now)?;
        }
        self.open_matched(&listing, now)?;
        self.open_due(&listing, now);
        self.skip_first = false;
        self.forget(listing);
        Ok(restarted)
    }

    fn restart(&mut self, id: u64) -> u64 {
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            tracing::info!(path = %file.path.display(), "the file has a new name: reading it from its start");
            file.rewind(Position::default());
        }
        self.cut_off(id)
    }

    /// Opens closed files that have something to read, those that waited longest first.
    fn open_due(&mut self, listing: &Listing, now: Duration) {
        let is_due = |file: &TrackedFile| {
            listing.path_of(file.identity).is_some_and(|path| file.is_due(&*self.disk, path))
        };
        let mut due: Vec<_> = self.files.iter().enumerate().filter(|(_, file)| is_due(file)).collect();
        due.sort_by_key(|(_, file)| file.grown());
        let due: Vec<usize> = due.into_iter().map(|(at, _)| at).collect();
        for id in self.open.leaving(&self.files, due.len()) {
            self.close(id);
        }
        let mut room = self.open.room(&self.files);
        self.is_short = false;
        for at in due {
            // Nobody may know another name of it later.
            let is_leaving = self.files[at].place != Place::Matched;
            if room == 0 && !is_leaving {
                self.is_short = true;
            } else if self.open_again(at, listing, now) {
                room = room.saturating_sub(1);
            } else {
                (room, self.is_short) = (0, true);
            }
        }
    }

    /// Returns whether the system had a file for it.
    fn open_again(&mut self, at: usize, listing: &Listing, now: Duration) -> bool {
        let Some(path) = listing.path_of(self.files[at].identity) else { return true };
        let opened = self.files[at].open_again(&*self.disk, path, now);
        !opened.is_err_and(|error| self.open.is_exhausted(&error, &self.files, now))
    }

    /// Positions whose file is not there any more.
    fn forget(&mut self, listing: Listing) {
        let Self { unclaimed, unreadable, .. } = self;
        unreadable.retain(|identity| listing.names.contains_key(identity));
        let before = unclaimed.len();
        unclaimed.retain(|saved| !listing.has_folder_of(&saved.path) || unreadable.contains(&saved.identity));
        self.generation += (before - unclaimed.len()) as u64;
        self.looked = listing.folders;
    }

    /// Goes on with files that were renamed while nobody looked.
    fn adopt_renamed(&mut self, listing: &Listing, now: Duration) -> Result<(), TailError> {
        for saved in self.unclaimed.clone() {
            let Some(entry) = listing.renamed(&saved) else { continue };
            let (identity, named_after) = (entry.identity, saved.names(&entry.path));
            if listing.matched.contains_key(&identity) || !(named_after || saved.is_checked()) {
                continue;
            }
            let matched = Matched { entry: entry.clone(), pattern: self.pattern_of(&saved.path) };
            let Some(mut file) = self.open(&matched, now, |found| found == identity)? else { continue };
            file.place = Place::Renamed(now);
            // Otherwise the file is gone, and another one has its identity.
            if named_after || file.is_continued(&mut self.reads)? {
                self.files.insert(0, file);
            }
        }
        Ok(())
    }

    /// The one that a name belonged to that the file does not have any more.
    fn pattern_of(&self, path: &Path) -> usize {
        let name = path.file_name().unwrap_or_default();
        let is_of = |pattern: &FilePattern| path.starts_with(pattern.folder()) && pattern.matches(name);
        self.patterns.iter().position(is_of).unwrap_or(0)
    }

    fn open_matched(&mut self, listing: &Listing, now: Duration) -> Result<(), TailError> {
        let mut known: HashSet<_> = self.files.iter().map(|file| file.identity).collect();
        let new = listing.matched.values().filter(|matched| !known.contains(&matched.entry.identity));
        let mut new: Vec<_> = new.collect();
        new.sort_by(|one, other| one.entry.path.cmp(&other.entry.path));
        for id in self.open.leaving(&self.files, new.len()) {
            self.close(id);
        }
        let mut room = self.open.room(&self.files);
        for matched in new {
            // Its name may stand for another file by now.
            let opened = self.open(matched, now, |identity| !known.contains(&identity))?;
            let Some(mut file) = opened else { continue };
            known.insert(file.identity);
            if self.files.len() >= self.most {
                return Err(TailError::TooManyFiles { limit: self.most });
            }
            tracing::debug!(path = %file.path.display(), offset = file.position().offset, "following a file");
            if self.skip_first && room == 0 {
                file.close(&*self.disk);
            } else if room == 0 {
                file.put_off();
            }
            room = room.saturating_sub(1);
            self.files.push(file);
        }
        Ok(())
    }

    /// Opens a file if it still is one that is wanted, and goes to its position.
    fn open(
        &mut self,
        matched: &Matched,
        now: Duration,
        wanted: impl Fn(FileIdentity) -> bool,
    ) -> Result<Option<TrackedFile>, TailError> {
        let path = &matched.entry.path;
        let opened = self.disk.open(path).and_then(|file| Ok((file.identity()?, file)));
        let (identity, mut file) = match opened {
            Ok((identity, file)) if wanted(identity) => (identity, file),
            Ok(_) => return Ok(None),
            // Gone since the look.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                self.counters.add(Counter::EventReadFail, 1);
                let is_exhausted = self.open.is_exhausted(&error, &self.files, now);
                // Said once; the next look tries again.
                if self.unreadable.insert(matched.entry.identity) && !is_exhausted {
                    tracing::warn!(path = %path.display(), %error, "cannot open a file to follow");
                }
                return Ok(None);
            }
        };
        let (generation, position) = self.position_for(identity, path, &mut *file)?;
        self.next_id += 1;
        let start = (position, self.reader);
        Ok(Some(TrackedFile::new(self.next_id, matched, (identity, generation), file, start)))
    }

    fn position_for(
        &mut self,
        identity: FileIdentity,
        path: &Path,
        file: &mut dyn DiskFile,
    ) -> Result<(u64, Position), TailError> {
        let recognition = self.recognition;
        let of_file = |saved: &SavedPosition| recognition.is_same(saved, identity, path);
        if let Some(at) = self.unclaimed.iter().position(of_file) {
            let saved = self.unclaimed.swap_remove(at);
            return Ok((saved.generation, saved.position));
        }
        if !self.skip_first {
            return Ok((self.generation, Position::default()));
        }
        let end = Position::end_of(file);
        let end = end.map_err(|cause| TailError::Read { path: path.to_path_buf(), offset: 0, cause })?;
        Ok((self.generation, end))
    }
}

/// Notes where a file is. Returns whether it has another name that was asked for.
fn update(file: &mut TrackedFile, listing: &Listing, now: Duration) -> bool {
    file.place = place(file, listing, now);
    let Some(Matched { entry, pattern }) = listing.matched.get(&file.identity) else { return false };
    let is_renamed = *file.path != *entry.path;
    if is_renamed {
        (file.path, file.pattern) = (Arc::from(&*entry.path), *pattern);
    }
    is_renamed
}

fn place(file: &TrackedFile, listing: &Listing, now: Duration) -> Place {
    if listing.matched.contains_key(&file.identity) {
        return Place::Matched;
    }
    let since = match file.place {
        Place::Matched => now,
        Place::Renamed(since) | Place::Removed(since) => since,
    };
    if listing.names.contains_key(&file.identity) { Place::Renamed(since) } else { Place::Removed(since) }
}
