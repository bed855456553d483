use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Disk;

use super::{Deserializer, Wanted};

/// Makes what cuts a file into events, for each opening of one.
pub(crate) type MakeDeserializer = Arc<dyn Fn() -> Box<dyn Deserializer> + Send + Sync>;

/// What becomes of a file that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It gets the suffix.
    Rename,
    /// It is removed.
    Remove,
    /// An empty file in the tracker's folder says so.
    Track,
}

/// What a source was told.
#[derive(Clone)]
pub(crate) struct SpoolOptions {
    pub(crate) folder: PathBuf,
    pub(crate) tracker: PathBuf,
    pub(crate) done: Done,
    pub(crate) wanted: Wanted,
    /// The names of the headers, if they are wanted.
    pub(crate) file_header: Option<Arc<str>>,
    pub(crate) basename_header: Option<Arc<str>>,
    pub(crate) poll: Duration,
    /// Whether the machine is asked to tell of new files; not for another disk than its own.
    pub(crate) watch: bool,
    /// The longest pause while a channel is full.
    pub(crate) max_backoff: Duration,
    pub(crate) batch: usize,
    pub(crate) deserializer: MakeDeserializer,
    pub(crate) disk: Arc<dyn Disk>,
}
