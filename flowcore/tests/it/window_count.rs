//! Count windows, case by case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use flowcore::base::Timestamp;
use flowcore::process::window::{Aggregate, Collect, CountWindows, WindowSpec};

/// The tuple that closed a window, and what was in it.
type Closed = (u64, Vec<u64>);

/// What closes after each of the tuples 1, 2, 3 … and what is open at the end.
fn closed_after_each(size: u64, slide: u64, tuples: u64) -> (Vec<Closed>, Vec<Vec<u64>>) {
    let mut windows = CountWindows::<Collect<u64>>::new(WindowSpec::sliding_count(size, slide).unwrap());
    let mut all = Vec::new();
    for tuple in 1..=tuples {
        windows.add(Timestamp::MIN, |items| items.add(&tuple));
        all.extend(windows.close(Timestamp::MIN).map(|closed| (tuple, closed.contents.into_vec())));
    }
    assert_eq!(windows.next_close(), None, "no timer closes a count window");
    let rest = windows.flush().map(|closed| closed.contents.into_vec()).collect();
    (all, rest)
}

#[test]
fn a_tumbling_window_closes_with_its_last_tuple() {
    let (closed, rest) = closed_after_each(3, 3, 7);
    assert_eq!(closed, [(3, vec![1, 2, 3]), (6, vec![4, 5, 6])]);
    assert_eq!(rest, [vec![7]]);
}

#[test]
fn the_first_sliding_windows_hold_what_there_is() {
    let (closed, rest) = closed_after_each(5, 2, 7);
    assert_eq!(closed, [(2, vec![1, 2]), (4, vec![1, 2, 3, 4]), (6, vec![2, 3, 4, 5, 6])]);
    assert_eq!(rest, [vec![4, 5, 6, 7], vec![6, 7]]);
}

#[test]
fn a_slide_of_one_closes_with_every_tuple() {
    let (closed, rest) = closed_after_each(2, 1, 3);
    assert_eq!(closed, [(1, vec![1]), (2, vec![1, 2]), (3, vec![2, 3])]);
    assert_eq!(rest, [vec![3]]);
}

#[test]
fn tuples_between_windows_are_in_none() {
    let (closed, rest) = closed_after_each(2, 5, 9);
    assert_eq!(closed, [(5, vec![4, 5])]);
    assert_eq!(rest, [vec![9]]);
}

#[test]
fn bounds_are_ordinals_and_start_with_the_first_tuple() {
    let mut windows = CountWindows::<Collect<u64>>::new(WindowSpec::sliding_count(4, 2).unwrap());
    let mut bounds = Vec::new();
    for tuple in 0..6 {
        windows.add(Timestamp::MIN, |items| items.add(&tuple));
        bounds.extend(windows.close(Timestamp::MIN).map(|closed| (closed.window.start, closed.window.end)));
    }
    assert_eq!(bounds, [(0, 2), (0, 4), (2, 6)]);
}
