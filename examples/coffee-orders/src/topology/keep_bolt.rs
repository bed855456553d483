use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext};

use super::{InputLine, Keeper, LiveBuckets, Report};

/// A branch's counts are published at most this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);

/// Keeps closed buckets and publishes open ones. It has one task: what it keeps, it keeps in order.
///
/// A keeper that fails has kept nothing, and stops the program: after the next start the lines are counted
/// again. To go on would be to count them twice.
pub struct KeepBolt<K> {
    keeper: K,
    live: Arc<LiveBuckets>,
    published: Timestamp,
    publish_at: Option<Timestamp>,
}

impl<K> KeepBolt<K> {
    /// Keeps in `keeper`, and shows open buckets in `live`.
    pub fn new(keeper: K, live: Arc<LiveBuckets>) -> Self {
        Self { keeper, live, published: Timestamp::MIN, publish_at: None }
    }

    fn schedule(&mut self, now: Timestamp) {
        if self.publish_at.is_none() {
            self.publish_at = Some(now.max(self.published + PUBLISH_EVERY));
        }
    }
}

impl<L: InputLine, K: Keeper<L>> Bolt<Report<L>> for KeepBolt<K> {
    type Out = NoOutput;

    async fn prepare(&mut self, _context: &TaskContext) -> Result<(), BoltError> {
        self.keeper.open().await.map_err(BoltError::fatal)
    }

    async fn execute(&mut self, report: &Report<L>, out: &mut NoOutput) -> Result<(), BoltError> {
        let bucket = match report {
            Report::Running { bucket, .. } => *bucket,
            Report::Closed(closed) => closed.bucket,
        };
        if !self.live.knows(bucket) {
            let kept = self.keeper.kept(bucket).await.map_err(BoltError::fatal)?;
            self.live.begin(bucket, kept);
        }
        match report {
            Report::Running { task, bucket, statistics } => self.live.show(*bucket, *task, statistics),
            Report::Closed(closed) => {
                self.keeper.keep(closed).await.map_err(BoltError::fatal)?;
                self.live.close(closed.bucket, closed.task, &closed.statistics);
            }
        }
        self.schedule(out.now());
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        if self.publish_at.is_some_and(|at| at <= now) {
            self.publish_at = None;
            self.published = now;
            let packets = self.live.take_changed();
            self.keeper.publish(packets).await;
        }
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.publish_at
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        let packets = self.live.take_changed();
        self.keeper.publish(packets).await;
        Ok(())
    }
}

impl<K> std::fmt::Debug for KeepBolt<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeepBolt").field("publish_at", &self.publish_at).finish_non_exhaustive()
    }
}
