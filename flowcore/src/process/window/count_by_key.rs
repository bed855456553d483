use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::{IntoIter, Iter};
use std::hash::Hash;

use foldhash::fast::RandomState;

use super::{Aggregate, Pane};

/// How many tuples of each key: one number a key, no tuple is kept.
///
/// The hash is foldhash: several times as fast as the standard library's on short keys, and seeded anew for
/// each map, so keys cannot be chosen to collide. The order of its keys is arbitrary.
///
/// ```
/// use flowcore::process::window::{Aggregate, CountByKey};
/// let mut counts = CountByKey::<String>::default();
/// counts.add("latte");
/// counts.add("latte");
/// assert_eq!(counts.get("latte"), 2);
/// assert_eq!(counts.get("mocha"), 0);
/// ```
#[derive(Debug, Clone)]
pub struct CountByKey<K>(HashMap<K, u64, RandomState>);

impl<K: Hash + Eq> CountByKey<K> {
    /// How many tuples had `key`.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
    {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// One more tuple of `key`.
    #[inline]
    pub fn add_owned(&mut self, key: K) {
        *self.0.entry(key).or_default() += 1;
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each key and its number of tuples.
    pub fn iter(&self) -> Iter<'_, K, u64> {
        self.0.iter()
    }
}

impl<K> Default for CountByKey<K> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Hash + Eq + Clone> Pane for CountByKey<K> {
    fn merge(&mut self, later: &Self) {
        for (key, count) in &later.0 {
            match self.0.get_mut(key) {
                Some(sum) => *sum += count,
                None => drop(self.0.insert(key.clone(), *count)),
            }
        }
    }

    fn absorb(&mut self, mut later: Self) {
        if later.0.len() > self.0.len() {
            std::mem::swap(self, &mut later);
        }
        for (key, count) in later {
            *self.0.entry(key).or_default() += count;
        }
    }

    fn entries(&self) -> usize {
        self.0.len()
    }
}

impl<K, Q> Aggregate<Q> for CountByKey<K>
where
    K: Hash + Eq + Clone + Borrow<Q>,
    Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
{
    #[inline]
    fn add(&mut self, key: &Q) {
        match self.0.get_mut(key) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(key.to_owned(), 1)),
        }
    }
}

impl<K> IntoIterator for CountByKey<K> {
    type Item = (K, u64);
    type IntoIter = IntoIter<K, u64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a CountByKey<K> {
    type Item = (&'a K, &'a u64);
    type IntoIter = Iter<'a, K, u64>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
