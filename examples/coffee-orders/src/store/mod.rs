//! Where closed buckets are kept, together with the places in the input that they cover.

mod embedded;
mod error;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::bucket::BucketName;
use crate::cover::Cover;
use crate::statistics::{Dimension, Statistics, Tally, Totals};
pub use embedded::EmbeddedStore;
pub use error::StoreError;

/// What one task counted of one bucket, or of a part of it: the counts and the lines that they come from,
/// rejected lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The bucket.
    pub bucket: BucketName,
    /// What was counted.
    pub statistics: Statistics,
    /// The lines that were counted or rejected.
    pub cover: Cover,
}

/// Keeps counts and cover. Both change in one transaction, so after a crash every line is either in both or
/// in neither, and what is in neither is counted again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use std::sync::Arc;
/// use coffee_orders::{cover::{Cover, Place}, order::Order, statistics::{Dimension, Statistics}};
/// use coffee_orders::store::{Closed, EmbeddedStore, Store};
///
/// let line = br#"{"branch":"sunae","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Mocha"]}"#;
/// let mut closed = Closed { bucket: "20140928120000".parse()?, statistics: Statistics::default(), cover: Cover::default() };
/// closed.statistics.count(&Order::parse(line)?)?;
/// let file = flowcore::base::FileIdentity { device: 1, inode: 7 };
/// closed.cover.insert(Place { file, generation: 0, start: 0, end: 88 });
///
/// let store = EmbeddedStore::open(&dir.path().join("store.redb")).await?;
/// store.commit(&[Arc::new(closed.clone())]).await?;
/// assert_eq!(store.cover().await?, closed.cover);
/// let counts = store.history("all", Dimension::Orders, &[closed.bucket]).await?;
/// assert_eq!(counts[0]["Mocha"], 1);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Adds the counts to those that the buckets have, and the covers to the cover: all of it, or after an
    /// error nothing. It is durable when this returns.
    ///
    /// What is wholly covered already is left out, so a commit of unknown outcome can simply be tried again.
    /// Something without a cover has no such protection.
    ///
    /// # Errors
    /// [`StoreError::Overlap`] when some lines are covered already and others are not: the caller counted
    /// lines twice. Otherwise why it could not be written.
    async fn commit(&self, closed: &[Arc<Closed>]) -> Result<(), StoreError>;

    /// All counts of a bucket, sorted by branch, then dimension; nothing for a bucket without orders.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn stored(&self, bucket: BucketName) -> Result<Vec<Tally>, StoreError>;

    /// The counts of a branch, or of `all`, in one dimension: one entry for each bucket asked for, in that
    /// order, empty where there are no orders.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn history(
        &self,
        branch: &str,
        dimension: Dimension,
        buckets: &[BucketName],
    ) -> Result<Vec<BTreeMap<String, u64>>, StoreError>;

    /// The buckets that have orders, sorted: at most `most`, and only those after `after`.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn buckets(&self, after: Option<BucketName>, most: usize) -> Result<Vec<BucketName>, StoreError>;

    /// The branches that ever had orders, sorted, without `all`.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn branches(&self) -> Result<Vec<String>, StoreError>;

    /// The sum over all buckets.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn totals(&self) -> Result<Totals, StoreError>;

    /// The lines that are counted or rejected.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn cover(&self) -> Result<Cover, StoreError>;
}
