//! Which results there are, and when.

use flowcore::process::window::Firing::{Early, Late, OnTime};
use flowcore::process::window::{EventWindows, LateReason, SessionSpec, WindowSpec};
use flowcore_testkit::ScriptedSpout;

use super::{at, ms, order, run, tens};

#[test]
fn a_window_gives_its_result_for_each_key_when_the_watermark_has_come_to_its_end() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 0), order(2, 2, 5), order(3, 1, 9)])
        .wait(ms(100))
        .emit([order(4, 1, 10)])
        .wait(ms(100));
    let outcome = run(&script, tens());
    let mut shown = outcome.shown();
    shown[..2].sort();
    assert_eq!(shown, [(0, 1, OnTime, vec![1, 3]), (0, 2, OnTime, vec![2]), (10, 1, OnTime, vec![4])]);
    assert!(outcome.results.iter().all(|result| !result.window.cut_short), "the input came to its end");
    assert_eq!(outcome.results[0].timestamp, at(9), "the last millisecond of the window");
    assert_eq!(outcome.acked(), [1, 2, 3, 4]);
}

#[test]
fn tuples_of_a_window_are_listed_by_timestamp_and_those_with_the_same_one_by_arrival() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 7), order(2, 1, 3), order(3, 1, 7)])
        .emit([order(4, 1, 3), order(5, 1, 0)]);
    let windows = WindowSpec::sliding(ms(10), ms(5)).unwrap();
    let shown = run(&script, windows).shown();
    let expected =
        [(-5, 1, OnTime, vec![5, 2, 4]), (0, 1, OnTime, vec![5, 2, 4, 1, 3]), (5, 1, OnTime, vec![1, 3])];
    assert_eq!(shown, expected);
}

#[test]
fn a_tuple_within_the_allowed_lateness_corrects_the_result_and_one_behind_it_goes_aside() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 2, 2)])
        .wait(ms(100))
        .emit([order(3, 1, 15)])
        .wait(ms(100))
        .emit([order(4, 1, 3)])
        .wait(ms(100))
        .emit([order(5, 1, 19)])
        .wait(ms(100))
        .emit([order(6, 1, 4)]);
    let windows = EventWindows::of(tens()).allowed_lateness(ms(8));
    let outcome = run(&script, windows);
    let of_first: Vec<_> = outcome.shown().into_iter().filter(|shown| shown.0 == 0 && shown.1 == 1).collect();
    assert_eq!(of_first, [(0, 1, OnTime, vec![1]), (0, 1, Late, vec![1, 4])]);
    assert_eq!(outcome.late(), [(6, LateReason::Late)]);
    assert_eq!(outcome.late[0].watermark, Some(at(19)));
    assert_eq!(outcome.late[0].timestamp, at(4));
    assert_eq!(outcome.acked(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn previews_come_by_the_clock_and_show_what_has_changed() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 2, 1)])
        .wait(ms(30))
        .emit([order(3, 1, 2)])
        .wait(ms(100));
    let windows = EventWindows::of(tens()).early_every(ms(20));
    let mut shown = run(&script, windows).shown();
    shown[..2].sort();
    shown[3..].sort();
    let expected = [
        (0, 1, Early, vec![1]),
        (0, 2, Early, vec![2]),
        (0, 1, Early, vec![1, 3]),
        (0, 1, OnTime, vec![1, 3]),
        (0, 2, OnTime, vec![2]),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn previews_come_whenever_a_window_had_so_many_more_tuples_of_a_key() {
    let script = ScriptedSpout::new().emit((0..5).map(|id| order(id, 1, 1)).chain([order(9, 2, 1)]));
    let windows = EventWindows::of(tens()).early_every_tuples(2);
    let shown = run(&script, windows).shown();
    assert_eq!(shown[..2], [(0, 1, Early, vec![0, 1]), (0, 1, Early, vec![0, 1, 2, 3])]);
    assert_eq!(shown.len(), 4, "and one result for each key");
}

#[test]
fn windows_that_discard_show_every_tuple_once() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 1, 1), order(3, 1, 1)])
        .wait(ms(100))
        .emit([order(4, 1, 20)])
        .wait(ms(100))
        .emit([order(5, 1, 2)]);
    let windows = EventWindows::of(tens()).early_every_tuples(2).allowed_lateness(ms(100));
    let outcome = run(&script, windows.discarding().unwrap());
    let shown: Vec<_> = outcome.shown().into_iter().filter(|shown| shown.0 == 0).collect();
    assert_eq!(shown, [(0, 1, Early, vec![1, 2]), (0, 1, OnTime, vec![3]), (0, 1, Late, vec![5])]);
    assert_eq!(outcome.acked(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_session_ends_a_gap_behind_its_last_tuple_and_a_tuple_between_two_makes_them_one() {
    let script = ScriptedSpout::new().emit([
        order(1, 1, 0),
        order(2, 1, 15),
        order(3, 2, 0),
        order(4, 1, 8),
        order(5, 2, 10),
    ]);
    let outcome = run(&script, SessionSpec::with_gap(ms(10)).unwrap());
    let bounds = |key| {
        let of = outcome.results.iter().filter(move |result| result.key == key);
        let bounds = of.map(|result| (result.window.start, result.window.end, result.contents.len()));
        bounds.collect::<Vec<_>>()
    };
    assert_eq!(bounds(1), [(at(0), at(25), 3)]);
    assert_eq!(bounds(2), [(at(0), at(10), 1), (at(10), at(20), 1)], "a gap apart is not closer than a gap");
}

#[test]
fn storm_8_4_02_a_timestamp_far_in_the_future_goes_aside_and_makes_no_other_late() {
    let far = 10 * 3_600_000;
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 0), order(2, 1, far)])
        .wait(ms(100))
        .emit([order(3, 1, 1)])
        .wait(ms(100));
    let outcome = run(&script, tens());
    assert_eq!(outcome.late(), [(2, LateReason::TooFarAhead)]);
    assert_eq!(outcome.shown(), [(0, 1, OnTime, vec![1, 3])]);
}
