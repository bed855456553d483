use std::mem;
use std::num::NonZeroU32;

use prefetch_index::prefetch_index;

/// Open addressing with linear probing: an entry lies in the slot that its hash names, its home, or behind it with
/// none free between. A home is the first bits of a hash, so to grow is to copy from front to back.
#[derive(Debug, Clone)]
pub(super) struct Slots<K, V> {
    entries: Vec<Option<Entry<K, V>>>,
    /// How many are taken.
    len: usize,
    /// By how many bits a hash is moved down to its home.
    shift: u32,
}

/// The hash tells other keys apart without a look at them, and is a slot's mark that it is taken: with keys and
/// values of eight bytes it takes no room of its own.
#[derive(Debug, Clone)]
pub(super) struct Entry<K, V> {
    pub(super) hash: NonZeroU32,
    pub(super) key: K,
    pub(super) value: V,
}

impl<K, V> Slots<K, V> {
    const FEWEST: usize = 8;
    /// One that is larger is not in a core's own caches, on most processors.
    const LARGE: usize = 512 * 1024;

    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), len: 0, shift: 31 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_large(&self) -> bool {
        self.entries.len() * size_of::<Option<Entry<K, V>>>() > Self::LARGE
    }

    pub(super) fn as_slice(&self) -> &[Option<Entry<K, V>>] {
        &self.entries
    }

    pub(super) fn into_vec(self) -> Vec<Option<Entry<K, V>>> {
        self.entries
    }

    #[inline]
    fn home(&self, hash: NonZeroU32) -> usize {
        (hash.get() >> self.shift) as usize
    }

    /// Begins to read what a search for this hash will read.
    #[inline]
    pub(super) fn prefetch(&self, hash: NonZeroU32) {
        let home = self.home(hash);
        // A slot may lie across two lines, and a search often goes on to the next one.
        prefetch_index(&self.entries, home);
        prefetch_index(&self.entries, home + 1);
    }

    /// Looks for the entry with this hash whose key `is_it`: where it is, or the free slot that is for it.
    #[inline]
    pub(super) fn find(&self, hash: NonZeroU32, is_it: impl Fn(&K) -> bool) -> usize {
        let mut at = self.home(hash);
        loop {
            match self.entries.get(at) {
                Some(Some(entry)) if entry.hash == hash && is_it(&entry.key) => return at,
                Some(Some(_)) => at += 1,
                Some(None) => return at,
                None if self.entries.is_empty() => return 0,
                None => at = 0,
            }
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&Entry<K, V>> {
        self.entries.get(at)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Entry<K, V>> {
        self.entries.get_mut(at)?.as_mut()
    }

    /// The entry where a search for `hash` has ended, which `make` makes if there is none.
    #[inline]
    pub(super) fn get_or_fill(
        &mut self,
        at: usize,
        hash: NonZeroU32,
        make: impl FnOnce() -> (K, V),
    ) -> &mut Entry<K, V> {
        // A quarter stays free: with less, searches become long.
        let is_full = (self.len + 1) * 4 > self.entries.len() * 3;
        let at = if is_full && self.get(at).is_none() { self.grow_for(hash) } else { at };
        let len = &mut self.len;
        self.entries[at].get_or_insert_with(|| {
            let (key, value) = make();
            *len += 1;
            Entry { hash, key, value }
        })
    }

    /// Twice the slots. Returns the free one that is for `hash`.
    #[cold]
    #[inline(never)]
    fn grow_for(&mut self, hash: NonZeroU32) -> usize {
        let mut entries = Vec::new();
        entries.resize_with((self.entries.len() * 2).max(Self::FEWEST), || None);
        let old = mem::replace(&mut self.entries, entries);
        self.shift = 32_u32.saturating_sub(self.entries.len().trailing_zeros());
        for entry in old.into_iter().flatten() {
            let free = self.find(entry.hash, |_| false);
            self.entries[free] = Some(entry);
        }
        self.find(hash, |_| false)
    }

    fn wrap(&self, at: usize) -> usize {
        if at < self.entries.len() { at } else { at - self.entries.len() }
    }

    /// Empties a slot. Entries behind it move up, so that each is found from its home still.
    pub(super) fn take(&mut self, at: usize) -> Option<Entry<K, V>> {
        let taken = self.entries.get_mut(at)?.take()?;
        self.len -= 1;
        let (mut free, mut next) = (at, self.wrap(at + 1));
        while let Some(entry) = self.get(next) {
            if self.behind(self.home(entry.hash), next) >= self.behind(free, next) {
                self.entries.swap(free, next);
                free = next;
            }
            next = self.wrap(next + 1);
        }
        Some(taken)
    }

    /// How far the slot `at` lies behind another one.
    fn behind(&self, other: usize, at: usize) -> usize {
        if other <= at { at - other } else { at + self.entries.len() - other }
    }
}
