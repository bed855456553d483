use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::TailError;
use super::position::Position;
use crate::base::{Disk, FileIdentity, blocking};

/// A file of positions is never larger, or it is none.
pub(super) const LARGEST: u64 = 16 << 20;
const VERSION: u32 = 1;
/// The device of a file of which only the inode is known.
pub(super) const UNKNOWN_DEVICE: u64 = u64::MAX;

/// Up to where a file was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedPosition {
    #[serde(with = "lossy_path")]
    pub(super) path: PathBuf,
    #[serde(flatten)]
    pub(super) identity: FileIdentity,
    #[serde(default)]
    pub(super) generation: u64,
    #[serde(flatten)]
    pub(super) position: Position,
}

/// All that is saved.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct SavedPositions {
    version: u32,
    /// The newest: no later content has it or one before it.
    #[serde(default)]
    pub(super) generation: u64,
    pub(super) files: Vec<SavedPosition>,
}

impl SavedPositions {
    pub(super) fn new(generation: u64, files: Vec<SavedPosition>) -> Self {
        Self { version: VERSION, generation, files }
    }
}

impl SavedPosition {
    /// A device may have another number after the machine was started again; then the name must be the same,
    /// or begin with the old one where the device was never known.
    pub(super) fn is_of(&self, identity: FileIdentity, path: &Path) -> bool {
        self.identity == identity
            || (self.identity.inode == identity.inode
                && (self.has_name(path) || (self.has_no_device() && self.names(path))))
    }

    pub(super) fn has_no_device(&self) -> bool {
        self.identity.device == UNKNOWN_DEVICE
    }

    pub(super) fn has_name(&self, path: &Path) -> bool {
        lossy_path::text(&self.path) == lossy_path::text(path)
    }

    /// Whether bytes before the position can tell that it is the same file.
    pub(super) fn is_checked(&self) -> bool {
        self.position.check.length() > 0
    }

    /// Whether a file at `path` is named after this one, as rotation does: `a.log` becomes `a.log.1`,
    /// `a.log-20140928`. What such a file holds is ours to read, also if it was cut off before.
    pub(super) fn names(&self, path: &Path) -> bool {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name(path).starts_with(&name(&self.path))
    }
}

/// How positions are kept in files: what a format cannot say is known again as well as it can be.
pub(super) trait PositionFormat: Send + Sync + std::fmt::Debug {
    /// The saved positions; `None` when none were ever saved.
    fn load(&self, disk: &dyn Disk, path: &Path) -> Result<Option<SavedPositions>, TailError>;

    /// Puts them in the place of what was saved.
    fn save(&self, disk: &dyn Disk, path: &Path, positions: &SavedPositions) -> io::Result<()>;
}

/// The file that positions are saved in.
#[derive(Debug)]
pub(super) struct PositionsFile {
    path: PathBuf,
    format: Arc<dyn PositionFormat>,
    disk: Arc<dyn Disk>,
    /// The number of the save that is on disk: one that was given up while it ran never comes after it.
    saved: Arc<Mutex<u64>>,
    saves: u64,
}

impl PositionsFile {
    pub(super) fn new(path: PathBuf, format: Arc<dyn PositionFormat>, disk: Arc<dyn Disk>) -> Self {
        Self { path, format, disk, saved: Arc::default(), saves: 0 }
    }

    /// The saved positions; `None` when none were ever saved.
    pub(super) fn load(&self) -> Result<Option<SavedPositions>, TailError> {
        let mut saved = self.format.load(&*self.disk, &self.path)?;
        if let Some(saved) = &mut saved {
            saved.files.retain(|file| file.position.is_sound());
        }
        Ok(saved)
    }

    /// Writes all positions in one step, on a thread that may block.
    pub(super) async fn save(&mut self, positions: SavedPositions) -> Result<(), TailError> {
        self.saves += 1;
        let (number, saved) = (self.saves, Arc::clone(&self.saved));
        let (path, disk, format) = (self.path.clone(), Arc::clone(&self.disk), Arc::clone(&self.format));
        let written = blocking(move || {
            let mut saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
            if *saved < number {
                format.save(&*disk, &path, &positions)?;
                *saved = number;
            }
            Ok(())
        });
        written.await?.map_err(|cause| TailError::Positions { path: self.path.clone(), cause })
    }
}

/// The source's own format: everything in one file.
#[derive(Debug)]
pub(super) struct OwnFormat;

impl PositionFormat for OwnFormat {
    fn load(&self, disk: &dyn Disk, path: &Path) -> Result<Option<SavedPositions>, TailError> {
        load(disk, path, |positions| positions)
    }

    fn save(&self, disk: &dyn Disk, path: &Path, positions: &SavedPositions) -> io::Result<()> {
        disk.replace(path, &serde_json::to_vec_pretty(positions)?)
    }
}

/// A file of this program's: positions, and what may stand beside them.
pub(super) fn load<T: DeserializeOwned>(
    disk: &dyn Disk,
    path: &Path,
    positions: impl Fn(&T) -> &SavedPositions,
) -> Result<Option<T>, TailError> {
    let path = || path.to_path_buf();
    let bytes = match disk.read(&path(), LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(TailError::Positions { path: path(), cause }),
    };
    let saved: T =
        serde_json::from_slice(&bytes).map_err(|cause| TailError::PositionsFormat { path: path(), cause })?;
    match positions(&saved).version {
        VERSION => Ok(Some(saved)),
        version => Err(TailError::PositionsVersion { path: path(), version }),
    }
}

/// JSON has no place for a path that is not UTF-8; the identity finds the file.
pub(super) mod lossy_path {
    use super::{Path, PathBuf};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::borrow::Cow;

    pub(in crate::ingest::source::tail) fn text(path: &Path) -> Cow<'_, str> {
        path.to_string_lossy()
    }

    pub(in crate::ingest::source::tail) fn serialize<S: Serializer>(
        path: &Path,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(path))
    }

    pub(in crate::ingest::source::tail) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        String::deserialize(deserializer).map(PathBuf::from)
    }
}
