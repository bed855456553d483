//! What fuzz targets reach of this module.

use std::path::{Path, PathBuf};

use super::TailError;
use super::flume_positions::FlumeFormat;
use super::positions::PositionFormat;
use crate::base::Disk;

/// Inode, position and name of each file that a start knows of, from Flume's file at `path` and the one beside
/// it; `None` where nothing was ever saved.
///
/// # Errors
/// What the disk says.
pub fn flume_positions(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<(u64, u64, PathBuf)>>, TailError> {
    let Some(saved) = FlumeFormat.load(disk, path)? else { return Ok(None) };
    let sound = saved.files.into_iter().filter(|saved| saved.position.is_sound());
    Ok(Some(sound.map(|saved| (saved.identity.inode, saved.position.offset, saved.path)).collect()))
}

/// Loads, saves and loads again: what the second one says.
///
/// # Errors
/// What the disk says.
pub fn flume_positions_again(
    disk: &dyn Disk,
    path: &Path,
) -> Result<Option<Vec<(u64, u64, PathBuf)>>, TailError> {
    if let Some(mut saved) = FlumeFormat.load(disk, path)? {
        saved.files.retain(|saved| saved.position.is_sound());
        let positions = |cause| TailError::Positions { path: path.to_path_buf(), cause };
        FlumeFormat.save(disk, path, &saved).map_err(positions)?;
    }
    flume_positions(disk, path)
}
