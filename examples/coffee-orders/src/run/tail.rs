use std::path::{Path, PathBuf};

use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::TailProgress;

use crate::generator::ORDERS_FILE;
use crate::order::MAX_LINE_BYTES;
use crate::topology::FileLine;

/// Up to where the file of orders was delivered.
pub(super) const POSITIONS_FILE: &str = "positions.json";

/// Follows the file of orders.
pub(super) fn lines(dir: &Path, progress: &TailProgress) -> TailSource<FileLine> {
    TailSource::of([dir.join(ORDERS_FILE)], FileLine::maker())
        .positions(dir.join(POSITIONS_FILE))
        .max_line(MAX_LINE_BYTES)
        .with_progress(progress.clone())
}

/// Whether the file of orders is read to its end.
pub(super) fn is_at_end(dir: &Path, progress: &TailProgress) -> bool {
    let path: PathBuf = dir.join(ORDERS_FILE);
    let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    let read: u64 = progress.files().iter().filter(|file| file.path == path).map(|file| file.read).sum();
    progress.is_at_end() && read >= size
}
