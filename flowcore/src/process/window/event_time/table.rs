use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// What keys hold. The entries lie one after the other, in the order in which their keys came, and have a number:
/// what was found once is had again without a second search. The table of numbers is small, and stays in the
/// caches where the entries do not.
#[derive(Debug)]
pub(in crate::process::window) struct Table<K, A> {
    entries: Vec<(K, A)>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl<K, A> Default for Table<K, A> {
    fn default() -> Self {
        Self { entries: Vec::new(), numbers: HashTable::new(), hasher: RandomState::default() }
    }
}

impl<K, A> Table<K, A> {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// For how many entries there is room.
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, A)> {
        self.entries.iter()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &A> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The value of the entry with this number.
    #[inline]
    pub(super) fn value_mut(&mut self, number: u32) -> Option<&mut A> {
        self.entries.get_mut(number as usize).map(|(_, value)| value)
    }

    /// Empties it. The room stays.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (K, A)> {
        self.numbers.clear();
        self.entries.drain(..)
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = (K, A)> {
        self.entries.into_iter()
    }
}

impl<K: Hash + Eq, A> Table<K, A> {
    /// The number of a key's entry. It holds until an entry is removed.
    #[inline]
    pub(super) fn find(&self, key: &K) -> Option<u32> {
        let is_it = |number: &u32| self.entries.get(*number as usize).is_some_and(|(other, _)| other == key);
        self.numbers.find(self.hasher.hash_one(key), is_it).copied()
    }

    pub(super) fn get(&self, key: &K) -> Option<&A> {
        self.entries.get(self.find(key)? as usize).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut A> {
        let number = self.find(key)?;
        self.value_mut(number)
    }

    /// Adds an entry for a key that has none. `None` when there are more than numbers.
    pub(super) fn insert(&mut self, key: K, value: A) -> Option<&mut A> {
        let Self { entries, numbers, hasher } = self;
        let number = u32::try_from(entries.len()).ok()?;
        let hash = hasher.hash_one(&key);
        entries.push((key, value));
        // Every number in the table is that of an entry.
        let hash_of = |number: &u32| entries.get(*number as usize).map_or(0, |(key, _)| hasher.hash_one(key));
        numbers.insert_unique(hash, number, hash_of);
        entries.last_mut().map(|(_, value)| value)
    }

    /// Takes out the entry of a key. The last entry gets its number.
    pub(super) fn remove(&mut self, key: &K) -> Option<(K, A)> {
        let number = self.find(key)?;
        let last = u32::try_from(self.entries.len() - 1).ok()?;
        self.forget(number);
        if number != last {
            self.renumber(last, number);
        }
        Some(self.entries.swap_remove(number as usize))
    }

    fn hash_of(&self, number: u32) -> u64 {
        self.entries.get(number as usize).map_or(0, |(key, _)| self.hasher.hash_one(key))
    }

    fn forget(&mut self, number: u32) {
        let hash = self.hash_of(number);
        if let Ok(entry) = self.numbers.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
    }

    fn renumber(&mut self, from: u32, to: u32) {
        let hash = self.hash_of(from);
        if let Some(number) = self.numbers.find_mut(hash, |other| *other == from) {
            *number = to;
        }
    }
}

impl<K: Hash + Eq, A> FromIterator<(K, A)> for Table<K, A> {
    /// Of entries with different keys.
    fn from_iter<I: IntoIterator<Item = (K, A)>>(entries: I) -> Self {
        let mut table = Self::default();
        for (key, value) in entries {
            table.insert(key, value);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn it_holds_what_a_map_holds_through_any_inserts_and_removals() {
        for seed in 1..=20u64 {
            println!("seed {seed}");
            let (mut table, mut map, mut state) = (Table::default(), HashMap::new(), seed);
            for step in 0..2_000u64 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let key = (state >> 33) % 50;
                if (state >> 20) % 3 == 0 {
                    assert_eq!(table.remove(&key), map.remove_entry(&key));
                } else if let Some(value) = table.get_mut(&key) {
                    *value += step;
                    map.entry(key).and_modify(|value| *value += step);
                } else {
                    assert_eq!(table.insert(key, step).copied(), Some(step));
                    assert_eq!(map.insert(key, step), None, "the table had no such key");
                }
                assert_eq!(table.len(), map.len());
            }
            assert!(map.iter().all(|(key, value)| table.get(key) == Some(value)));
            let drained: HashMap<_, _> = table.drain().collect();
            assert_eq!(drained, map);
            assert!(table.is_empty() && table.find(&1).is_none());
        }
    }
}
