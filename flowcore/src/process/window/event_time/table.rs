use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use prefetch_index::prefetch_index;

use super::places::Places;

/// What keys hold. The entries lie one after the other, in the order in which their keys came, and have a number:
/// what was found once is had again without a second search. The places of their numbers are few bytes a key.
#[derive(Debug)]
pub(in crate::process::window) struct Table<K, A> {
    entries: Vec<(K, A)>,
    places: Places,
    hasher: RandomState,
}

impl<K, A> Default for Table<K, A> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: Places::default(), hasher: RandomState::default() }
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
        self.places.clear();
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
        self.places.find(self.hasher.hash_one(key), |number| self.is_of(number, key))
    }

    /// The hash of a key. What says its number is on its way to the caches then.
    #[inline]
    #[expect(clippy::manual_hash_one, reason = "that is not compiled into the loop")]
    pub(super) fn approach(&self, key: &K) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.hash(&mut hasher);
        let hash = hasher.finish();
        self.places.prefetch(hash);
        hash
    }

    /// The number that the entry of a key with this hash has if it is where it is looked for first, see
    /// [`is_of`](Self::is_of): there is no branch. The entry is on its way to the caches then.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> u32 {
        let guess = self.places.guess(hash);
        prefetch_index(&self.entries, guess as usize);
        guess
    }

    /// Whether the entry of this number is that of `key`.
    #[inline]
    pub(super) fn is_of(&self, number: u32, key: &K) -> bool {
        self.entries.get(number as usize).is_some_and(|(other, _)| other == key)
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
        let Self { entries, places, hasher } = self;
        let hash = hasher.hash_one(&key);
        if places.is_full() && !places.grow(entries.iter().map(|(key, _)| hasher.hash_one(key))) {
            return None;
        }
        places.insert(hash, u32::try_from(entries.len()).ok()?);
        entries.push((key, value));
        entries.last_mut().map(|(_, value)| value)
    }

    /// Takes out the entry of a key. The last entry gets its number.
    pub(super) fn remove(&mut self, key: &K) -> Option<(K, A)> {
        let number = self.find(key)?;
        let last = u32::try_from(self.entries.len() - 1).ok()?;
        self.places.remove(self.hash_of(number), number);
        if number != last {
            self.places.renumber(self.hash_of(last), last, number);
        }
        Some(self.entries.swap_remove(number as usize))
    }

    fn hash_of(&self, number: u32) -> u64 {
        self.entries.get(number as usize).map_or(0, |(key, _)| self.hasher.hash_one(key))
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
        for (seed, keys) in (1..=20u64).map(|seed| (seed, 50)).chain((21..=24).map(|seed| (seed, 5_000))) {
            println!("seed {seed}");
            let (mut table, mut map, mut state) = (Table::default(), HashMap::new(), seed);
            for step in 0..40 * keys {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let key = (state >> 33) % keys;
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

    #[test]
    fn most_keys_are_where_they_are_guessed_to_be_and_no_guess_is_taken_for_another_key() {
        let mut table = Table::default();
        let mut right = 0;
        for key in 0..50_000_u64 {
            assert!(!table.is_of(table.guess(table.approach(&key)), &key), "{key} is not there yet");
            table.insert(key, ());
        }
        for key in 0..50_000 {
            let guess = table.guess(table.approach(&key));
            if table.is_of(guess, &key) {
                assert_eq!(table.find(&key), Some(guess));
                right += 1;
            }
        }
        assert!(right > 42_000, "{right} of 50,000");
    }
}
