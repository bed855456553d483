use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use flowcore::base::Panic;

use super::Point;

pub(super) type AnyError = Box<dyn Error + Send + Sync>;

/// Why an archive did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The address is not understood. It is not shown, for it may hold a password.
    #[error("the archive is `embedded` or influx://[user:password@]host[:port][/database]: {reason}")]
    Address {
        /// What is wrong.
        reason: &'static str,
    },
    /// Another program has it open.
    #[error("the archive {} is in use by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this program made it.
    #[error("the archive {} has format {found}, but this program reads format {expected}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u64,
        /// The format that is known.
        expected: u64,
    },
    /// The file is something else.
    #[error("{} is no archive of ny-power", path.display())]
    NotAnArchive {
        /// The file.
        path: PathBuf,
    },
    /// It could not be opened.
    #[error("cannot open the archive {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: AnyError,
    },
    /// Some points can never be kept. All others are.
    #[error("the archive keeps {0}")]
    Refused(Refusal),
    /// More points were asked for than one answer holds.
    #[error("the archive {name} has more than {limit} points in this range")]
    TooMany {
        /// The archive.
        name: String,
        /// [`MOST_POINTS`](super::MOST_POINTS).
        limit: usize,
    },
    /// It could not be read or written.
    #[error("cannot {action} the archive {name}")]
    Failed {
        /// `read` or `write`.
        action: &'static str,
        /// The archive: a path, or an address without password.
        name: String,
        /// Whether to try again.
        retry: bool,
        /// Why.
        #[source]
        source: AnyError,
    },
    /// A fault of the program.
    #[error("the archive failed")]
    Panicked(#[source] Panic),
}

impl ArchiveError {
    /// Whether trying again can help without somebody's doing.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Failed { retry: true, .. })
    }
}

/// Points that can never be kept: the first one of them, and how many there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The first.
    pub point: Point,
    /// Why it is not kept.
    pub reason: String,
    /// How many are not kept, this one with them.
    pub count: usize,
}

impl Refusal {
    pub(super) fn of(point: &Point, reason: impl Into<String>) -> Self {
        Self { point: point.clone(), reason: reason.into(), count: 1 }
    }

    /// The earlier refusal, with the later one counted.
    pub(super) fn join(earlier: Option<Self>, later: Option<Self>) -> Option<Self> {
        match (earlier, later) {
            (Some(first), Some(more)) => Some(Self { count: first.count + more.count, ..first }),
            (first, more) => first.or(more),
        }
    }

    pub(super) fn into_result(refusal: Option<Self>) -> Result<(), ArchiveError> {
        refusal.map_or(Ok(()), |refusal| Err(ArchiveError::Refused(refusal)))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no value {} of {}: {}", self.point.value, self.point, self.reason)?;
        match self.count.saturating_sub(1) {
            0 => Ok(()),
            others => write!(f, " (and {others} other points)"),
        }
    }
}
