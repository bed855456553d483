use std::hash::Hash;

use super::Contents;
use super::rules::{Held, Rules};
use super::table::Table;
use crate::base::{Timestamp, TokenSet};
use crate::process::window::Pane;

/// A stretch of time that belongs to the same windows all through, and what it holds by key.
#[derive(Debug)]
pub(super) struct Stretch<K, A> {
    pub(super) start: i64,
    /// The starts of the first and the last window that it is part of.
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) contents: Table<K, A>,
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
            contents: Table::default(),
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

    /// Adds a tuple, unless there is no room for it. `number` is that of its key's entry, if it is known.
    #[inline]
    pub(super) fn add(
        &mut self,
        (key, number): (&K, Option<u32>),
        held: &mut Held,
        rules: &Rules,
        add: impl FnOnce(&mut A, &mut TokenSet),
    ) -> bool {
        let full = held.entries >= rules.max_entries;
        let contents = &mut self.contents;
        let (pane, before) = match number.or_else(|| contents.find(key)) {
            None if full => return false,
            None => (contents.insert(key.clone(), A::default()), 0),
            Some(number) => {
                let pane = contents.value_mut(number);
                let before = pane.as_ref().map_or(0, |pane| pane.entries());
                // What does not grow with its tuples has room.
                (pane.filter(|_| !full || before <= 1), before)
            }
        };
        let Some(pane) = pane else { return false };
        let kept = self.tokens.len();
        add(pane, &mut self.tokens);
        held.entries += pane.entries().saturating_sub(before);
        held.tuples += self.tokens.len() - kept;
        self.tuples += 1;
        true
    }

    /// Adds what it holds to that of another window.
    pub(super) fn merge_into(&self, all: &mut Table<K, A>) {
        for (key, contents) in self.contents.iter() {
            match all.get_mut(key) {
                Some(sum) => sum.merge(contents),
                None => drop(all.insert(key.clone(), copy(contents))),
            }
        }
    }

    /// The same, and it is not needed any more.
    pub(super) fn absorb_into(self, all: &mut Table<K, A>) {
        if all.is_empty() {
            *all = self.contents;
            return;
        }
        for (key, contents) in self.contents.into_entries() {
            match all.get_mut(&key) {
                Some(sum) => sum.absorb(contents),
                None => drop(all.insert(key, contents)),
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
