use std::collections::BTreeSet;

use flowcore::base::{DeliveryError, LossKind, Token};
use flowcore::process::progress::{DeliveryTags, TagAnswer, TagError};
use flowcore_testkit::Random;

use crate::seeds::Seed;

/// A queue that knows what it has delivered, and what of it is safe or has failed.
#[derive(Default)]
struct Queue {
    delivered: BTreeSet<u64>,
    safe: BTreeSet<u64>,
    failed: BTreeSet<u64>,
    up_to: bool,
}

impl Queue {
    fn hear(&mut self, answer: &TagAnswer) {
        match *answer {
            TagAnswer::Ack { tag } => {
                assert!(self.safe.contains(&tag), "{tag} is not safe");
                assert!(self.delivered.remove(&tag), "{tag} was answered before");
            }
            TagAnswer::AckUpTo { tag } => {
                assert!(self.up_to);
                let answered: Vec<_> = self.delivered.range(..=tag).copied().collect();
                assert!(answered.len() > 1, "a single answer would do");
                for tag in answered {
                    assert!(self.safe.contains(&tag), "{tag} is not safe");
                    self.delivered.remove(&tag);
                }
            }
            TagAnswer::Requeue { tag, .. } => {
                assert!(self.failed.contains(&tag), "{tag} has not failed");
                assert!(self.delivered.remove(&tag), "{tag} was answered before");
            }
        }
    }
}

fn failed() -> DeliveryError {
    DeliveryError::new("a bolt", LossKind::Failed)
}

#[test]
fn every_delivery_is_answered_once_and_only_what_is_safe_is_acknowledged() {
    for seed in 0..500 {
        let _said = Seed(seed);
        let mut random = Random::new(seed);
        let limit = 1 + random.index(30);
        let mut queue = Queue { up_to: random.percent(50), ..Queue::default() };
        let mut tags = DeliveryTags::new(limit);
        if !queue.up_to {
            tags = tags.one_by_one();
        }
        let (mut open, mut last): (Vec<(u64, Token)>, u64) = (Vec::new(), 0);
        for step in 0..600 {
            let draining = step >= 300;
            if !draining && random.percent(50) && !tags.is_full() {
                last += 1 + random.below(3);
                queue.delivered.insert(last);
                open.push((last, tags.token(last).unwrap()));
            } else if !open.is_empty() && (draining || random.percent(50)) {
                let (tag, token) = open.swap_remove(random.index(open.len()));
                if random.percent(20) {
                    queue.failed.insert(tag);
                    token.fail(failed());
                } else {
                    queue.safe.insert(tag);
                    token.ack();
                }
            }
            if random.percent(30) {
                while let Some(answer) = tags.try_next() {
                    queue.hear(&answer);
                }
                let settled = queue.safe.len() + queue.failed.len();
                let known = settled + open.len();
                assert_eq!(queue.delivered.len(), open.len(), "all that is settled of {known} was told");
            }
            assert!(tags.open() <= limit);
        }
        while let Some(answer) = tags.try_next() {
            queue.hear(&answer);
        }
        assert_eq!((queue.delivered.len(), tags.open()), (0, 0));
    }
}

#[test]
fn a_delivery_that_takes_long_does_not_hold_up_the_answers_of_those_behind_it() {
    let mut tags = DeliveryTags::new(10);
    let slow = tags.token(1).unwrap();
    for tag in 2..5 {
        tags.token(tag).unwrap().ack();
    }
    for expected in 2..5 {
        assert!(matches!(tags.try_next(), Some(TagAnswer::Ack { tag }) if tag == expected));
    }
    assert!(tags.try_next().is_none());
    tags.token(5).unwrap().ack();
    slow.ack();
    let told = tags.try_next();
    assert!(matches!(told, Some(TagAnswer::AckUpTo { tag: 5 })), "{told:?}");
    assert_eq!(tags.open(), 0);
}

#[test]
fn tags_ascend_and_no_more_are_open_than_may_be() {
    let mut tags = DeliveryTags::new(2);
    let first = tags.token(4).unwrap();
    assert_eq!(tags.token(4).unwrap_err(), TagError::OutOfOrder { tag: 4, last: 4 });
    let second = tags.token(6).unwrap();
    let error = tags.token(7).unwrap_err();
    assert_eq!(error, TagError::Full { tag: 7, limit: 2 });
    assert_eq!(error.to_string(), "delivery 7 has no place: 2 are open");
    first.ack();
    drop(second);
    assert!(matches!(tags.try_next(), Some(TagAnswer::Requeue { tag: 6, .. })));
    assert!(matches!(tags.try_next(), Some(TagAnswer::Ack { tag: 4 })));
    assert!(!tags.is_full());
}
