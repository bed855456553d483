use std::mem;
use std::num::NonZeroU32;

use prefetch_index::prefetch_index;

/// Open addressing with linear probing: an entry lies in the slot that its hash names, its home, or behind it with
/// none free between. Homes are in the order of hashes, so to grow is to copy from front to back.
#[derive(Debug, Clone)]
pub(super) struct Slots<K, V> {
    slots: Vec<Option<Entry<K, V>>>,
    /// How many are taken.
    len: usize,
}

/// The hash tells other keys apart without a look at them, and is a slot's mark that it is taken: with keys and
/// values of eight bytes it takes no room of its own.
#[derive(Debug, Clone)]
pub(super) struct Entry<K, V> {
    pub(super) hash: NonZeroU32,
    pub(super) key: K,
    pub(super) value: V,
}

/// Where a search has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Taken(usize),
    /// There is no such entry, and here is room for it.
    Free(usize),
    /// There is no such entry, and there are no slots.
    Nowhere,
}

impl<K, V> Slots<K, V> {
    const FEWEST: usize = 8;
    /// One that is larger is not in a core's own caches, on most processors.
    const LARGE: usize = 512 * 1024;

    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_large(&self) -> bool {
        self.slots.len() * size_of::<Option<Entry<K, V>>>() > Self::LARGE
    }

    pub(super) fn as_slice(&self) -> &[Option<Entry<K, V>>] {
        &self.slots
    }

    pub(super) fn into_vec(self) -> Vec<Option<Entry<K, V>>> {
        self.slots
    }

    /// It is less than the number of slots, if there are any.
    #[inline]
    fn home(&self, hash: NonZeroU32) -> usize {
        ((u128::from(hash.get()) * self.slots.len() as u128) >> 32) as usize
    }

    /// Begins to read what a search for this hash will read.
    #[inline]
    pub(super) fn prefetch(&self, hash: NonZeroU32) {
        let home = self.home(hash);
        // A slot may lie across two lines, and a search often goes on to the next one.
        prefetch_index(&self.slots, home);
        prefetch_index(&self.slots, home + 1);
    }

    /// Looks for the entry with this hash whose key `is_it`.
    #[inline]
    pub(super) fn find(&self, hash: NonZeroU32, is_it: impl Fn(&K) -> bool) -> Place {
        let mut at = self.home(hash);
        loop {
            match self.slots.get(at) {
                Some(Some(entry)) if entry.hash == hash && is_it(&entry.key) => return Place::Taken(at),
                Some(Some(_)) => at += 1,
                Some(None) => return Place::Free(at),
                None if self.slots.is_empty() => return Place::Nowhere,
                None => at = 0,
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&Entry<K, V>> {
        self.slots.get(at)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Entry<K, V>> {
        self.slots.get_mut(at)?.as_mut()
    }

    /// The entry where a search for `hash` has ended, which `make` makes if there is none.
    #[inline]
    pub(super) fn get_or_fill(
        &mut self,
        place: Place,
        hash: NonZeroU32,
        make: impl FnOnce() -> (K, V),
    ) -> &mut Entry<K, V> {
        let at = match place {
            Place::Taken(at) => at,
            // A quarter stays free: with less, searches become long.
            Place::Free(at) if (self.len + 1) * 4 <= self.slots.len() * 3 => at,
            Place::Free(_) | Place::Nowhere => self.grow_for(hash),
        };
        let len = &mut self.len;
        self.slots[at].get_or_insert_with(|| {
            let (key, value) = make();
            *len += 1;
            Entry { hash, key, value }
        })
    }

    /// Twice the slots. Returns the one for another entry.
    #[cold]
    #[inline(never)]
    fn grow_for(&mut self, hash: NonZeroU32) -> usize {
        let mut slots = Vec::new();
        slots.resize_with((self.slots.len() * 2).max(Self::FEWEST), || None);
        let old = mem::replace(&mut self.slots, slots);
        for entry in old.into_iter().flatten() {
            let free = self.free_from(entry.hash);
            self.slots[free] = Some(entry);
        }
        self.free_from(hash)
    }

    /// The first free slot from the home of `hash` on.
    fn free_from(&self, hash: NonZeroU32) -> usize {
        match self.find(hash, |_| false) {
            Place::Free(at) | Place::Taken(at) => at,
            Place::Nowhere => 0,
        }
    }

    fn wrap(&self, at: usize) -> usize {
        if at < self.slots.len() { at } else { at - self.slots.len() }
    }

    /// Empties a slot. Entries behind it move up, so that each is found from its home still.
    pub(super) fn take(&mut self, at: usize) -> Option<Entry<K, V>> {
        let taken = self.slots.get_mut(at)?.take()?;
        self.len -= 1;
        let (mut free, mut next) = (at, self.wrap(at + 1));
        while let Some(entry) = self.get(next) {
            if self.behind(self.home(entry.hash), next) >= self.behind(free, next) {
                self.slots.swap(free, next);
                free = next;
            }
            next = self.wrap(next + 1);
        }
        Some(taken)
    }

    /// How far the slot `at` lies behind another one.
    fn behind(&self, other: usize, at: usize) -> usize {
        if other <= at { at - other } else { at + self.slots.len() - other }
    }
}
