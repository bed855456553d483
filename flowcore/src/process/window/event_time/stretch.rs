use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::Contents;
use super::contents::ByKey;
use super::rules::{Held, Rules};
use crate::base::{Timestamp, TokenSet};
use crate::process::window::Pane;

/// A stretch of time that belongs to the same windows all through, and what it holds by key.
#[derive(Debug)]
pub(super) struct Stretch<K, A> {
    pub(super) start: i64,
    /// The starts of the first and the last window that it is part of.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) contents: ByKey<K, A>,
    /// What waits for windows that have not given their result.
    pub(super) tokens: TokenSet,
    /// What waits for corrections.
    pub(super) late: TokenSet,
    pub(super) tuples: u64,
    pub(super) opened: Timestamp,
}

impl<K: Hash + Eq + Clone, A: Pane> Stretch<K, A> {
    pub(super) fn new(opened: Timestamp) -> Self {
        Self {
            start: 0,
            first: 0,
            last: 0,
            contents: ByKey::default(),
            tokens: TokenSet::default(),
            late: TokenSet::default(),
            tuples: 0,
            opened,
        }
    }

    #[inline]
    pub(super) fn spans(&self, position: i64, width: i64) -> bool {
        (self.start..self.start + width).contains(&position)
    }

    /// Adds a tuple, unless there is no room for it.
    #[inline]
    pub(super) fn add(&mut self, key: K, held: &mut Held, rules: &Rules, add: impl FnOnce(&mut A)) -> bool {
        let full = held.entries >= rules.max_entries;
        let (slot, before) = match self.contents.entry(key) {
            // What does not grow with its tuples has room.
            Entry::Occupied(slot) if !full || slot.get().entries() <= 1 => {
                let before = slot.get().entries();
                (slot.into_mut(), before)
            }
            Entry::Vacant(slot) if !full => (slot.insert(A::default()), 0),
            Entry::Occupied(_) | Entry::Vacant(_) => return false,
        };
        add(slot);
        held.entries += slot.entries().saturating_sub(before);
        self.tuples += 1;
        true
    }

    /// Adds what it holds to that of another window.
    pub(super) fn merge_into(&self, all: &mut ByKey<K, A>) {
        for (key, contents) in &self.contents {
            match all.get_mut(key) {
                Some(sum) => sum.merge(contents),
                None => drop(all.insert(key.clone(), copy(contents))),
            }
        }
    }

    /// The same, and it is not needed any more.
    pub(super) fn absorb_into(self, all: &mut ByKey<K, A>) {
        if all.is_empty() {
            *all = self.contents;
            return;
        }
        for (key, contents) in self.contents {
            match all.entry(key) {
                Entry::Occupied(mut sum) => sum.get_mut().absorb(contents),
                Entry::Vacant(slot) => drop(slot.insert(contents)),
            }
        }
    }

    pub(super) fn entries(&self) -> usize {
        self.contents.values().map(Pane::entries).sum()
    }
}

pub(super) fn copy<A: Pane>(contents: &A) -> A {
    let mut copy = A::default();
    copy.merge(contents);
    copy
}

/// What some keys hold in several stretches, which come in order.
pub(super) fn of_keys<'a, K, A>(
    keys: impl IntoIterator<Item = K>,
    stretches: &(impl Iterator<Item = &'a Stretch<K, A>> + Clone),
) -> Contents<K, A>
where
    K: Hash + Eq + Clone + 'a,
    A: Pane + 'a,
{
    let of = |key: K| {
        let mut held = stretches.clone().filter_map(|stretch| stretch.contents.get(&key));
        let mut sum = copy(held.next()?);
        held.for_each(|contents| sum.merge(contents));
        Some((key, sum))
    };
    Contents::many(keys.into_iter().filter_map(of).collect())
}
