mod commit;
mod open;
mod tables;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::{FileIdentity, blocking};
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable};

use super::{Closed, Store, StoreError};
use crate::bucket::BucketName;
use crate::cover::{Cover, Place};
use crate::statistics::{Dimension, Tally, Totals};
use commit::CommitError;
use tables::{BRANCHES, BUCKETS, COUNTS, COVER, META};

type AnyError = Box<dyn Error + Send + Sync>;

/// A store in one file, with no server (redb). A commit is on disk when it returns; a crash leaves the
/// state of a commit, never half of one. One program at a time opens it.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    database: Arc<Database>,
    path: PathBuf,
}

impl EmbeddedStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Version`], [`StoreError::NotAStore`], [`StoreError::Open`].
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        blocking(move || open::open(path)).await.map_err(StoreError::Panicked)?
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&ReadTransaction) -> Result<T, AnyError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.database);
        let read = blocking(move || query(&database.begin_read()?)).await.map_err(StoreError::Panicked)?;
        read.map_err(|source| self.failed("read", source))
    }

    fn failed(&self, action: &'static str, source: AnyError) -> StoreError {
        // A disk that is full or fails does not get better by asking again at once.
        StoreError::Failed { action, name: self.path.display().to_string(), retry: false, source }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn commit(&self, closed: &[Arc<Closed>]) -> Result<(), StoreError> {
        let (database, closed) = (Arc::clone(&self.database), closed.to_vec());
        let committed = blocking(move || commit::commit(&database, &closed)).await;
        committed.map_err(StoreError::Panicked)?.map_err(|error| match error {
            CommitError::Overlap(place) => StoreError::Overlap { place },
            CommitError::Database(source) => self.failed("write", source),
        })
    }

    async fn stored(&self, bucket: BucketName) -> Result<Vec<Tally>, StoreError> {
        self.read(move |transaction| {
            let counts = transaction.open_table(COUNTS)?;
            let mut tallies = Vec::new();
            for entry in counts.range((bucket.as_bytes(), "", 0)..)? {
                let (key, value) = entry?;
                let (of, branch, dimension) = key.value();
                if of != bucket.as_bytes() {
                    break;
                }
                let dimension = tables::dimension(dimension)?;
                let counts = serde_json::from_slice(value.value())?;
                tallies.push(Tally { branch: branch.to_owned(), dimension, counts });
            }
            Ok(tallies)
        })
        .await
    }

    async fn history(
        &self,
        branch: &str,
        dimension: Dimension,
        buckets: &[BucketName],
    ) -> Result<Vec<BTreeMap<String, u64>>, StoreError> {
        let (branch, buckets) = (branch.to_owned(), buckets.to_vec());
        self.read(move |transaction| {
            let counts = transaction.open_table(COUNTS)?;
            let number = tables::number(dimension);
            let stored =
                |bucket: &BucketName| match counts.get((bucket.as_bytes(), branch.as_str(), number))? {
                    Some(value) => Ok(serde_json::from_slice(value.value())?),
                    None => Ok(BTreeMap::new()),
                };
            buckets.iter().map(stored).collect()
        })
        .await
    }

    async fn buckets(&self, after: Option<BucketName>, most: usize) -> Result<Vec<BucketName>, StoreError> {
        self.read(move |transaction| {
            let buckets = transaction.open_table(BUCKETS)?;
            let after = after.as_ref().map_or("", BucketName::as_str);
            let known = buckets.range(after..)?.map(|entry| Ok(entry?.0.value().parse()?));
            let later =
                |bucket: &Result<BucketName, AnyError>| !matches!(bucket, Ok(b) if b.as_str() == after);
            known.filter(later).take(most).collect()
        })
        .await
    }

    async fn branches(&self) -> Result<Vec<String>, StoreError> {
        self.read(|transaction| {
            let branches = transaction.open_table(BRANCHES)?;
            branches.iter()?.map(|entry| Ok(entry?.0.value().to_owned())).collect()
        })
        .await
    }

    async fn totals(&self) -> Result<Totals, StoreError> {
        self.read(|transaction| {
            let meta = transaction.open_table(META)?;
            let number = |key| Ok::<_, AnyError>(meta.get(key)?.map_or(0, |value| value.value()));
            Ok(Totals { orders: number("orders")?, cups: number("cups")? })
        })
        .await
    }

    async fn cover(&self) -> Result<Cover, StoreError> {
        self.read(|transaction| {
            let mut cover = Cover::default();
            for entry in transaction.open_table(COVER)?.iter()? {
                let (key, end) = entry?;
                let (device, inode, generation, start) = key.value();
                let file = FileIdentity { device, inode };
                cover.insert(Place { file, generation, start, end: end.value() });
            }
            Ok(cover)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
