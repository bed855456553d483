//! What fuzz targets reach of this module.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::Disk;

use super::tracker::Tracker;

/// The file that the tracker's file in `folder` is about, and where to go on in it.
///
/// # Errors
/// What the disk says.
pub fn tracked(folder: &Path, disk: Arc<dyn Disk>) -> io::Result<Option<(PathBuf, u64)>> {
    let read = Tracker::new(folder, disk).read()?;
    Ok(read.map(|(target, saved)| (target, saved.position)))
}

/// Stores these positions one after the other, whatever was there.
///
/// # Errors
/// What the disk says.
pub fn track(folder: &Path, disk: Arc<dyn Disk>, target: &Path, offsets: &[u64]) -> io::Result<()> {
    let mut tracker = Tracker::new(folder, disk);
    offsets.iter().try_for_each(|offset| tracker.store(target, None, *offset))
}
