use std::collections::BTreeMap;

use flowcore::base::{DeliveryError, LossKind, Token};
use flowcore::process::progress::{Offered, OffsetError, OffsetProgress, OffsetTracker, PartitionOffsets};
use flowcore_testkit::Random;

use crate::seeds::Seed;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Open,
    Safe,
    Failed,
}

/// Remembers every offset for ever.
#[derive(Default)]
struct Model {
    fates: BTreeMap<u64, Fate>,
    next: u64,
}

impl Model {
    fn committable(&self) -> u64 {
        self.fates.iter().find(|(_, fate)| **fate != Fate::Safe).map_or(self.next, |(offset, _)| *offset)
    }

    fn some(&self, random: &mut Random, fate: Fate) -> Option<u64> {
        let all: Vec<_> =
            self.fates.iter().filter(|(_, is)| **is == fate).map(|(offset, _)| *offset).collect();
        (!all.is_empty()).then(|| all[random.index(all.len())])
    }
}

#[test]
fn the_committable_offset_is_the_first_that_is_not_safe_in_whatever_order_they_become_safe() {
    for seed in 0..500 {
        let _said = Seed(seed);
        let mut random = Random::new(seed);
        let limit = 1 + random.index(40);
        let start = random.below(1_000);
        let mut model = Model { next: start, ..Model::default() };
        let mut tracker = OffsetTracker::new(start, limit);
        for _ in 0..400 {
            match random.below(8) {
                0..=3 => {
                    let offset = model.next + [0, 0, 0, 7][random.index(4)];
                    let waiting = model.fates.range(model.committable()..).count();
                    if waiting >= limit {
                        assert_eq!(tracker.offer(offset), Err(OffsetError::Full { offset, limit }));
                    } else {
                        assert_eq!(tracker.offer(offset), Ok(Offered::Emit));
                        model.fates.insert(offset, Fate::Open);
                        model.next = offset + 1;
                    }
                }
                4 | 5 => {
                    if let Some(offset) = model.some(&mut random, Fate::Open) {
                        let before = model.committable();
                        model.fates.insert(offset, Fate::Safe);
                        assert_eq!(tracker.acknowledge(offset), Ok(model.committable() > before));
                    }
                }
                6 => {
                    if let Some(offset) = model.some(&mut random, Fate::Open) {
                        model.fates.insert(offset, Fate::Failed);
                        assert_eq!(tracker.fail(offset), Ok(()));
                    }
                }
                _ => {
                    // Everything from the first failure on is read again.
                    let from = tracker.first_failed().unwrap_or(model.next);
                    for (&offset, fate) in model.fates.range_mut(from..) {
                        let offered = if *fate == Fate::Failed { Offered::Emit } else { Offered::Skip };
                        assert_eq!(tracker.offer(offset), Ok(offered));
                        *fate = if *fate == Fate::Failed { Fate::Open } else { *fate };
                    }
                }
            }
            assert_eq!(tracker.committable(), model.committable());
            assert_eq!(tracker.waiting(), model.fates.range(model.committable()..).count());
            assert!(tracker.waiting() <= limit);
            assert_eq!(tracker.next(), model.next);
            let failed = model.fates.iter().find(|(_, fate)| **fate == Fate::Failed);
            assert_eq!(tracker.first_failed(), failed.map(|(offset, _)| *offset));
        }
    }
}

#[test]
fn an_offset_in_a_gap_or_one_that_was_never_read_is_an_error_and_changes_nothing() {
    let mut tracker = OffsetTracker::new(10, 100);
    tracker.offer(10).unwrap();
    tracker.offer(20).unwrap();
    assert_eq!(tracker.offer(15), Err(OffsetError::OutOfOrder { offset: 15, next: 21 }));
    assert_eq!(tracker.acknowledge(15), Err(OffsetError::Unknown { offset: 15 }));
    assert_eq!(tracker.fail(30), Err(OffsetError::Unknown { offset: 30 }));
    assert_eq!(tracker.offer(9), Ok(Offered::Skip), "before the committable one, all is safe");
    assert_eq!((tracker.committable(), tracker.waiting()), (10, 2));
    let text = OffsetError::Full { offset: 7, limit: 3 }.to_string();
    assert_eq!(text, "offset 7 has no place: 3 are waiting");
}

