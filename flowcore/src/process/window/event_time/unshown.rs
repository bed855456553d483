use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// Which keys of which windows have tuples that no result has shown yet, and how many. Nothing is noted here
/// for windows that give one result only.
#[derive(Debug)]
pub(super) struct Unshown<K>(BTreeMap<i64, Counts<K>>);

pub(super) type Counts<K> = HashMap<K, u64, RandomState>;

impl<K> Default for Unshown<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Hash + Eq> Unshown<K> {
    /// One more tuple of `key` in the window at `start`; how many there are now.
    pub(super) fn note(&mut self, start: i64, key: K) -> u64 {
        let count = self.0.entry(start).or_default().entry(key).or_default();
        *count += 1;
        *count
    }

    pub(super) fn forget(&mut self, start: i64) {
        self.0.remove(&start);
    }

    pub(super) fn forget_key(&mut self, start: i64, key: &K) {
        if let Some(counts) = self.0.get_mut(&start) {
            counts.remove(key);
            if counts.is_empty() {
                self.0.remove(&start);
            }
        }
    }

    /// The start of the earliest window with something to show.
    pub(super) fn first(&self) -> Option<i64> {
        self.0.keys().next().copied()
    }

    /// The same from `start` on.
    pub(super) fn first_from(&self, start: i64) -> Option<i64> {
        self.0.range(start..).next().map(|(start, _)| *start)
    }

    pub(super) fn take(&mut self, start: i64) -> impl Iterator<Item = K> + use<K> {
        self.0.remove(&start).unwrap_or_default().into_keys()
    }
}
