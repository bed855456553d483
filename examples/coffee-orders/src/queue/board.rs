use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::Clock;
use tokio::sync::broadcast;

use super::{Server, bucket_key};
use crate::bucket::Bucketing;
use crate::packet::{self, Dimension, Packet};
use crate::web::{Board, BoardError};

/// What the page shows of a Redis: stored buckets, and on top of them the packets of open ones.
#[derive(Debug)]
pub struct QueueBoard {
    branches: Vec<String>,
    bucketing: Bucketing,
    clock: Clock,
    server: tokio::sync::Mutex<Server>,
    packets: PacketBoard,
}

/// The newest packet of each branch and dimension. Clones share it.
#[derive(Debug, Clone)]
pub struct PacketBoard {
    newest: Arc<Mutex<Newest>>,
    live: broadcast::Sender<Arc<packet::Statistics>>,
}

type Newest = BTreeMap<(String, Dimension), Arc<packet::Statistics>>;

impl PacketBoard {
    /// Branches and dimensions that are remembered: more than any shop has, so that a hostile channel cannot
    /// fill the memory.
    const MOST: usize = 3 * 1_001;

    /// No packets yet.
    pub fn new() -> Self {
        Self { newest: Arc::default(), live: broadcast::channel(1024).0 }
    }

    /// Takes one message of the live channel. What is no packet of ours is left alone.
    pub fn receive(&self, message: &[u8]) {
        let Ok(Packet::Publish(statistics)) = serde_json::from_slice(message) else {
            tracing::debug!("a message of the live channel is no packet");
            return;
        };
        let statistics = Arc::new(statistics);
        let key = (statistics.branch.clone(), statistics.dimension);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let older = newest.get(&key).is_some_and(|known| known.date > statistics.date);
        if !older && (newest.len() < Self::MOST || newest.contains_key(&key)) {
            newest.insert(key, Arc::clone(&statistics));
        }
        drop(newest);
        // Nobody looks: fine.
        let _ = self.live.send(statistics);
    }

    fn newest(&self, branch: &str, dimension: Dimension) -> Option<Arc<packet::Statistics>> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.get(&(branch.to_owned(), dimension)).cloned()
    }
}

impl Default for PacketBoard {
    fn default() -> Self {
        Self::new()
    }
}

impl QueueBoard {
    /// Shows `branches` of `server`, and what `packets` receives.
    pub fn new(
        branches: Vec<String>,
        bucketing: Bucketing,
        clock: Clock,
        server: Server,
        packets: PacketBoard,
    ) -> Self {
        Self { branches, bucketing, clock, server: tokio::sync::Mutex::new(server), packets }
    }
}

#[async_trait]
impl Board for QueueBoard {
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
        let count = u32::try_from(count).map_err(BoardError::new)?;
        let buckets = self.bucketing.last(count, self.clock.now()).map_err(BoardError::new)?;
        let keys: Vec<_> = buckets.iter().map(|bucket| bucket_key(branch, *bucket, dimension)).collect();
        let stored = self.server.lock().await.hashes(&keys).await.map_err(BoardError::new)?;
        let newest = self.packets.newest(branch, dimension);
        let seen = buckets.into_iter().zip(stored).map(|(bucket, counts)| {
            let stored = packet::Statistics::of(branch, dimension, bucket, counts);
            // A bucket only grows: the fuller one is the newer one.
            match &newest {
                Some(packet) if packet.date == stored.date && packet.total() > stored.total() => {
                    (**packet).clone()
                }
                _ => stored,
            }
        });
        Ok(seen.collect())
    }

    fn live(&self) -> broadcast::Receiver<Arc<packet::Statistics>> {
        self.packets.live.subscribe()
    }
}
