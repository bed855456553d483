use std::error::Error;
use std::path::PathBuf;

use flowcore::base::Panic;

use crate::cover::Place;

/// Why a store does not open, read or write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program has it open.
    #[error("the store {} is in use by another program", path.display())]
    Locked {
        /// The store.
        path: PathBuf,
    },
    /// Another version of this program, or of its database, made it.
    #[error("the store {} has format {found}, but this program reads format {expected}", path.display())]
    Version {
        /// The store.
        path: PathBuf,
        /// The format it has.
        found: u64,
        /// The format that is known.
        expected: u64,
    },
    /// The file is something else.
    #[error("{} is no store of coffee orders", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// It could not be opened.
    #[error("cannot open the store {}", path.display())]
    Open {
        /// The store.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Lines of a commit are covered already, and others of it are not.
    #[error(
        "bytes {} to {} of file {}:{} would be counted twice",
        place.start, place.end, place.file.device, place.file.inode
    )]
    Overlap {
        /// The range of lines in the commit.
        place: Place,
    },
    /// It could not be read or written.
    #[error("cannot {action} the store {name}")]
    Failed {
        /// `read` or `write`.
        action: &'static str,
        /// The store: a path or an address without password.
        name: String,
        /// Whether to try again.
        retry: bool,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A fault of the program.
    #[error("the store failed")]
    Panicked(#[source] Panic),
}

impl StoreError {
    /// Whether trying again can help without somebody's doing.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Failed { retry: true, .. })
    }
}
