use std::io;
use std::path::PathBuf;

use flowcore::base::DeliveryError;
use flowcore::ingest::metrics::Counter;
use flowcore::ingest::{PutErrorKind, SourceError};

use super::DeserializeError;
use super::options::SpoolOptions;

/// Why the source cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpoolError {
    #[error("cannot use {path}", path = .path.display())]
    Folder {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot keep the position in {path}", path = .path.display())]
    Tracker {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("channel {channel} refused events")]
    Refused {
        channel: String,
        #[source]
        kind: PutErrorKind,
    },
    #[error("events of {path} were not delivered", path = .path.display())]
    Undelivered {
        path: PathBuf,
        #[source]
        cause: DeliveryError,
    },
}

/// Why a file is set aside.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileProblem {
    #[error("file has been modified since being read")]
    Modified,
    #[error("file has changed size since being read")]
    Resized,
    #[error("file name has been re-used with different files: {done} is there", done = .done.display())]
    Reused { done: PathBuf },
    #[error("unable to finish it")]
    Finish(#[source] io::Error),
    #[error("it cannot be opened")]
    Open(#[source] io::Error),
    #[error("what it holds cannot be read")]
    Content(#[source] DeserializeError),
    #[error("an event of it is larger than a transaction of channel {channel}")]
    TooLarge { channel: String },
}

impl SpoolError {
    pub(super) fn folder(options: &SpoolOptions, cause: io::Error) -> Self {
        Self::Folder { path: options.folder.clone(), cause }
    }

    pub(super) fn tracker(options: &SpoolOptions, cause: io::Error) -> Self {
        Self::Tracker { path: options.tracker.clone(), cause }
    }
}

impl FileProblem {
    /// What Flume counts it as.
    pub(super) fn counter(&self) -> Counter {
        match self {
            Self::Content(_) => Counter::EventReadFail,
            _ => Counter::GenericProcessingFail,
        }
    }
}

impl From<SpoolError> for SourceError {
    fn from(error: SpoolError) -> Self {
        Self::retry(error)
    }
}
