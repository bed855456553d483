use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::Clock;
use tokio::sync::broadcast;

use crate::bucket::{BucketName, Bucketing};
use crate::packet::{self, Dimension};
use crate::store::Store;
use crate::topology::LiveBuckets;
use crate::web::{Board, BoardError};

/// What the page shows: the store, and on top of it the buckets that are still open.
#[derive(Debug)]
pub struct EmbeddedBoard {
    branches: Vec<String>,
    bucketing: Bucketing,
    clock: Clock,
    store: Arc<dyn Store>,
    open: Arc<LiveBuckets>,
    live: broadcast::Sender<Arc<packet::Statistics>>,
}

impl EmbeddedBoard {
    /// Shows `branches` of `store` and `open`.
    pub fn new(
        branches: Vec<String>,
        bucketing: Bucketing,
        clock: Clock,
        store: Arc<dyn Store>,
        open: Arc<LiveBuckets>,
        live: broadcast::Sender<Arc<packet::Statistics>>,
    ) -> Self {
        Self { branches, bucketing, clock, store, open, live }
    }

    fn buckets(&self, count: usize) -> Result<Vec<BucketName>, BoardError> {
        let count = u32::try_from(count).map_err(BoardError::new)?;
        self.bucketing.last(count, self.clock.now()).map_err(BoardError::new)
    }
}

#[async_trait]
impl Board for EmbeddedBoard {
    fn branches(&self) -> &[String] {
        &self.branches
    }

    fn bucket(&self) -> Duration {
        self.bucketing.length()
    }

    async fn history(
        &self,
        branch: &str,
        dimension: Dimension,
        count: usize,
    ) -> Result<Vec<packet::Statistics>, BoardError> {
        let buckets = self.buckets(count)?;
        let stored = self.store.history(branch, dimension, &buckets).await.map_err(BoardError::new)?;
        let seen = buckets.into_iter().zip(stored).map(|(bucket, stored)| {
            let counts = self.open.counts(bucket, branch, dimension).unwrap_or(stored);
            packet::Statistics::of(branch, dimension, bucket, counts)
        });
        Ok(seen.collect())
    }

    fn live(&self) -> broadcast::Receiver<Arc<packet::Statistics>> {
        self.live.subscribe()
    }
}
