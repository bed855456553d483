use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, ThreadId};

use super::batch::{Load, Pool};

/// It owns something: it counts where it is dropped.
struct Owner {
    made_on: ThreadId,
    dropped: Arc<[AtomicUsize; 2]>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let at_home = thread::current().id() == self.made_on;
        self.dropped[usize::from(at_home)].fetch_add(1, Ordering::Relaxed);
    }
}

const TUPLES: usize = 10;

fn filled(pool: &Arc<Pool<Owner>>, dropped: &Arc<[AtomicUsize; 2]>) -> Load<Owner> {
    let mut load = pool.load();
    assert!(load.is_empty());
    let owner = || Owner { made_on: thread::current().id(), dropped: Arc::clone(dropped) };
    load.items.extend((0..TUPLES).map(|_| owner()));
    load.is_filled();
    load
}

#[test]
fn what_a_tuple_owns_is_dropped_on_the_thread_that_filled_its_load() {
    const ROUNDS: usize = 20;
    let (pool, dropped) = (Pool::new(), Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]));
    let (there, given) = mpsc::channel::<Load<Owner>>();
    let (back, returned) = mpsc::channel::<Load<Owner>>();
    thread::scope(|scope| {
        let (pool, dropped) = (&pool, &dropped);
        scope.spawn(move || {
            for load in given {
                // Read by who did not fill it, and given back.
                drop(load);
                back.send(filled(pool, dropped)).unwrap();
            }
        });
        for _ in 0..ROUNDS {
            there.send(filled(pool, dropped)).unwrap();
            drop(returned.recv().unwrap());
        }
        drop(there);
    });
    let [away, at_home] = [0, 1].map(|at: usize| dropped[at].load(Ordering::Relaxed));
    assert_eq!(away, 0);
    assert_eq!(at_home, 2 * TUPLES * (ROUNDS - 1), "all but the last load of each thread");
}

#[test]
fn loads_of_threads_that_do_not_come_again_are_used_up() {
    let (pool, dropped) = (Pool::new(), Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]));
    for _ in 0..200 {
        thread::scope(|scope| {
            drop(scope.spawn(|| filled(&pool, &dropped)).join().unwrap());
        });
    }
    let dropped = dropped[0].load(Ordering::Relaxed);
    assert_eq!(dropped, TUPLES * (200 - 32), "the pool keeps as many as are enough");
}
