use std::array::from_fn;

use super::core::NOWHERE;
use super::stretch::Stretch;
use super::table::Table;

/// The stretch that had the last tuple, and those beside it: where the next tuples belong, most likely.
///
/// Which of them is meant is a sum, because a branch would be guessed wrong as often as not where tuples are out of
/// order.
pub(super) struct Near<'a, K, A> {
    latest: i64,
    end: i64,
    /// The number of the first of the three, if there is one.
    first: u32,
    three: [One<'a, K, A>; 3],
}

struct One<'a, K, A> {
    start: i64,
    /// How much of it is looked at.
    width: u64,
    contents: &'a Table<K, A>,
}

impl<'a, K, A> Near<'a, K, A> {
    /// Those that belong to no window from before `open_from`, as far as they come before `until`. `None` if there
    /// was no tuple.
    pub(super) fn of(
        stretches: &'a [Stretch<K, A>],
        latest: usize,
        open_from: i64,
        (width, until): (i64, i64),
    ) -> Option<Self> {
        let middle = stretches.get(latest)?;
        let three = from_fn(|nth| {
            let one = stretches.get(latest.wrapping_add(nth).wrapping_sub(1));
            let one = one.filter(|stretch| stretch.first >= open_from && stretch.start <= until);
            let (start, contents) = one.map_or((0, &middle.contents), |one| (one.start, &one.contents));
            let width = one.map_or(0, |one| until.saturating_sub(one.start).saturating_add(1).min(width));
            One { start, width: width.unsigned_abs(), contents }
        });
        let first = u32::try_from(latest).ok()?.wrapping_sub(1);
        Some(Self { latest: middle.start, end: middle.start + width, first, three })
    }

    /// The number of the stretch that a position is in, or [`NOWHERE`], and where to look for its key.
    #[inline]
    pub(super) fn find(&self, at: i64) -> (u32, &'a Table<K, A>) {
        let nth = (1 + u32::from(at >= self.end)) - u32::from(at < self.latest);
        let one = self.three.get(nth as usize).unwrap_or(&self.three[1]);
        let is_in = at.wrapping_sub(one.start).cast_unsigned() < one.width;
        (if is_in { self.first.wrapping_add(nth) } else { NOWHERE }, one.contents)
    }

    /// What is in a stretch that was found.
    #[inline]
    pub(super) fn contents_of(&self, nth: u32) -> Option<&'a Table<K, A>> {
        self.three.get(nth.wrapping_sub(self.first) as usize).map(|one| one.contents)
    }
}

/// Puts tuples together that are in one of three stretches and in the same 64 tuples of their root batch: `keep` is
/// told which stretch, which 64, and a bit for each tuple.
#[inline]
pub(super) fn by_word(tuples: impl Iterator<Item = (u32, usize)>, mut keep: impl FnMut(usize, u32, u64)) {
    let mut keep_all = |word: u32, of_three: [u64; 3]| {
        for (nth, bits) in of_three.into_iter().enumerate().filter(|(_, bits)| *bits != 0) {
            keep(nth, word, bits);
        }
    };
    let (mut word, mut of_three) = (0, [0; 3]);
    for (root, nth) in tuples {
        if root / 64 != word {
            keep_all(word, of_three);
            (word, of_three) = (root / 64, [0; 3]);
        }
        if let Some(bits) = of_three.get_mut(nth) {
            *bits |= 1 << (root % 64);
        }
    }
    keep_all(word, of_three);
}
