use std::collections::HashMap;
use std::sync::Arc;

use crate::order::{Limit, Reject};

/// Names as small numbers, given out from 0 in the order of first sight.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
    names: Vec<Arc<str>>,
    /// For each place, the name that was there last: orders have few different names, and most are found without
    /// a look at the map. Empty until the first name comes. It is not kept in place: who has a vocabulary is moved.
    seen: Vec<Seen>,
}

const PLACES: usize = 128;

/// A name that was looked up, and its number.
#[derive(Debug, Clone, Copy)]
struct Seen {
    gist: Gist,
    id: u32,
}

impl Seen {
    const NOTHING: Self = Self { gist: Gist::NONE, id: 0 };
}

/// Enough of a name to know it again: all of one with up to [`WHOLE`](Self::WHOLE) bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gist {
    first: u64,
    /// Overlaps the others where there are fewer than three times eight bytes.
    middle: u64,
    last: u64,
    length: usize,
}

impl Gist {
    const WHOLE: usize = 24;
    /// Of no name.
    const NONE: Self = Self { first: 0, middle: 0, last: 0, length: usize::MAX };

    #[inline]
    fn of(name: &str) -> Self {
        let bytes = name.as_bytes();
        let length = bytes.len();
        let eight = |chunk: Option<&[u8; 8]>| chunk.map(|chunk| u64::from_le_bytes(*chunk));
        if let (Some(first), Some(last)) = (eight(bytes.first_chunk()), eight(bytes.last_chunk())) {
            // From the middle of any name, so that nothing is to be guessed about its length.
            let middle = bytes.get((length - 8) / 2..).and_then(|rest| eight(rest.first_chunk()));
            return Self { first, middle: middle.unwrap_or(0), last, length };
        }
        let four = |chunk: Option<&[u8; 4]>| chunk.map(|chunk| u64::from(u32::from_le_bytes(*chunk)));
        if let (Some(first), Some(last)) = (four(bytes.first_chunk()), four(bytes.last_chunk())) {
            return Self { first, middle: 0, last, length };
        }
        let first = bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        Self { first, middle: 0, last: 0, length }
    }

    /// Where it is among those seen.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what is left has seven bits")]
    fn place(self) -> usize {
        const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.first ^ self.last.rotate_left(32) ^ self.length as u64).wrapping_mul(MIX);
        (mixed >> (64 - PLACES.ilog2())) as usize
    }
}

impl Vocabulary {
    /// The number of a name, new or known, unless it would be one too many.
    #[inline]
    pub(super) fn admit(&mut self, name: &str, limit: Limit) -> Result<usize, Reject> {
        match self.seen(name) {
            Some(id) => Ok(id),
            None => self.look_up(name, limit),
        }
    }

    /// The number of a name, if it was the last one at its place.
    #[inline]
    fn seen(&self, name: &str) -> Option<usize> {
        let gist = Gist::of(name);
        let seen = self.seen.get(gist.place()).filter(|seen| seen.gist == gist)?;
        (gist.length <= Gist::WHOLE || self.is(seen.id, name)).then_some(seen.id as usize)
    }

    fn is(&self, id: u32, name: &str) -> bool {
        self.names.get(id as usize).is_some_and(|known| **known == *name)
    }

    #[cold]
    fn look_up(&mut self, name: &str, limit: Limit) -> Result<usize, Reject> {
        if self.names.len() >= limit.most() && !self.ids.contains_key(name) {
            return Err(Reject::TooManyNames { what: limit });
        }
        let id = self.intern(name);
        if let Ok(id) = u32::try_from(id) {
            let gist = Gist::of(name);
            self.seen.resize(PLACES, Seen::NOTHING);
            self.seen[gist.place()] = Seen { gist, id };
        }
        Ok(id)
    }

    /// The number of a name, new or known.
    pub(super) fn intern(&mut self, name: &str) -> usize {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let (name, id) = (Arc::<str>::from(name), self.names.len());
        self.ids.insert(Arc::clone(&name), id);
        self.names.push(name);
        id
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Forgets the names that came after the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        for name in self.names.drain(length.min(self.names.len())..) {
            self.ids.remove(&name);
            if let Some(seen) = self.seen.get_mut(Gist::of(&name).place()) {
                *seen = Seen::NOTHING;
            }
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(names: &mut Vocabulary, name: &str) -> Option<usize> {
        names.admit(name, Limit::CoffeeTypes).ok()
    }

    #[test]
    fn a_name_keeps_its_number_whatever_its_length_and_whatever_it_looks_like() {
        let parts =
            ["", "a", "aa", "Mocha", "abcdabcd", "abcdabcdabcdabcd", "ab\u{e9}", "0000000", "Panna con e"];
        let longer = |part: &&str| (0..4).map(|times| part.repeat(times)).collect::<Vec<_>>();
        let mut all: Vec<String> = parts.iter().flat_map(longer).collect();
        // Alike at both ends.
        all.extend((0..9).map(|digit| format!("Espresso{digit}con Panna")));
        all.extend((0..9).map(|digit| format!("Espresso, of {digit}, con Panna")));
        all.sort();
        all.dedup();
        let mut names = Vocabulary::default();
        for _ in 0..3 {
            for (id, name) in all.iter().enumerate() {
                assert_eq!(admit(&mut names, name), Some(id), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_was_forgotten_gets_a_new_number() {
        let mut names = Vocabulary::default();
        for name in ["a", "b", "c"] {
            admit(&mut names, name);
        }
        names.truncate(1);
        let ids = ["c", "b", "a", "c"].map(|name| admit(&mut names, name));
        assert_eq!(ids, [Some(1), Some(2), Some(0), Some(1)]);
    }
}
