//! The memory of batches comes home from whatever task was the last to read it.

use std::sync::Arc;

use loom::thread;

use super::process::batch::Pool;
use super::process::tuple::TupleBatch;
use super::{explore, join};

#[test]
fn a_batch_that_comes_home_is_empty_and_belongs_to_nobody_else() {
    explore("a load's last reader is one of two, its maker takes the next", None, || {
        let pool = Pool::<u64>::new();
        let mut load = pool.load();
        TupleBatch::<u64>::push(&mut load.items, 7);
        load.roots.extend_to(1, 0);
        let load = Arc::new(load);
        let readers = [Arc::clone(&load), load].map(|load| {
            thread::spawn(move || {
                assert_eq!(TupleBatch::<u64>::get(&load.items, 0), Some(&7), "changed while it was read");
            })
        });
        for tuple in [8, 9] {
            let mut next = pool.load();
            assert!(next.is_empty());
            assert_eq!(TupleBatch::<u64>::get(&next.items, 0), None, "it still had its tuples");
            TupleBatch::<u64>::push(&mut next.items, tuple);
            next.roots.extend_to(1, 0);
        }
        join(readers);
    });
}
