use std::iter::Flatten;
use std::{slice, vec};

use super::KeyTable;
use super::slots::Entry;

/// The keys of a [`KeyTable`] and their values, from [`KeyTable::iter`].
#[derive(Debug)]
pub struct Iter<'a, K, V> {
    entries: Flatten<slice::Iter<'a, Option<Entry<K, V>>>>,
    left: usize,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(table: &'a KeyTable<K, V>) -> Self {
        Self { entries: table.slots.as_slice().iter().flatten(), left: table.len() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.left -= 1;
        Some((&entry.key, &entry.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), left: self.left }
    }
}

impl<'a, K, V> IntoIterator for &'a KeyTable<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        Iter::new(self)
    }
}

/// What a [`KeyTable`] held.
#[derive(Debug)]
pub struct IntoIter<K, V> {
    entries: Flatten<vec::IntoIter<Option<Entry<K, V>>>>,
    left: usize,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        self.left -= 1;
        Some((entry.key, entry.value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}

impl<K, V> IntoIterator for KeyTable<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> Self::IntoIter {
        let left = self.len();
        IntoIter { entries: self.slots.into_vec().into_iter().flatten(), left }
    }
}
