mod commit;
mod open;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::blocking;
use jiff::Timestamp;
use redb::{Database, ReadableDatabase};

use super::error::AnyError;
use super::point::millis;
use super::{Archive, ArchiveError, MOST_POINTS, Point, Series};
use commit::GroupCommit;
use tables::{POINTS, name};

/// An archive in one file, with no server (redb). What is stored is on disk when `store` returns; a crash
/// leaves all points of a `store` or none. One program at a time opens it.
///
/// Points that several tasks store at once go to the disk together. A disk that is full or broken does not
/// get better by asking again, so no error is retriable.
#[derive(Debug)]
pub struct EmbeddedArchive {
    database: Arc<Database>,
    commits: GroupCommit,
    path: PathBuf,
}

impl EmbeddedArchive {
    /// Opens the file, or makes it and the folders above it.
    ///
    /// # Errors
    /// [`ArchiveError::Locked`], [`ArchiveError::Version`], [`ArchiveError::NotAnArchive`],
    /// [`ArchiveError::Open`].
    pub async fn open(path: &Path) -> Result<Self, ArchiveError> {
        let path = path.to_owned();
        let opening = path.clone();
        let opened = blocking(move || open::open(&opening)).await.map_err(ArchiveError::Panicked)?;
        let database = Arc::new(opened?);
        Ok(Self { commits: GroupCommit::new(Arc::clone(&database)), database, path })
    }

    fn failed(&self, action: &'static str, source: AnyError) -> ArchiveError {
        ArchiveError::Failed { action, name: self.path.display().to_string(), retry: false, source }
    }
}

#[async_trait]
impl Archive for EmbeddedArchive {
    async fn store(&self, points: &[Point]) -> Result<(), ArchiveError> {
        let (good, refusal) = super::point::sift(points);
        if !good.is_empty() {
            let good = good.into_iter().cloned().collect();
            self.commits.store(good).await.map_err(|source| self.failed("write", source))?;
        }
        super::Refusal::into_result(refusal)
    }

    async fn range(
        &self,
        series: &Series,
        after: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, ArchiveError> {
        let (database, series) = (Arc::clone(&self.database), series.clone());
        let read = blocking(move || read(&database, &series, millis(after), millis(until))).await;
        let points = read.map_err(ArchiveError::Panicked)?.map_err(|source| self.failed("read", source))?;
        if points.len() > MOST_POINTS {
            let name = self.path.display().to_string();
            return Err(ArchiveError::TooMany { name, limit: MOST_POINTS });
        }
        Ok(points)
    }
}

/// One point more than the most that are given, if there is one.
fn read(
    database: &Database,
    series: &Series,
    after: i64,
    until: i64,
) -> Result<Vec<(Timestamp, f64)>, AnyError> {
    let first = after.saturating_add(1);
    if first > until {
        return Ok(Vec::new());
    }
    let points = database.begin_read()?.open_table(POINTS)?;
    let within = points.range((name(series), first)..=(name(series), until))?;
    let point = |entry: Result<_, redb::StorageError>| {
        let (key, value): (redb::AccessGuard<'_, (&str, i64)>, redb::AccessGuard<'_, f64>) = entry?;
        Ok((Timestamp::from_millisecond(key.value().1)?, value.value()))
    };
    within.take(MOST_POINTS + 1).map(point).collect()
}

#[cfg(test)]
mod tests;
