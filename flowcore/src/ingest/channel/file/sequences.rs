use std::collections::BTreeMap;
use std::ops::Range;

/// A set of sequence numbers that has all below a floor and few stretches above it: what was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SequenceSet {
    floor: u64,
    above: BTreeMap<u64, u64>,
}

impl SequenceSet {
    /// All numbers below `floor`.
    pub(super) fn below(floor: u64) -> Self {
        Self { floor, above: BTreeMap::new() }
    }

    pub(super) fn floor(&self) -> u64 {
        self.floor
    }

    /// No number of the set is as large.
    pub(super) fn end(&self) -> u64 {
        self.above.last_key_value().map_or(self.floor, |(_, &end)| end)
    }

    /// The stretches above the floor, in order.
    pub(super) fn above(&self) -> impl ExactSizeIterator<Item = Range<u64>> {
        self.above.iter().map(|(&from, &to)| from..to)
    }

    pub(super) fn insert(&mut self, range: Range<u64>) {
        let (mut from, mut to) = (range.start.max(self.floor), range.end);
        if from >= to {
            return;
        }
        if let Some((&before, &end)) = self.above.range(..=from).next_back()
            && end >= from
        {
            from = before;
            to = to.max(end);
            self.above.remove(&before);
        }
        while let Some((&next, &end)) = self.above.range(from..=to).next() {
            to = to.max(end);
            self.above.remove(&next);
        }
        if from <= self.floor {
            self.floor = to;
        } else {
            self.above.insert(from, to);
        }
    }

    pub(super) fn insert_all(&mut self, other: &Self) {
        self.insert(0..other.floor);
        for range in other.above() {
            self.insert(range);
        }
    }

    pub(super) fn covers(&self, range: &Range<u64>) -> bool {
        self.missing(range.clone()).next().is_none()
    }

    /// The stretches of `range` that are not in the set, in order.
    pub(super) fn missing(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let mut from = range.start.max(self.floor);
        if let Some((_, &end)) = self.above.range(..=from).next_back() {
            from = from.max(end);
        }
        let end = range.end;
        let mut covered = self.above.range(from.min(end)..end);
        std::iter::from_fn(move || {
            while from < end {
                let (start, next) = covered.next().map_or((end, end), |(&start, &next)| (start, next));
                let gap = from..start;
                from = next;
                if !gap.is_empty() {
                    return Some(gap);
                }
            }
            None
        })
    }

    /// How many numbers of `range` are not in the set.
    pub(super) fn count_missing(&self, range: Range<u64>) -> u64 {
        self.missing(range).map(|gap| gap.end - gap.start).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_agrees_with_a_set_of_numbers() {
        for seed in 0..200u64 {
            let mut state = seed;
            let mut below = |limit: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % limit
            };
            let (mut set, mut model) = (SequenceSet::below(5), (0..5).collect::<BTreeSet<u64>>());
            for _ in 0..40 {
                let from = below(60);
                let range = from..from + below(9);
                set.insert(range.clone());
                model.extend(range);
                let from = below(70);
                let asked = from..from + below(30);
                let missing: Vec<u64> = set.missing(asked.clone()).flatten().collect();
                let expected: Vec<u64> = asked.clone().filter(|n| !model.contains(n)).collect();
                assert_eq!(missing, expected, "seed {seed}");
                assert_eq!(set.covers(&asked), expected.is_empty(), "seed {seed}");
                assert_eq!(Some(set.end()), model.last().map(|last| last + 1), "seed {seed}");
            }
        }
    }

    #[test]
    fn neighbours_become_one_stretch() {
        let mut set = SequenceSet::below(0);
        set.insert(5..7);
        set.insert(9..12);
        set.insert(7..9);
        assert_eq!((set.above().next(), set.above().len()), (Some(5..12), 1));
        set.insert(0..5);
        assert_eq!((set.floor(), set.above().len()), (12, 0));
    }
}
