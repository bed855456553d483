use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::TailError;
use super::folders::Folders;
use super::pattern::FilePattern;
use super::positions::SavedPosition;
use crate::base::{DiskEntry, FileIdentity, folder_of};

/// What a look at the folders saw.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// All files by identity, under the first of their names.
    pub(super) names: BTreeMap<FileIdentity, DiskEntry>,
    /// Those with a name that was asked for.
    pub(super) matched: HashMap<FileIdentity, Matched>,
    /// The folders that are there.
    pub(super) folders: HashSet<PathBuf>,
}

/// A file with a name that was asked for, and the number of the first pattern that it matches.
#[derive(Debug, Clone)]
pub(super) struct Matched {
    pub(super) entry: DiskEntry,
    pub(super) pattern: usize,
}

impl Listing {
    pub(super) fn of(patterns: &[FilePattern], folders: &mut Folders) -> Result<Self, TailError> {
        let mut listing = Self::default();
        let mut wanted: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
        for (number, pattern) in patterns.iter().enumerate() {
            for folder in pattern.folders(folders) {
                wanted.entry(folder).or_default().push(number);
            }
        }
        for (folder, numbers) in wanted {
            let entries = match folders.list(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(cause) => return Err(TailError::List { folder, cause }),
            };
            for entry in entries.iter().filter(|entry| entry.is_file) {
                listing.add(entry, patterns, &numbers);
            }
            listing.folders.insert(folder);
        }
        Ok(listing)
    }

    fn add(&mut self, entry: &DiskEntry, patterns: &[FilePattern], numbers: &[usize]) {
        let name = entry.path.file_name().unwrap_or(OsStr::new(""));
        if let Some(&pattern) = numbers.iter().find(|number| patterns[**number].matches(name)) {
            self.add_matched(entry, pattern);
        }
        self.names.entry(entry.identity).or_insert_with(|| entry.clone());
    }

    /// A file with two names that were asked for is followed under the first of them.
    fn add_matched(&mut self, entry: &DiskEntry, pattern: usize) {
        let matched = || Matched { entry: entry.clone(), pattern };
        let known = self.matched.entry(entry.identity).or_insert_with(matched);
        if entry.path < known.entry.path {
            *known = matched();
        }
    }

    /// The name of a file, one that was asked for if it has one.
    pub(super) fn path_of(&self, identity: FileIdentity) -> Option<&Path> {
        let entry = self.matched.get(&identity).map(|matched| &matched.entry);
        entry.or_else(|| self.names.get(&identity)).map(|entry| &*entry.path)
    }

    /// The file that a position belongs to, under whatever name.
    pub(super) fn renamed(&self, saved: &SavedPosition) -> Option<&DiskEntry> {
        let is_it = |entry: &&DiskEntry| saved.is_of(entry.identity, &entry.path);
        let unknown = saved.has_no_device().then(|| self.names.values().find(is_it)).flatten();
        self.names.get(&saved.identity).or(unknown)
    }

    pub(super) fn has_folder_of(&self, path: &Path) -> bool {
        self.folders.contains(folder_of(path))
    }
}
