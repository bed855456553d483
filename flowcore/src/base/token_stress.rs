//! Tokens and roots under many threads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use flowcore_testkit::Random;

use super::{Completion, DeliveryError, Failure, LossKind, Token, TokenSet, Work};

const THREADS: u64 = 4;
const ROUNDS: u64 = 500;

/// Answers a token after it was split, joined and handed on at random. Returns whether some share failed.
fn answer(token: Token, random: &mut Random, depth: u32) -> bool {
    match if depth == 0 { random.below(3) } else { random.below(6) } {
        0 | 1 if random.percent(95) => {
            token.ack();
            false
        }
        0..=2 => {
            token.fail(DeliveryError::new("test", LossKind::Failed));
            true
        }
        3 => {
            let share = token.share();
            let first = answer(token, random, depth - 1);
            answer(share, random, depth - 1) | first
        }
        4 => {
            let mut set = TokenSet::default();
            set.insert(token.share());
            set.insert(token);
            let share = set.share();
            let first = answer(Token::joint(set), random, depth - 1);
            answer(Token::joint(share), random, depth - 1) | first
        }
        _ => {
            let work = Work::anchored_to(token);
            let kept = work.token(7);
            drop(work);
            answer(kept, random, depth - 1)
        }
    }
}

#[test]
fn a_token_shared_by_many_threads_is_answered_once_and_succeeds_only_if_every_share_did() {
    for round in 0..ROUNDS {
        let (told, expected) = (Arc::new(Mutex::new(Vec::new())), AtomicU32::new(0));
        let tell = Arc::clone(&told);
        let token = Token::new(move |outcome| tell.lock().unwrap().push(outcome.is_ok()));
        let shares: Vec<Token> = (1..THREADS).map(|_| token.share()).collect();
        thread::scope(|scope| {
            for (thread, share) in shares.into_iter().chain([token]).enumerate() {
                let expected = &expected;
                scope.spawn(move || {
                    let mut random = Random::new(round * THREADS + thread as u64);
                    expected.fetch_add(u32::from(answer(share, &mut random, 6)), Ordering::Relaxed);
                });
            }
        });
        let ok = expected.into_inner() == 0;
        assert_eq!(*told.lock().unwrap(), [ok], "round {round}");
    }
}

#[derive(Default)]
struct Told {
    done: AtomicU32,
    settled: AtomicU32,
    failures: AtomicU32,
}

impl Completion for Told {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        self.failures.fetch_add(u32::try_from(failures.len()).unwrap(), Ordering::Relaxed);
        self.settled.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_root_settles_once_with_every_failure_whoever_lets_go_last() {
    for round in 0..ROUNDS {
        let told = Arc::new(Told::default());
        let work = Work::root(Arc::clone(&told) as Arc<dyn Completion>, 1);
        let failed = AtomicU32::new(0);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (work, failed) = (work.clone(), &failed);
                scope.spawn(move || {
                    let mut random = Random::new(round * THREADS + thread);
                    let index = u32::try_from(thread).unwrap();
                    let tokens: Vec<Token> = (0..random.below(4)).map(|_| work.token(index)).collect();
                    drop(work);
                    let mut any = false;
                    for token in tokens {
                        any |= answer(token, &mut random, 3);
                    }
                    failed.fetch_add(u32::from(any), Ordering::Relaxed);
                });
            }
            drop(work);
        });
        assert_eq!(told.settled.load(Ordering::Relaxed), 1, "round {round}");
        assert!(told.done.load(Ordering::Relaxed) <= 1, "round {round}");
        assert!(told.failures.load(Ordering::Relaxed) >= failed.into_inner(), "round {round}");
    }
}
