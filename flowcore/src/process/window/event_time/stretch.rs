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

    /// Adds a tuple, unless there is no room for it. `guess` may be the number of its key's entry.
    #[inline]
    pub(super) fn add(
        &mut self,
        (key, guess): (&K, u32),
        held: &mut Held,
        rules: &Rules,
        add: impl FnOnce(&mut A),
    ) -> bool {
        let full = held.entries >= rules.max_entries;
        let contents = &mut self.contents;
        // Twice the same: what a guess has found is most often all there is to do.
        let added = if contents.is_of(guess, key) {
            contents.value_mut(guess).is_some_and(|pane| grow(pane, held, full, add))
        } else if let Some(number) = contents.find(key) {
            contents.value_mut(number).is_some_and(|pane| grow(pane, held, full, add))
        } else if let Some(pane) = (!full).then(|| contents.insert(key.clone(), A::default())).flatten() {
            add(pane);
            held.entries += pane.entries();
            true
        } else {
            false
        };
        self.tuples += u64::from(added);
        added
    }

    /// Tuples were added: lets `keep` keep their tokens.
    #[inline]
    pub(super) fn keep(&mut self, held: &mut Held, keep: impl FnOnce(&mut TokenSet)) {
        let kept = self.tokens.len();
        keep(&mut self.tokens);
        held.tuples += self.tokens.len() - kept;
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

/// Adds a tuple to what its key holds, if there is room.
#[inline]
fn grow<A: Pane>(pane: &mut A, held: &mut Held, full: bool, add: impl FnOnce(&mut A)) -> bool {
    let before = pane.entries();
    // What does not grow with its tuples has room.
    if full && before > 1 {
        return false;
    }
    add(pane);
    held.entries += pane.entries().saturating_sub(before);
    true
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
