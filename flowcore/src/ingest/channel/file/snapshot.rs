use std::ops::Range;

use super::frame::{MOST, u32_at, u64_at};
use super::segment::Segment;
use super::sequences::SequenceSet;

/// What is in the channel, as a record says it: the log before it need not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Snapshot {
    /// The sequence number of the next event.
    pub(super) next: u64,
    pub(super) taken: SequenceSet,
    pub(super) segments: Vec<Known>,
}

/// A segment that has events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: u64,
    pub(super) sequences: Range<u64>,
    pub(super) end: u64,
    pub(super) weight: u64,
}

impl Snapshot {
    pub(super) fn encode(next: u64, taken: &SequenceSet, segments: &[Segment]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + taken.above().len() * 16 + segments.len() * 40);
        for number in [next, taken.floor()] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for count in [taken.above().len(), segments.len()] {
            bytes.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        for range in taken.above() {
            bytes.extend_from_slice(&range.start.to_le_bytes());
            bytes.extend_from_slice(&range.end.to_le_bytes());
        }
        for segment in segments {
            let Segment { id, sequences, end, weight, .. } = segment;
            for number in [*id, sequences.start, sequences.end, *end, *weight] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        bytes
    }

    /// `None` for what [`encode`](Self::encode) does not write.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let next = u64_at(bytes, 0).filter(|next| *next <= MOST)?;
        let mut taken = SequenceSet::below(u64_at(bytes, 8).filter(|floor| *floor <= MOST)?);
        let (ranges, segments) = (u32_at(bytes, 16)?, u32_at(bytes, 20)?);
        let mut rest = Numbers(bytes.get(24..)?);
        for _ in 0..ranges {
            taken.insert(rest.range()?);
        }
        let mut known = Vec::new();
        for _ in 0..segments {
            let id = rest.next().filter(|id| *id < MOST)?;
            known.push(Known { id, sequences: rest.range()?, end: rest.next()?, weight: rest.next()? });
        }
        Some(Self { next, taken, segments: known })
    }
}

/// The body of a record of takes. Reading it ends at what was never written.
pub(super) fn encode_takes(taken: &[Range<u64>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(taken.len() * 16);
    for range in taken {
        bytes.extend_from_slice(&range.start.to_le_bytes());
        bytes.extend_from_slice(&range.end.to_le_bytes());
    }
    bytes
}

pub(super) fn decode_takes(bytes: &[u8]) -> impl Iterator<Item = Range<u64>> {
    let mut numbers = Numbers(bytes);
    std::iter::from_fn(move || numbers.range())
}

struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> Option<u64> {
        let number = u64_at(self.0, 0)?;
        self.0 = self.0.get(8..)?;
        Some(number)
    }

    fn range(&mut self) -> Option<Range<u64>> {
        let range = self.next()?..self.next()?;
        (range.start <= range.end && range.end <= MOST).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let mut taken = SequenceSet::below(7);
        taken.insert(9..12);
        let mut segment = Segment::new(3, 0, "three".into(), 2);
        (segment.sequences, segment.end, segment.weight) = (2..40, 640, 99);
        let bytes = Snapshot::encode(40, &taken, &[segment]);
        let known = Known { id: 3, sequences: 2..40, end: 640, weight: 99 };
        assert_eq!(Snapshot::decode(&bytes), Some(Snapshot { next: 40, taken, segments: vec![known] }));
        for cut in 0..bytes.len() {
            assert_eq!(Snapshot::decode(&bytes[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn takes_are_read_as_they_were_written() {
        let bytes = encode_takes(&[1..5, 9..10]);
        assert_eq!(decode_takes(&bytes).collect::<Vec<_>>(), [1..5, 9..10]);
    }

    #[test]
    fn numbers_that_nobody_reaches_and_stretches_that_end_before_they_begin_are_not_believed() {
        let bytes = Snapshot::encode(40, &SequenceSet::below(7), &[Segment::new(3, 0, "three".into(), 2)]);
        // Next, floor, a segment, the end of its sequence numbers.
        for at in [0, 8, 24, 40] {
            for number in [MOST + 1, u64::MAX] {
                let mut bytes = bytes.clone();
                bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
                assert_eq!(Snapshot::decode(&bytes), None, "{at}");
            }
        }
        let mut backwards = bytes;
        backwards[40..48].copy_from_slice(&1u64.to_le_bytes());
        assert_eq!(Snapshot::decode(&backwards), None);
        let takes: Vec<u8> = [1, 5, 9, 8].map(u64::to_le_bytes).concat();
        assert_eq!(decode_takes(&takes).collect::<Vec<_>>(), vec![Range::<u64> { start: 1, end: 5 }]);
    }
}
