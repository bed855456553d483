//! What was published, kept by time: embedded, or in an InfluxDB.

mod embedded;
mod error;
mod influx;
mod point;
mod window;

use std::fmt::Debug;
use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;

pub use embedded::EmbeddedArchive;
pub use error::{ArchiveError, Refusal};
pub use influx::{InfluxAddress, InfluxArchive};
pub use point::{Point, Series};
pub use window::{WindowError, WindowLength};

/// The address of the embedded archive.
pub const EMBEDDED: &str = "embedded";

/// The embedded archive's file, in the program's folder.
pub const FILE: &str = "archive.redb";

/// The most points that one [`Archive::range`] gives: nine years of one series.
pub const MOST_POINTS: usize = 1_000_000;

/// A place that keeps points. One that is there already, by series and instant, is replaced by the new one,
/// so what may or may not have been stored is simply stored again. Instants are kept in milliseconds.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use ny_power::archive::{self, Archive, Point, Series};
///
/// let archive = archive::open("embedded", dir.path()).await?;
/// let at: jiff::Timestamp = "2016-04-01T04:05:00Z".parse()?;
/// archive.store(&[Point { series: Series::Intensity, at, value: 164.56158 }]).await?;
/// // The earlier end is not part of a range, the later one is.
/// assert_eq!(archive.range(&Series::Intensity, at - jiff::SignedDuration::from_secs(1), at).await?, [(at, 164.56158)]);
/// assert_eq!(archive.range(&Series::Intensity, at, jiff::Timestamp::MAX).await?, []);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Archive: Debug + Send + Sync {
    /// Keeps points. When it returns they survive the end of the process.
    ///
    /// # Errors
    /// [`ArchiveError::Refused`] when some points can never be kept: all others are. With any other error
    /// it is not known which are kept; [`ArchiveError::is_retriable`] says whether to store them again.
    async fn store(&self, points: &[Point]) -> Result<(), ArchiveError>;

    /// The points of a series later than `after` and up to `until`, by time. At most [`MOST_POINTS`].
    ///
    /// # Errors
    /// Why they could not be read, and whether to try again.
    async fn range(
        &self,
        series: &Series,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, ArchiveError>;
}

/// Opens an archive: `embedded`, which is a file in `dir`, or the address of an InfluxDB, as
/// [`InfluxAddress`] says.
///
/// An InfluxDB need not be there yet: it is first asked when something is stored or read.
///
/// # Errors
/// [`ArchiveError::Address`] for other addresses, and why the file could not be opened.
pub async fn open(address: &str, dir: &Path) -> Result<Box<dyn Archive>, ArchiveError> {
    if address == EMBEDDED {
        return Ok(Box::new(EmbeddedArchive::open(&dir.join(FILE)).await?));
    }
    Ok(Box::new(InfluxArchive::new(address.parse()?)))
}
