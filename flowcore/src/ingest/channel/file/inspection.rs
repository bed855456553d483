use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::builder::FileChannelBuilder;
use super::open::{LOCK, log};
use super::recovery::{Recovery, recover_all};
use super::sealing::Sealing;
use super::segment::Segment;
use super::settings::Settings;
use super::{Damage, FileChannelError, FileChannelStatus};
use crate::base::{Disk, DiskLock};

/// Folders that nobody uses are made by it: no segment is shorter.
const SEGMENT: u64 = 64 << 10;

/// What is in the folders of a file channel that nobody has open: every segment is read to its end, which a start
/// does not. Keys are not needed, so whether encrypted events can be decrypted is not looked at.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path();
/// use flowcore::base::Token;
/// use flowcore::ingest::{Channel, FileChannel, FileChannelError, FileChannelInspection};
///
/// let channel = FileChannel::<String>::builder([folder]).least_free_space(0).open("lines").await?;
/// let mut put = channel.begin_put().await?;
/// put.put(vec!["a".to_owned(), "b".to_owned()]).await?;
/// put.commit(Token::untracked()).await?;
/// let refused = FileChannelInspection::check([folder]).unwrap_err();
/// assert!(matches!(refused, FileChannelError::Locked { .. }));
/// drop(channel);
/// # while let Err(FileChannelError::Locked { .. }) = FileChannelInspection::check([folder]) {
/// #     tokio::task::yield_now().await;
/// # }
/// let found = FileChannelInspection::check([folder])?;
/// assert_eq!((found.waiting(), found.lost()), (2, 0));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileChannelInspection {
    /// The segments, in the order of their events.
    pub segments: Vec<SegmentInspection>,
    /// Files that are kept to be written over.
    pub spares: usize,
    /// Damage in files that are not there any more.
    pub gone: Vec<Damage>,
    /// Bytes behind the last whole record: puts that a crash cut short, which were not committed.
    pub torn_bytes: u64,
}

/// What is in one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentInspection {
    /// The file.
    pub path: PathBuf,
    /// Events that it has, or had.
    pub events: u64,
    /// Those of them that wait to be taken.
    pub waiting: u64,
    /// Bytes up to the end of its last record.
    pub bytes: u64,
    /// The name of the key that its events are encrypted with; a number where the name is damaged.
    pub key: Option<String>,
    /// Places that cannot be read and had events that were not taken.
    pub damage: Vec<Damage>,
}

impl FileChannelInspection {
    /// Reads what is there and changes nothing. Blocks.
    ///
    /// # Errors
    /// [`FileChannelError::Locked`] when a channel has one of the folders; others say what cannot be read.
    pub fn check(folders: impl IntoIterator<Item = impl Into<PathBuf>>) -> Result<Self, FileChannelError> {
        let settings = settings(folders);
        let _locks = lock(&settings)?;
        let mut status = FileChannelStatus::default();
        let recovery = recover_all(&settings, "check", &mut status)?;
        Self::of(&settings, &recovery, &status)
    }

    /// As [`check`](Self::check), and gives up the events that cannot be read: they are recorded as taken, so that
    /// also a channel with [`strict_recovery`](FileChannelBuilder::strict_recovery) opens. No segment is removed
    /// that has events. Blocks.
    ///
    /// # Errors
    /// As those of a check, or that nothing can be written.
    pub fn repair(folders: impl IntoIterator<Item = impl Into<PathBuf>>) -> Result<Self, FileChannelError> {
        let settings = settings(folders);
        let _locks = lock(&settings)?;
        let mut status = FileChannelStatus::default();
        let recovery = recover_all(&settings, "repair", &mut status)?;
        let found = Self::of(&settings, &recovery, &status)?;
        if found.lost() > 0 {
            log(settings, recovery)?.record_start()?;
        }
        Ok(found)
    }

    /// Events that wait to be taken.
    pub fn waiting(&self) -> u64 {
        self.segments.iter().map(|segment| segment.waiting).sum()
    }

    /// Committed events that cannot be read.
    pub fn lost(&self) -> u64 {
        let inside = self.segments.iter().flat_map(|segment| &segment.damage);
        inside.chain(&self.gone).map(|damage| damage.events).sum()
    }

    fn of(
        settings: &Settings,
        recovery: &Recovery,
        status: &FileChannelStatus,
    ) -> Result<Self, FileChannelError> {
        let of_segment = |segment: &Segment| -> Result<SegmentInspection, FileChannelError> {
            let damage = status.damage.iter().filter(|damage| damage.path == segment.path).cloned();
            Ok(SegmentInspection {
                path: segment.path.clone(),
                events: segment.sequences.end - segment.sequences.start,
                waiting: recovery.taken.count_missing(segment.sequences.clone()),
                bytes: segment.end,
                key: key(&*settings.disk, &segment.path, segment.id)?,
                damage: damage.collect(),
            })
        };
        let segments = recovery.segments.iter().map(of_segment).collect::<Result<Vec<_>, _>>()?;
        let is_there = |damage: &&Damage| segments.iter().any(|segment| segment.path == damage.path);
        let gone = status.damage.iter().filter(|damage| !is_there(damage)).cloned().collect();
        Ok(Self { segments, gone, spares: recovery.spares.len(), torn_bytes: status.torn_bytes })
    }
}

fn settings(folders: impl IntoIterator<Item = impl Into<PathBuf>>) -> Settings {
    FileChannelBuilder::<String>::new(folders).segment_bytes(SEGMENT).least_free_space(0).settings
}

fn lock(settings: &Settings) -> Result<Vec<Box<dyn DiskLock>>, FileChannelError> {
    if settings.folders.is_empty() {
        return Err(FileChannelError::NoFolder);
    }
    let disk: &Arc<dyn Disk> = &settings.disk;
    let one = |folder: &PathBuf| {
        // A folder that is not there is not made.
        disk.list(folder).map_err(|cause| FileChannelError::disk(folder, cause))?;
        let path = folder.join(LOCK);
        disk.lock(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::WouldBlock => FileChannelError::Locked { path },
            _ => FileChannelError::disk(path, cause),
        })
    };
    settings.folders.iter().map(one).collect()
}

fn key(disk: &dyn Disk, path: &Path, segment: u64) -> Result<Option<String>, FileChannelError> {
    let sealing = Sealing::of_file(disk, path, segment);
    Ok(match sealing.map_err(|cause| FileChannelError::disk(path, cause))? {
        Sealing::Sealed(mark) => Some(mark.shown()),
        Sealing::Plain | Sealing::Unknown => None,
    })
}
