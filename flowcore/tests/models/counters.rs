//! A snapshot reads counters while tasks write them.

use std::sync::Arc;

use loom::thread;

use super::process::engine::Counters;
use super::{explore, join};

#[test]
fn a_count_never_goes_back_and_ends_with_the_sum_of_what_all_tasks_added() {
    explore("two tasks count, a snapshot is taken twice", Some(3), || {
        let counters = Arc::new(Counters::default());
        let tasks = [1, 2].map(|tuples| {
            let counters = Arc::clone(&counters);
            thread::spawn(move || {
                counters.executed.add(tuples);
                counters.waiting.raise(1);
                counters.waiting.lower(1);
            })
        });
        let seen = [counters.executed.get(), counters.executed.get()];
        assert!(seen[0] <= seen[1] && seen[1] <= 3, "{seen:?}");
        assert!(counters.waiting.get() <= 2);
        join(tasks);
        assert_eq!((counters.executed.get(), counters.waiting.get()), (3, 0));
    });
}
