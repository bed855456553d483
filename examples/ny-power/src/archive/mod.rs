//! What was published, kept by time: embedded, or in an InfluxDB.

use async_trait::async_trait;

/// One value of one series at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Which series.
    pub series: Series,
    /// When the interval ended.
    pub at: jiff::Timestamp,
    /// Grams of CO2 a kilowatt-hour, or megawatts.
    pub value: f64,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Series {
    /// The computed intensity, g / kWh.
    Intensity,
    /// The output of one fuel category, MW.
    Fuel(String),
}

/// A place that keeps points. One that is there already, by series and instant, is replaced by the new one.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Keeps points. When it returns they survive the end of the process.
    ///
    /// # Errors
    /// Why they were not kept, and whether to try again.
    async fn store(&self, points: &[Point]) -> Result<(), ArchiveError>;

    /// The points of a series later than `after` and up to `until`, by time.
    ///
    /// # Errors
    /// Why they could not be read, and whether to try again.
    async fn range(
        &self,
        series: &Series,
        after: jiff::Timestamp,
        until: jiff::Timestamp,
    ) -> Result<Vec<(jiff::Timestamp, f64)>, ArchiveError>;
}

/// Why an archive did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {}
