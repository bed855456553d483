use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::lines::BatchLimits;
use super::pattern::FilePattern;
use super::positions::PositionFormat;
use super::recognition::Recognition;
use super::{LongLines, TailProgress};
use crate::base::{Disk, LocalDisk};

/// Which files are read from their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromEnd {
    /// All, at the first start ever.
    FirstStart,
    /// Those without a position, at every start.
    Unknown,
}

/// How long to wait between two looks that see nothing: a step more each time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Poll {
    pub(super) step: Duration,
    pub(super) most: Duration,
}

impl Poll {
    pub(super) fn after(self, idle_looks: u32) -> Duration {
        self.step.saturating_mul(idle_looks.saturating_add(1)).min(self.most)
    }
}

/// What a line is.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineForm {
    pub(super) most_bytes: usize,
    /// A `\r` before the newline is no part of it.
    pub(super) crlf: bool,
}

/// What a tail source was asked to do; set by the methods of [`TailSource`](super::TailSource).
#[derive(Debug, Clone)]
pub(super) struct TailOptions {
    pub(super) paths: Vec<PathBuf>,
    /// After those of `paths`.
    pub(super) patterns: Vec<FilePattern>,
    pub(super) positions: Option<(PathBuf, Arc<dyn PositionFormat>)>,
    pub(super) from_end: Option<FromEnd>,
    pub(super) recognition: Recognition,
    pub(super) remember_folders: bool,
    pub(super) until_end: bool,
    pub(super) watch: bool,
    pub(super) limits: BatchLimits,
    pub(super) line: LineForm,
    pub(super) most_in_turn: Option<u64>,
    pub(super) most_files: usize,
    /// At the same time.
    pub(super) most_open: usize,
    pub(super) most_in_flight: usize,
    pub(super) poll: Poll,
    pub(super) save_every: Duration,
    pub(super) rotate_wait: Duration,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) progress: TailProgress,
    pub(super) disk: Arc<dyn Disk>,
}

impl TailOptions {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let limits = BatchLimits { lines: 1000, bytes: 1 << 20, long_lines: LongLines::Truncate };
        Self {
            paths,
            patterns: Vec::new(),
            positions: None,
            from_end: None,
            recognition: Recognition::default(),
            remember_folders: false,
            until_end: false,
            watch: true,
            limits,
            line: LineForm { most_bytes: 64 << 10, crlf: false },
            most_in_turn: Some(1),
            most_files: 512,
            most_open: usize::MAX,
            most_in_flight: 1 << 16,
            poll: Poll { step: Duration::from_secs(1), most: Duration::from_secs(1) },
            save_every: Duration::from_secs(1),
            rotate_wait: Duration::from_secs(5),
            idle_timeout: None,
            progress: TailProgress::default(),
            disk: Arc::new(LocalDisk),
        }
    }
}
