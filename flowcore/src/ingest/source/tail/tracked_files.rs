use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::TailError;
use super::line_reader::LineReader;
use super::pattern::PathPattern;
use super::position::Position;
use super::positions::{SavedPosition, SavedPositions};
use super::read_buffers::ReadBuffers;
use super::tracked_file::{Place, TrackedFile};
use crate::base::{Disk, DiskEntry, DiskFile, FileIdentity};

/// Decides which files are followed: compares what the folders hold with what is known.
#[derive(Debug)]
pub(super) struct TrackedFiles {
    disk: Arc<dyn Disk>,
    patterns: Vec<PathPattern>,
    line_limit: usize,
    most: usize,
    /// Files that are there at the first look are read from their end.
    skip_first: bool,
    files: Vec<TrackedFile>,
    /// Positions of an earlier run whose file was not seen yet.
    unclaimed: Vec<SavedPosition>,
    /// The newest. It is raised when a content is gone: what comes under the same identity is another one.
    generation: u64,
    unreadable: HashSet<FileIdentity>,
    next_id: u64,
    buffers: ReadBuffers,
}

/// What a look at the folders saw.
#[derive(Debug, Default)]
struct Listing {
    /// All files by identity, under the first of their names.
    names: BTreeMap<FileIdentity, DiskEntry>,
    /// Those with a name that was asked for.
    matched: HashMap<FileIdentity, DiskEntry>,
    /// The folders that are there.
    folders: HashSet<PathBuf>,
}

impl TrackedFiles {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        patterns: Vec<PathPattern>,
        line_limit: usize,
        most: usize,
        saved: SavedPositions,
    ) -> Self {
        let buffers = ReadBuffers::new(LineReader::buffer_size(line_limit));
        Self {
            disk,
            patterns,
            line_limit,
            most,
            skip_first: false,
            files: Vec::new(),
            unclaimed: saved.files,
            generation: saved.generation,
            unreadable: HashSet::new(),
            next_id: 0,
            buffers,
        }
    }

    /// Files without a position that are there at the first look are read from their end.
    pub(super) fn skip_first(&mut self) {
        self.skip_first = true;
    }

    pub(super) fn files(&mut self) -> (&mut [TrackedFile], &mut ReadBuffers) {
        (&mut self.files, &mut self.buffers)
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
        let mut folders: Vec<_> = self.patterns.iter().map(PathPattern::folder).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }

    /// Ends to follow the file.
    pub(super) fn drop_file(&mut self, id: u64) {
        self.files.retain(|file| file.id != id);
        self.generation += 1;
    }

    /// Looks at the folders: finds new files, and what became of the known ones.
    pub(super) fn look(&mut self, now: Duration) -> Result<(), TailError> {
        let listing = self.list()?;
        for file in &mut self.files {
            file.place = place(file, &listing, now);
            if let Some(entry) = listing.matched.get(&file.identity) {
                file.path.clone_from(&entry.path);
            }
        }
        self.adopt_renamed(&listing, now)?;
        self.open_matched(&listing)?;
        self.skip_first = false;
        self.unreadable.retain(|identity| listing.names.contains_key(identity));
        let Self { unclaimed, unreadable, .. } = self;
        let before = unclaimed.len();
        unclaimed.retain(|saved| !listing.has_folder_of(&saved.path) || unreadable.contains(&saved.identity));
        self.generation += (before - unclaimed.len()) as u64;
        Ok(())
    }

    fn list(&self) -> Result<Listing, TailError> {
        let mut listing = Listing::default();
        for folder in self.folders() {
            let entries = match self.disk.list(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(cause) => return Err(TailError::List { folder: folder.to_path_buf(), cause }),
            };
            listing.folders.insert(folder.to_path_buf());
            for entry in entries.into_iter().filter(|entry| entry.is_file) {
                if self.matches(folder, &entry) {
                    listing.add_matched(&entry);
                }
                listing.names.entry(entry.identity).or_insert(entry);
            }
        }
        Ok(listing)
    }

    fn matches(&self, folder: &Path, entry: &DiskEntry) -> bool {
        let name = entry.path.file_name().unwrap_or(OsStr::new(""));
        self.patterns.iter().any(|pattern| pattern.folder() == folder && pattern.matches(name))
    }

    /// Goes on with files that were renamed while nobody looked.
    fn adopt_renamed(&mut self, listing: &Listing, now: Duration) -> Result<(), TailError> {
        for saved in self.unclaimed.clone() {
            let Some(entry) = listing.names.get(&saved.identity) else { continue };
            let named_after = saved.names(&entry.path);
            if listing.matched.contains_key(&saved.identity) || !(named_after || saved.is_checked()) {
                continue;
            }
            let Some(mut file) = self.open(entry, |identity| identity == saved.identity)? else { continue };
            file.place = Place::Renamed(now);
            // Otherwise the file is gone, and another one has its identity.
            if named_after || file.is_continued(&mut self.buffers)? {
                self.files.insert(0, file);
            }
        }
        Ok(())
    }

    fn open_matched(&mut self, listing: &Listing) -> Result<(), TailError> {
        let mut new: Vec<_> = listing.matched.values().filter(|entry| !self.knows(entry.identity)).collect();
        new.sort_by(|one, other| one.path.cmp(&other.path));
        for entry in new {
            let known: HashSet<_> = self.files.iter().map(|file| file.identity).collect();
            if let Some(file) = self.open(entry, |identity| !known.contains(&identity))? {
                if self.files.len() >= self.most {
                    return Err(TailError::TooManyFiles { limit: self.most });
                }
                tracing::debug!(path = %file.path.display(), offset = file.position().offset, "following a file");
                self.files.push(file);
            }
        }
        Ok(())
    }

    fn knows(&self, identity: FileIdentity) -> bool {
        self.files.iter().any(|file| file.identity == identity)
    }

    /// Opens a file if it still is one that is wanted, and goes to its position.
    fn open(
        &mut self,
        entry: &DiskEntry,
        wanted: impl Fn(FileIdentity) -> bool,
    ) -> Result<Option<TrackedFile>, TailError> {
        let path = &entry.path;
        let opened = self.disk.open(path).and_then(|file| Ok((file.identity()?, file)));
        let (identity, mut file) = match opened {
            Ok((identity, file)) if wanted(identity) => (identity, file),
            Ok(_) => return Ok(None),
            Err(error) => {
                // Said once; the next look tries again.
                if self.unreadable.insert(entry.identity) {
                    tracing::warn!(path = %path.display(), %error, "cannot open a file to follow");
                }
                return Ok(None);
            }
        };
        let (generation, position) = self.position_for(identity, path, &mut *file)?;
        let reader = LineReader::new(position, self.line_limit);
        self.next_id += 1;
        Ok(Some(TrackedFile::new(self.next_id, path.clone(), (identity, generation), file, reader)))
    }

    fn position_for(
        &mut self,
        identity: FileIdentity,
        path: &Path,
        file: &mut dyn DiskFile,
    ) -> Result<(u64, Position), TailError> {
        let of_file = |saved: &SavedPosition| saved.is_of(identity, path);
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

impl Listing {
    /// A file with two names that were asked for is followed under the first of them.
    fn add_matched(&mut self, entry: &DiskEntry) {
        let known = self.matched.entry(entry.identity).or_insert_with(|| entry.clone());
        if entry.path < known.path {
            *known = entry.clone();
        }
    }

    fn has_folder_of(&self, path: &Path) -> bool {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        self.folders.contains(folder.unwrap_or(Path::new(".")))
    }
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
