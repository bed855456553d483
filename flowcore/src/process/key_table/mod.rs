//! What a bolt keeps by key.

mod iter;
mod slots;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::fmt::{self, Debug, Formatter};
use std::hash::{BuildHasher, Hash};
use std::mem;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
pub use iter::{IntoIter, Iter};
use slots::Slots;

/// A hash map for what a bolt keeps by key.
///
/// With many keys, a map waits for memory: a million counters are in no cache. Here keys lie beside their values, so
/// that a look-up reads one place in memory and not two, and a bolt can say which keys it will look up soon
/// ([`look_ahead`](Self::look_ahead)), so that the waits for many of them overlap. With few keys it is as fast as the
/// standard library's.
///
/// A quarter to five eighths of its slots are free; a slot holds a key, its value and four bytes. When it is full it
/// moves into twice the room at once. Removing a key gives no memory back. Its order is arbitrary.
///
/// The hash is foldhash: several times as fast as the standard library's on short keys, and seeded anew for each
/// table, so keys cannot be chosen to collide.
///
/// ```
/// use flowcore::process::{Bolt, BoltError, KeyTable, NoOutput};
///
/// #[derive(Default)]
/// struct Count(KeyTable<u64, u64>);
///
/// impl Bolt<u64> for Count {
///     type Out = NoOutput;
///
///     fn look_ahead(&self, key: &u64) -> bool {
///         self.0.look_ahead(key)
///     }
///
///     async fn execute(&mut self, key: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
///         *self.0.get_or_insert_with(*key, || 0) += 1;
///         Ok(())
///     }
/// }
/// ```
pub struct KeyTable<K, V> {
    slots: Slots<K, V>,
    hasher: RandomState,
}

impl<K, V> KeyTable<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each key and its value.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self)
    }

    /// Whether it has outgrown the caches of a core: looking ahead is worth it.
    #[inline]
    pub(super) fn is_large(&self) -> bool {
        self.slots.is_large()
    }

    #[inline]
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> NonZeroU32 {
        #[expect(clippy::cast_possible_truncation, reason = "half of it is enough")]
        let hash = self.hasher.hash_one(key) as u32;
        NonZeroU32::MIN | hash
    }
}

impl<K: Hash + Eq, V> KeyTable<K, V> {
    /// Begins to read what the look-up of `key` will need, and waits for nothing. Returns whether that is worth it:
    /// not while the table is small enough for the processor's caches. It is made for
    /// [`Bolt::look_ahead`](super::Bolt::look_ahead).
    #[inline]
    pub fn look_ahead<Q: Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let large = self.is_large();
        if large {
            self.slots.prefetch(self.hash(key));
        }
        large
    }

    /// The value of `key`.
    #[inline]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.slots.get(self.find(self.hash(key), key)).map(|entry| &entry.value)
    }

    /// The value of `key`, to be changed.
    #[inline]
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(self.hash(key), key);
        self.slots.get_mut(at).map(|entry| &mut entry.value)
    }

    /// The value of `key`, which `init` makes if there is none.
    #[inline]
    pub fn get_or_insert_with(&mut self, key: K, init: impl FnOnce() -> V) -> &mut V {
        let hash = self.hash(&key);
        let at = self.find(hash, &key);
        &mut self.slots.get_or_fill(at, hash, || (key, init())).value
    }

    /// Gives `key` a value. Returns the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(mem::replace(old, value));
        }
        self.get_or_insert_with(key, || value);
        None
    }

    /// Takes out a key and its value.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(self.hash(key), key);
        self.slots.take(at).map(|entry| entry.value)
    }

    #[inline]
    fn find<Q: Eq + ?Sized>(&self, hash: NonZeroU32, key: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.slots.find(hash, |other| other.borrow() == key)
    }
}

impl<K, V> Default for KeyTable<K, V> {
    fn default() -> Self {
        Self { slots: Slots::new(), hasher: RandomState::default() }
    }
}

impl<K: Clone, V: Clone> Clone for KeyTable<K, V> {
    fn clone(&self) -> Self {
        // Tables filled in the order of another one with the same seed would fill up from the front.
        if self.is_empty() {
            return Self::default();
        }
        Self { slots: self.slots.clone(), hasher: self.hasher.clone() }
    }
}

impl<K: Debug, V: Debug> Debug for KeyTable<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
