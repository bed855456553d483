use prefetch_index::prefetch_index;

/// Where the numbers of a table's entries are, by the hash of their keys.
///
/// Places are taken two by two: a key's number is in the two that its hash says, or in the next that had room. Most
/// are in the first two, which are one read. At most half of the places are taken. Beside a number, a place has some
/// of the hash, as much as there is room for: so other keys are seldom taken for the one that is looked for.
#[derive(Debug)]
pub(super) struct Places {
    /// Free places are zero. A number is one more than the entry's, in as many bits as there are places: no other
    /// number is zero there but that of a place that was left.
    pairs: Vec<[u32; 2]>,
    /// The bits of numbers.
    mask: u32,
    /// What leaves of a hash those bits that say a pair.
    shift: u32,
    /// Not free: taken, or left.
    used: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { pairs: Vec::new(), mask: 1, shift: u64::BITS - 1, used: 0 }
    }
}

/// The first room, in pairs.
const FEWEST: usize = 4;
/// One bit of a place is left for the hash.
const MOST: usize = 1 << 30;

impl Places {
    #[inline]
    fn home(&self, hash: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "there are no more pairs than that")]
        let home = (hash >> self.shift) as usize;
        home
    }

    /// The bits of a hash that lie beside a number.
    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "it is the upper part that says the pair")]
        let low = hash as u32;
        low & !self.mask
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        (at + 1) & self.pairs.len().wrapping_sub(1)
    }

    /// The number for which `is_it` holds, among those with this hash.
    #[inline]
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let (mut at, tag) = (self.home(hash), self.tag(hash));
        loop {
            let pair = *self.pairs.get(at)?;
            for place in pair {
                let number = (place ^ tag).wrapping_sub(1);
                if number < self.mask && is_it(number) {
                    return Some(number);
                }
            }
            if pair[1] == 0 {
                return None;
            }
            at = self.after(at);
        }
    }

    /// The places for this hash are asked for soon.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        prefetch_index(&self.pairs, self.home(hash));
    }

    /// A number that may be there for this hash, without a branch.
    #[inline]
    pub(super) fn guess(&self, hash: u64) -> u32 {
        let tag = self.tag(hash);
        let [first, second] = self.pairs.get(self.home(hash)).copied().unwrap_or_default();
        let [first, second] = [first ^ tag, second ^ tag];
        (if first <= self.mask { first } else { second }).wrapping_sub(1)
    }

    /// Whether it has to [`grow`](Self::grow) before another number is inserted.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.used >= self.pairs.len()
    }

    /// Makes room for one number more. `hashes` are those of all numbers from 0 on. False if there is none.
    #[cold]
    pub(super) fn grow(&mut self, hashes: impl ExactSizeIterator<Item = u64>) -> bool {
        // Half of it may be places that were left.
        let pairs = (hashes.len() + hashes.len() / 2 + 1).next_power_of_two().max(FEWEST);
        if pairs > MOST {
            return false;
        }
        self.pairs.clear();
        self.pairs.resize(pairs, [0; 2]);
        let bits = pairs.ilog2();
        (self.mask, self.shift, self.used) = ((2 << bits) - 1, u64::BITS - bits, 0);
        for (number, hash) in (0..).zip(hashes) {
            self.insert(hash, number);
        }
        true
    }

    /// Puts a number where there is room: it is not full.
    #[inline]
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let (mut at, tagged) = (self.home(hash), self.tag(hash) | (number + 1));
        while let Some(pair) = self.pairs.get_mut(at) {
            if let Some(free) = pair.iter_mut().find(|place| **place == 0) {
                *free = tagged;
                self.used += 1;
                return;
            }
            at = self.after(at);
        }
    }

    fn place_mut(&mut self, hash: u64, number: u32) -> Option<&mut u32> {
        let (mut at, tagged) = (self.home(hash), self.tag(hash) | (number + 1));
        while !self.pairs.get(at)?.contains(&tagged) {
            if self.pairs.get(at)?[1] == 0 {
                return None;
            }
            at = self.after(at);
        }
        self.pairs.get_mut(at)?.iter_mut().find(|place| **place == tagged)
    }

    /// The entry of this number and hash has gone.
    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let left = !self.mask;
        if let Some(place) = self.place_mut(hash, number) {
            *place = left;
        }
    }

    /// The entry of this hash gets another number.
    pub(super) fn renumber(&mut self, hash: u64, from: u32, to: u32) {
        let tagged = self.tag(hash) | (to + 1);
        if let Some(place) = self.place_mut(hash, from) {
            *place = tagged;
        }
    }

    /// Leaves all places. The room stays.
    pub(super) fn clear(&mut self) {
        self.pairs.fill([0; 2]);
        self.used = 0;
    }
}
