use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::lines::BatchLimits;
use super::{LongLines, TailProgress};
use crate::base::{Disk, LocalDisk};

/// What a tail source was asked to do; set by the methods of [`TailSource`](super::TailSource).
#[derive(Debug, Clone)]
pub(super) struct TailOptions {
    pub(super) paths: Vec<PathBuf>,
    pub(super) positions: Option<PathBuf>,
    pub(super) from_end: bool,
    pub(super) until_end: bool,
    pub(super) watch: bool,
    pub(super) limits: BatchLimits,
    pub(super) most_files: usize,
    pub(super) most_in_flight: usize,
    pub(super) poll_interval: Duration,
    pub(super) save_every: Duration,
    pub(super) rotate_wait: Duration,
    pub(super) progress: TailProgress,
    pub(super) disk: Arc<dyn Disk>,
}

impl TailOptions {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let limits =
            BatchLimits { lines: 1000, bytes: 1 << 20, line: 64 << 10, long_lines: LongLines::Truncate };
        Self {
            paths,
            positions: None,
            from_end: false,
            until_end: false,
            watch: true,
            limits,
            most_files: 512,
            most_in_flight: 1 << 16,
            poll_interval: Duration::from_secs(1),
            save_every: Duration::from_secs(1),
            rotate_wait: Duration::from_secs(5),
            progress: TailProgress::default(),
            disk: Arc::new(LocalDisk),
        }
    }
}
