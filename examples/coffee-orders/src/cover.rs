//! Which lines of the input have been counted.

use flowcore::base::FileIdentity;

/// Where a line is: a file, whatever its name, and the bytes from its first to behind its newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileIdentity,
    /// Which content of it: after a cut-off the same offsets are other lines.
    pub generation: u64,
    /// The offset of the line's first byte.
    pub start: u64,
    /// The offset behind its last byte.
    pub end: u64,
}

/// A set of places, kept as the ranges of bytes that they fill: lines that follow each other are one range.
///
/// ```
/// use coffee_orders::cover::{Cover, Place};
/// use flowcore::base::FileIdentity;
/// let file = FileIdentity { device: 1, inode: 7 };
/// let mut cover = Cover::default();
/// let place = |start, end| Place { file, generation: 0, start, end };
/// cover.insert(place(100, 150));
/// cover.insert(place(0, 100));
/// assert!(cover.contains(place(50, 150)));
/// assert!(!cover.contains(Place { generation: 1, ..place(50, 150) }));
/// assert_eq!(cover.ranges().count(), 1);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// Sorted by file. A program follows few files: a list is faster than a map.
    files: Vec<(Content, Vec<Range>)>,
}

/// A file and its generation.
type Content = (FileIdentity, u64);

/// Bytes of a file; never empty. Ranges of a file are sorted and do not touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    start: u64,
    end: u64,
}

impl Place {
    fn content(&self) -> Content {
        (self.file, self.generation)
    }
}

impl Cover {
    /// Adds a place; what of it is there already stays. A place without bytes adds nothing.
    pub fn insert(&mut self, place: Place) {
        if place.start >= place.end {
            return;
        }
        let index = match self.find(place.content()) {
            Ok(index) => index,
            Err(index) => {
                self.files.insert(index, (place.content(), Vec::new()));
                index
            }
        };
        insert(&mut self.files[index].1, Range { start: place.start, end: place.end });
    }

    /// Whether every byte of the place is in it.
    pub fn contains(&self, place: Place) -> bool {
        let Ok(index) = self.find(place.content()) else { return place.start >= place.end };
        let ranges = &self.files[index].1;
        let next = ranges.partition_point(|range| range.end < place.end);
        place.start >= place.end || ranges.get(next).is_some_and(|range| range.start <= place.start)
    }

    /// Whether a byte of the place is in it.
    pub fn overlaps(&self, place: Place) -> bool {
        let Ok(index) = self.find(place.content()) else { return false };
        let ranges = &self.files[index].1;
        let next = ranges.partition_point(|range| range.end <= place.start);
        place.start < place.end && ranges.get(next).is_some_and(|range| range.start < place.end)
    }

    /// Adds all of another, in time linear in both.
    pub fn merge(&mut self, other: &Self) {
        for (file, ranges) in &other.files {
            match self.find(*file) {
                Ok(index) => merge(&mut self.files[index].1, ranges),
                Err(index) => self.files.insert(index, (*file, ranges.clone())),
            }
        }
    }

    /// The ranges, as places, sorted by file and start. How many there are is how much memory it takes.
    pub fn ranges(&self) -> impl Iterator<Item = Place> {
        self.files.iter().flat_map(|(file, ranges)| {
            let (file, generation) = *file;
            ranges.iter().map(move |range| Place { file, generation, start: range.start, end: range.end })
        })
    }