fn failed() -> DeliveryError {
    DeliveryError::new("a bolt", LossKind::Failed)
}

fn tokens(
    offsets: &mut PartitionOffsets<&'static str>,
    of: &'static str,
    range: std::ops::Range<u64>,
) -> Vec<Token> {
    range.filter_map(|offset| offsets.token(&of, offset).unwrap()).collect()
}

#[test]
fn each_partition_advances_alone_and_many_answers_are_told_as_one() {
    let mut offsets = PartitionOffsets::new(100);
    offsets.assign("a", 0);
    offsets.assign("b", 50);
    let (a, b) = (tokens(&mut offsets, "a", 0..10), tokens(&mut offsets, "b", 50..60));
    let mut b = b.into_iter();
    let first = b.next().unwrap();
    b.for_each(Token::ack);
    assert!(offsets.try_next().is_none(), "b's first is open");
    a.into_iter().rev().for_each(Token::ack);
    let told = offsets.try_next();
    assert!(matches!(told, Some(OffsetProgress::Safe { partition: "a", committable: 10 })), "{told:?}");
    assert!(offsets.try_next().is_none());
    first.ack();
    let told = offsets.try_next();
    assert!(matches!(told, Some(OffsetProgress::Safe { partition: "b", committable: 60 })), "{told:?}");
}

#[test]
fn a_failure_says_which_offset_to_read_again_and_what_is_under_way_is_not_emitted_twice() {
    let mut offsets = PartitionOffsets::new(100);
    offsets.assign("a", 0);
    let mut first = tokens(&mut offsets, "a", 0..4);
    let under_way = first.pop().unwrap();
    let mut first = first.into_iter();
    first.next().unwrap().ack();
    first.next().unwrap().fail(failed());
    first.next().unwrap().ack();
    let told = offsets.try_next();
    let Some(OffsetProgress::Failed { partition: "a", offset: 1, error }) = told else { panic!("{told:?}") };
    assert_eq!(error.component(), "a bolt");
    assert!(matches!(offsets.try_next(), Some(OffsetProgress::Safe { committable: 1, .. })));
    let again = tokens(&mut offsets, "a", 1..4);
    assert_eq!(again.len(), 1, "2 is safe, 3 is under way");
    again.into_iter().for_each(Token::ack);
    under_way.ack();
    assert!(matches!(offsets.try_next(), Some(OffsetProgress::Safe { committable: 4, .. })));
}

#[test]
fn answers_for_a_partition_that_was_revoked_say_nothing_about_its_next_assignment() {
    let mut offsets = PartitionOffsets::new(100);
    offsets.assign("a", 0);
    let old = tokens(&mut offsets, "a", 0..3);
    assert_eq!(offsets.revoke(&"a"), Some(0));
    assert_eq!(offsets.token(&"a", 3).unwrap_err(), OffsetError::NotAssigned { offset: 3 });
    assert!(offsets.is_full(&"a"));
    offsets.assign("a", 0);
    let new = tokens(&mut offsets, "a", 0..2);
    old.into_iter().for_each(Token::ack);
    assert!(offsets.try_next().is_none());
    assert_eq!(offsets.committable(&"a"), Some(0));
    new.into_iter().for_each(Token::ack);
    assert!(matches!(offsets.try_next(), Some(OffsetProgress::Safe { committable: 2, .. })));
}

#[tokio::test]
async fn next_waits_until_an_offset_can_be_committed() {
    let mut offsets = PartitionOffsets::new(2);
    offsets.assign("a", 7);
    let mut open = tokens(&mut offsets, "a", 7..9).into_iter();
    assert!(offsets.is_full(&"a"));
    let (first, second) = (open.next().unwrap(), open.next().unwrap());
    let answer = async move {
        second.ack();
        tokio::task::yield_now().await;
        first.ack();
    };
    let (told, ()) = tokio::join!(offsets.next(), answer);
    assert!(matches!(told, OffsetProgress::Safe { committable: 9, .. }), "{told:?}");
}
