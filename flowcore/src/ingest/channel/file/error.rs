use std::io;
use std::path::PathBuf;

use super::DecodeError;

/// Why a file channel cannot be opened, or what its storage said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileChannelError {
    /// It was given no folder for its data.
    #[error("a file channel needs at least one folder for its data")]
    NoFolder,
    /// Another channel, here or in another process, uses the folder.
    #[error("{path} is in use by another channel")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Flume's own files are in the folder: it is drained with Flume first.
    #[error(
        "{path} belongs to a file channel of Flume: drain that with Flume, then give this channel an empty folder"
    )]
    Foreign {
        /// One of the files.
        path: PathBuf,
    },
    /// A later version wrote the file.
    #[error("{path} has version {version} of the format, which this program does not know")]
    Version {
        /// The segment.
        path: PathBuf,
        /// What it says.
        version: u32,
    },
    /// The segment is encrypted, and its key was not given.
    #[error("{path} is encrypted with the key `{key}`, which is not among those that are given")]
    MissingKey {
        /// The segment.
        path: PathBuf,
        /// The key's name; a number where that is damaged.
        key: String,
    },
    /// The segment is encrypted, and the key of that name is another one.
    #[error("{path} is encrypted with another key `{key}` than the one that is given")]
    WrongKey {
        /// The segment.
        path: PathBuf,
        /// The key's name.
        key: String,
    },
    /// Committed events cannot be read, and the channel was told not to go on without them.
    #[error("{path} is damaged at byte {offset}: {events} events are lost")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
        /// How many events it had.
        events: u64,
    },
    /// There is no room: puts wait.
    #[error("there is no room for {path}")]
    Full {
        /// What was to be made or written.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The disk failed.
    #[error("cannot use {path}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The channel was opened for another type of item than it holds.
    #[error("{path} has an item at byte {offset} that cannot be decoded")]
    Item {
        /// The segment.
        path: PathBuf,
        /// Where its record begins.
        offset: u64,
        /// What does not fit.
        #[source]
        cause: DecodeError,
    },
    /// The system has no random numbers, or the cipher failed.
    #[error("events cannot be encrypted")]
    Cipher,
    /// A thread that worked for the channel ended before its work, or no runtime is there to start one.
    #[error("nothing writes for the channel any more")]
    Stopped,
}

impl FileChannelError {
    pub(super) fn disk(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        let path = path.into();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path, cause },
            _ => Self::Disk { path, cause },
        }
    }

    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}
