//! Tuples that are kept by the word, against tuples that are kept one by one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use flowcore_testkit::Random;

use super::{Completion, DeliveryError, Failure, LossKind, TokenSet, Work};

#[derive(Default)]
struct Told(Mutex<Vec<u32>>);

impl Completion for Told {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {}

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        self.0.lock().unwrap().extend(failures.into_iter().map(|failure| failure.index));
    }
}

#[test]
fn words_of_tuples_are_those_tuples_one_by_one() {
    for seed in 0..500 {
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let told: [Arc<Told>; 3] = Default::default();
        let works = told.each_ref().map(|told| Work::root(Arc::clone(told) as _, 0));
        let mut set = TokenSet::default();
        let mut expected: [BTreeSet<u32>; 3] = Default::default();
        let (mut of, mut stays, mut len) = (0, BTreeSet::new(), 0);
        for _ in 0..random.below(30) {
            if random.percent(20) {
                of = random.index(3);
                stays.clear();
            }
            let word = u32::try_from(random.below(6)).unwrap();
            let bits = random.below(1 << 20) << random.below(40);
            if random.percent(80) {
                set.keep_word(&works[of], word, bits);
                let kept = (0..64).filter(|bit| bits & (1 << bit) != 0).map(|bit| word * 64 + bit);
                len += kept.clone().filter(|index| stays.insert(*index)).count();
                expected[of].extend(kept);
            } else {
                set.keep(&works[of], word);
                len += usize::from(stays.insert(word));
                expected[of].insert(word);
            }
        }
        // A root that comes again after another one has marks of its own.
        assert!(set.len() <= len && set.len() >= expected.iter().map(BTreeSet::len).sum());
        drop(works);
        set.fail(&DeliveryError::new("test", LossKind::Failed));
        for (told, expected) in told.iter().zip(expected) {
            let told: BTreeSet<u32> = told.0.lock().unwrap().iter().copied().collect();
            assert_eq!(told, expected);
        }
    }
}

#[test]
fn no_tuple_is_no_share() {
    let told = Arc::new(Told::default());
    let work = Work::root(Arc::clone(&told) as _, 0);
    let mut set = TokenSet::default();
    set.keep_word(&work, 3, 0);
    set.keep_word(&Work::default(), 3, 1);
    assert!(set.is_empty());
    set.keep_word(&work, 3, 0b101);
    assert_eq!(set.len(), 2);
    drop(work);
    set.fail(&DeliveryError::new("test", LossKind::Failed));
    assert_eq!(*told.0.lock().unwrap(), [192, 194]);
}
