use std::io;
use std::path::PathBuf;

use crate::base::{DeliveryError, Panic};
use crate::ingest::pattern::PatternError;
use crate::ingest::{PutErrorKind, SourceError};

/// Why a [`TailSource`](super::TailSource) cannot go on: the cause inside its [`SourceError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailError {
    /// A pattern cannot be used.
    #[error("cannot tail {pattern}: {reason}", pattern = .pattern.display())]
    Pattern {
        /// What was asked for.
        pattern: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A regular expression for names cannot be used.
    #[error("cannot tail {pattern}: its expression cannot be used", pattern = .pattern.display())]
    Regex {
        /// What was asked for.
        pattern: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: PatternError,
    },
    /// More files match than may be followed at the same time.
    #[error("more than {limit} files match")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// A folder cannot be listed.
    #[error("cannot list {folder}", folder = .folder.display())]
    List {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path} at offset {offset}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// From where.
        offset: u64,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The file of positions cannot be read or written.
    #[error("cannot keep positions in {path}", path = .path.display())]
    Positions {
        /// The file of positions.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The file of positions has something else in it.
    #[error("{path} is no file of positions", path = .path.display())]
    PositionsFormat {
        /// The file of positions.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        cause: serde_json::Error,
    },
    /// The file of positions was written by a version that this one does not know.
    #[error("{path} has positions of version {version}, and this program knows version 1", path = .path.display())]
    PositionsVersion {
        /// The file of positions.
        path: PathBuf,
        /// The version in it.
        version: u32,
    },
    /// A channel refuses a single line because of its size.
    #[error("channel {channel} has transactions too small for the line of {path} before offset {offset}", path = .path.display())]
    LineTooLarge {
        /// The channel.
        channel: String,
        /// The file.
        path: PathBuf,
        /// The end of the batch with the line in it.
        offset: u64,
    },
    /// A channel does not take what was read: it is read again from the last committed position.
    #[error("channel {channel} refused lines")]
    Refused {
        /// The channel.
        channel: String,
        /// Why.
        #[source]
        kind: PutErrorKind,
    },
    /// What was read could not be delivered: it is read again from the last committed position.
    #[error("lines of {path} before offset {offset} were not delivered", path = .path.display())]
    Undelivered {
        /// The file.
        path: PathBuf,
        /// The end of the batch.
        offset: u64,
        /// Why.
        #[source]
        cause: DeliveryError,
    },
    /// Writing the positions panicked.
    #[error("the writer of positions failed")]
    Panicked(#[from] Panic),
}

impl From<TailError> for SourceError {
    fn from(error: TailError) -> Self {
        match error {
            TailError::Pattern { .. }
            | TailError::Regex { .. }
            | TailError::TooManyFiles { .. }
            | TailError::PositionsFormat { .. }
            | TailError::PositionsVersion { .. }
            | TailError::LineTooLarge { .. } => Self::fatal(error),
            _ => Self::retry(error),
        }
    }
}
