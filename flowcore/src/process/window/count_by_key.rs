use std::borrow::Borrow;
use std::hash::Hash;

use super::{Aggregate, Pane};
use crate::process::KeyTable;
use crate::process::key_table::{IntoIter, Iter};

/// How many tuples of each key: one number a key, no tuple is kept.
///
/// The numbers are in a [`KeyTable`], and their order is arbitrary.
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
pub struct CountByKey<K>(KeyTable<K, u64>);

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
        *self.0.get_or_insert_with(key, || 0) += 1;
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
        Self(KeyTable::default())
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
            *self.0.get_or_insert_with(key, || 0) += count;
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
