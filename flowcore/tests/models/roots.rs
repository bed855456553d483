//! Root batches: *done* when no task has work left, *settled* when every share is answered.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::thread;

use super::base::{Completion, DeliveryError, Failure, LossKind, Token, Work};
use super::{explore, join};

/// Notices of one root. Plain: it adds no step.
#[derive(Default)]
struct Told {
    done: AtomicU32,
    settled: Mutex<Vec<Vec<u32>>>,
    /// Shares that somebody still owes an answer for.
    owed: AtomicU32,
    working: AtomicU32,
    early: AtomicU32,
}

impl Completion for Told {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.early.fetch_add(self.working.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        let mut indices: Vec<u32> = failures.into_iter().map(|failure| failure.index).collect();
        indices.sort_unstable();
        indices.dedup();
        self.settled.lock().unwrap().push(indices);
        let open = self.owed.load(Ordering::Relaxed) + self.working.load(Ordering::Relaxed);
        self.early.fetch_add(open, Ordering::Relaxed);
    }
}

impl Told {
    fn work(self: &Arc<Self>) -> Work {
        Work::root(Arc::clone(self) as Arc<dyn Completion>, 1)
    }

    fn begin(&self) {
        self.working.fetch_add(1, Ordering::Relaxed);
    }

    fn end(&self, work: Work) {
        self.working.fetch_sub(1, Ordering::Relaxed);
        drop(work);
    }

    fn keep(&self, work: &Work, index: u32) -> Token {
        self.owed.fetch_add(1, Ordering::Relaxed);
        work.token(index)
    }

    fn answer(&self, token: Token, ok: bool) {
        self.owed.fetch_sub(1, Ordering::Relaxed);
        if ok { token.ack() } else { token.fail(failure()) }
    }

    /// Settled once, with these failures, and nothing was told too early.
    fn check(&self, failed: &[u32]) {
        assert_eq!(*self.settled.lock().unwrap(), [failed]);
        assert!(self.done.load(Ordering::Relaxed) <= 1, "done more than once");
        assert_eq!(self.early.load(Ordering::Relaxed), 0, "told while a share was open");
    }
}

fn failure() -> DeliveryError {
    DeliveryError::new("test", LossKind::Failed)
}

#[test]
fn a_root_is_settled_once_and_last_with_the_failures_of_every_thread() {
    explore("three tasks fail a tuple each of one root", None, || {
        let told = Arc::new(Told::default());
        let work = told.work();
        told.begin();
        let threads = [0, 1].map(|index| {
            let (work, told) = (work.clone(), Arc::clone(&told));
            told.begin();
            thread::spawn(move || {
                work.fail(index, failure());
                told.end(work);
            })
        });
        work.fail(2, failure());
        told.end(work);
        join(threads);
        told.check(&[0, 1, 2]);
        assert_eq!(told.done.load(Ordering::Relaxed), 0, "nobody kept anything");
    });
}

#[test]
fn a_kept_tuple_delays_the_settling_and_not_what_else_is_done() {
    for ok in [true, false] {
        explore("one task keeps a tuple, another works", None, move || {
            let told = Arc::new(Told::default());
            let work = told.work();
            let keeper = {
                let (work, told) = (work.clone(), Arc::clone(&told));
                told.begin();
                thread::spawn(move || {
                    let token = told.keep(&work, 7);
                    told.end(work);
                    told.answer(token, ok);
                })
            };
            told.begin();
            told.end(work);
            keeper.join().unwrap();
            told.check(if ok { &[] } else { &[7] });
        });
    }
}

/// A window: what two threads sent is kept by a third, and its result goes on to a fourth.
#[test]
fn what_is_anchored_to_a_kept_tuple_settles_its_root_from_wherever_it_ends() {
    for ok in [true, false] {
        explore("a result is anchored to a kept tuple and handed on", None, move || {
            let told = Arc::new(Told::default());
            let work = told.work();
            told.begin();
            let token = told.keep(&work, 3);
            let result = Work::anchored_to(token);
            let copies = [result.clone(), result];
            let threads = copies.map(|copy| {
                let told = Arc::clone(&told);
                told.owed.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || {
                    if !ok {
                        copy.fail(0, failure());
                    }
                    told.owed.fetch_sub(1, Ordering::Relaxed);
                    drop(copy);
                })
            });
            // Kept by the result from here on.
            told.owed.fetch_sub(1, Ordering::Relaxed);
            told.end(work);
            join(threads);
            told.check(if ok { &[] } else { &[3] });
        });
    }
}
