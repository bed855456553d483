use super::TailError;
use super::options::TailOptions;
use super::pattern::PathPattern;
use super::positions::PositionsFile;
use super::tracked_files::TrackedFiles;
use super::watcher::FolderWatcher;

/// What is opened at the start.
pub(super) struct FollowedFiles {
    pub(super) files: TrackedFiles,
    pub(super) positions: Option<PositionsFile>,
    pub(super) watcher: FolderWatcher,
}

impl FollowedFiles {
    pub(super) fn open(options: &TailOptions) -> Result<Self, TailError> {
        let patterns: Vec<_> =
            options.paths.iter().map(|path| PathPattern::parse(path)).collect::<Result<_, _>>()?;
        let disk = &options.disk;
        let positions = options.positions.clone().map(|path| PositionsFile::new(path, disk.clone()));
        let saved = positions.as_ref().map(PositionsFile::load).transpose()?.flatten();
        let first_start = saved.is_none();
        let watcher = FolderWatcher::new(options.watch, patterns.clone());
        let (line, most) = (options.limits.line, options.most_files);
        let mut files = TrackedFiles::new(disk.clone(), patterns, line, most, saved.unwrap_or_default());
        if options.from_end && first_start {
            files.skip_first();
        }
        Ok(Self { files, positions, watcher })
    }
}