    /// How many [`ranges`](Self::ranges) it has; each takes 16 bytes.
    pub fn len(&self) -> usize {
        self.files.iter().map(|(_, ranges)| ranges.len()).sum()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is in it, leaving nothing behind.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    fn find(&self, file: Content) -> Result<usize, usize> {
        self.files.binary_search_by_key(&file, |(known, _)| *known)
    }
}

fn insert(ranges: &mut Vec<Range>, new: Range) {
    // Lines mostly come in their order.
    match ranges.last_mut() {
        Some(last) if last.end == new.start => return last.end = new.end,
        Some(last) if last.end > new.start => {}
        _ => return ranges.push(new),
    }
    let first = ranges.partition_point(|range| range.end < new.start);
    let behind = first + ranges[first..].partition_point(|range| range.start <= new.end);
    let touched = &ranges[first..behind];
    let start = touched.first().map_or(new.start, |range| range.start.min(new.start));
    let end = touched.last().map_or(new.end, |range| range.end.max(new.end));
    ranges.splice(first..behind, [Range { start, end }]);
}

fn merge(ranges: &mut Vec<Range>, others: &[Range]) {
    ranges.extend_from_slice(others);
    // Two sorted runs: the sort finds them.
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, kept| {
        let touches = next.start <= kept.end;
        if touches {
            kept.end = kept.end.max(next.end);
        }
        touches
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::generator::SplitMix;

    fn place(random: &mut SplitMix) -> Place {
        let file = FileIdentity { device: 1, inode: random.below(2) };
        let start = random.below(60);
        Place { file, generation: random.below(2), start, end: start + random.below(6) }
    }

    /// Of which file, of which generation, and where.
    type Byte = (u64, u64, u64);

    fn bytes(place: Place) -> impl Iterator<Item = Byte> {
        (place.start..place.end).map(move |byte| (place.file.inode, place.generation, byte))
    }

    #[test]
    fn a_cover_is_the_set_of_its_bytes() {
        for seed in 0..200 {
            println!("seed {seed}");
            let mut random = SplitMix::new(seed);
            let (mut cover, mut model) = (Cover::default(), BTreeSet::new());
            for _ in 0..40 {
                let new = place(&mut random);
                cover.insert(new);
                model.extend(bytes(new));
                assert_eq!(cover.ranges().flat_map(bytes).collect::<Vec<_>>(), model_bytes(&model));
                let asked = place(&mut random);
                assert_eq!(cover.contains(asked), bytes(asked).all(|byte| model.contains(&byte)));
                assert_eq!(cover.overlaps(asked), bytes(asked).any(|byte| model.contains(&byte)));
            }
            let ranges: Vec<Place> = cover.ranges().collect();
            assert_eq!(ranges.len(), cover.len());
            for pair in ranges.windows(2) {
                assert!(
                    pair[0].content() < pair[1].content() || pair[0].end < pair[1].start,
                    "{pair:?} touch"
                );
            }
        }
    }

    #[test]
    fn a_merged_cover_is_what_inserting_each_place_gives() {
        for seed in 0..100 {
            println!("seed {seed}");
            let mut random = SplitMix::new(seed);
            let (mut left, mut right, mut both) = (Cover::default(), Cover::default(), Cover::default());
            for _ in 0..20 {
                let (one, two) = (place(&mut random), place(&mut random));
                left.insert(one);
                right.insert(two);
                both.insert(one);
                both.insert(two);
            }
            left.merge(&right);
            assert_eq!(left, both);
        }
    }

    fn model_bytes(model: &BTreeSet<Byte>) -> Vec<Byte> {
        model.iter().copied().collect()
    }

    #[test]
    fn covers_merged_in_any_order_are_one_range_where_lines_follow_each_other() {
        let file = FileIdentity { device: 1, inode: 1 };
        let line = |n: u64| Place { file, generation: 0, start: n * 10, end: n * 10 + 10 };
        let (mut even, mut odd) = (Cover::default(), Cover::default());
        (0..100).step_by(2).for_each(|n| even.insert(line(n)));
        (0..50).rev().for_each(|n| odd.insert(line(n * 2 + 1)));
        assert_eq!((even.len(), odd.len()), (50, 50));
        even.merge(&odd);
        assert_eq!(even.ranges().collect::<Vec<_>>(), [Place { file, generation: 0, start: 0, end: 1000 }]);
    }
}
