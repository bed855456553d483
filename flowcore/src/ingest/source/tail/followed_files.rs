use super::TailError;
use super::options::{FromEnd, TailOptions};
use super::pattern::FilePattern;
use super::positions::PositionsFile;
use super::tracked_files::TrackedFiles;
use super::watcher::FolderWatcher;
use crate::ingest::metrics::Counters;

/// What is opened at the start.
pub(super) struct FollowedFiles {
    pub(super) files: TrackedFiles,
    pub(super) positions: Option<PositionsFile>,
    pub(super) watcher: FolderWatcher,
}

impl FollowedFiles {
    pub(super) fn open(options: &TailOptions, counters: &Counters) -> Result<Self, TailError> {
        let paths = options.paths.iter().map(FilePattern::wildcard);
        let given = options.patterns.iter().cloned().map(Ok);
        let patterns: Vec<_> = paths.chain(given).collect::<Result<_, TailError>>()?;
        let disk = &options.disk;
        let positions = options.positions.clone();
        let positions = positions.map(|(path, format)| PositionsFile::new(path, format, disk.clone()));
        let saved = positions.as_ref().map(PositionsFile::load).transpose()?.flatten();
        let first_start = saved.is_none();
        let watcher = FolderWatcher::new(options.watch, patterns.clone());
        let (place, told) = ((disk.clone(), patterns), (options, counters.clone()));
        let mut files = TrackedFiles::new(place, told, saved.unwrap_or_default());
        let skips = match options.from_end {
            None => false,
            Some(FromEnd::FirstStart) => first_start,
            // A source that was made anew after a failure: what came meanwhile is not skipped.
            Some(FromEnd::Unknown) => !options.progress.has_looked(),
        };
        if skips {
            files.skip_first();
        }
        Ok(Self { files, positions, watcher })
    }
}
