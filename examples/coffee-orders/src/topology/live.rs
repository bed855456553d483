use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bucket::BucketName;
use crate::packet::{self, Dimension};
use crate::statistics::{Statistics, Tally};

/// How many buckets are remembered: the open one, and those that late parts may still come for.
const REMEMBERED: usize = 3;

/// The newest buckets as they are seen: what is kept of each and what its tasks have counted since.
#[derive(Debug, Default)]
pub struct LiveBuckets(Mutex<BTreeMap<BucketName, Bucket>>);

type Key = (String, Dimension);

#[derive(Debug, Default)]
struct Bucket {
    kept: BTreeMap<Key, BTreeMap<String, u64>>,
    running: BTreeMap<usize, Arc<Statistics>>,
    published: BTreeMap<Key, BTreeMap<String, u64>>,
}

impl LiveBuckets {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<BucketName, Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn knows(&self, bucket: BucketName) -> bool {
        self.lock().contains_key(&bucket)
    }

    /// A bucket is seen for the first time; `kept` is what the store has of it.
    pub(super) fn begin(&self, bucket: BucketName, kept: Vec<Tally>) {
        let mut buckets = self.lock();
        let entry = buckets.entry(bucket).or_default();
        for Tally { branch, dimension, counts } in kept {
            entry.kept.insert((branch, dimension), counts);
        }
        while buckets.len() > REMEMBERED {
            buckets.pop_first();
        }
    }

    /// A task has counted `statistics` so far.
    pub(super) fn show(&self, bucket: BucketName, task: usize, statistics: &Arc<Statistics>) {
        if let Some(entry) = self.lock().get_mut(&bucket) {
            entry.running.insert(task, Arc::clone(statistics));
        }
    }

    /// A task's part is kept.
    pub(super) fn close(&self, bucket: BucketName, task: usize, statistics: &Statistics) {
        if let Some(entry) = self.lock().get_mut(&bucket) {
            entry.running.remove(&task);
            add(&mut entry.kept, statistics);
        }
    }

    /// What has changed since the last call, each a whole bucket of a branch and dimension.
    pub(super) fn take_changed(&self) -> Vec<packet::Statistics> {
        let mut packets = Vec::new();
        for (bucket, entry) in self.lock().iter_mut() {
            let seen = entry.seen();
            for (key, counts) in &seen {
                if entry.published.get(key) != Some(counts) {
                    let (branch, dimension) = key;
                    let counts = counts.iter().map(|(kind, &count)| (kind.clone(), count));
                    packets.push(packet::Statistics::of(branch, *dimension, *bucket, counts));
                }
            }
            entry.published = seen;
        }
        packets
    }

    /// What is seen of a bucket in one branch and dimension: `None` for a bucket that is not remembered.
    pub fn counts(
        &self,
        bucket: BucketName,
        branch: &str,
        dimension: Dimension,
    ) -> Option<BTreeMap<String, u64>> {
        let buckets = self.lock();
        let mut seen = buckets.get(&bucket)?.seen();
        Some(seen.remove(&(branch.to_owned(), dimension)).unwrap_or_default())
    }
}

impl Bucket {
    fn seen(&self) -> BTreeMap<Key, BTreeMap<String, u64>> {
        let mut seen = self.kept.clone();
        self.running.values().for_each(|statistics| add(&mut seen, statistics));
        seen
    }
}

fn add(to: &mut BTreeMap<Key, BTreeMap<String, u64>>, statistics: &Statistics) {
    for Tally { branch, dimension, counts } in statistics.tallies() {
        let into = to.entry((branch, dimension)).or_default();
        for (name, count) in counts {
            *into.entry(name).or_default() += count;
        }
    }
}
