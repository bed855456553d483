//! Time windows, case by case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::window::{Aggregate, Collect, Count, TimeWindows, WindowSpec};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn half_minutes() -> TimeWindows<Collect<&'static str>> {
    TimeWindows::new(WindowSpec::tumbling(seconds(30)).unwrap())
}

fn close(windows: &mut TimeWindows<Collect<&'static str>>, now: i64) -> Vec<(i64, Vec<&'static str>)> {
    let closed = windows.close(at(now));
    closed.map(|closed| (closed.window.start.as_millis(), closed.contents.into_vec())).collect()
}

#[test]
fn an_order_at_29_999_and_one_at_30_000_fall_in_different_windows() {
    let mut windows = half_minutes();
    windows.add(at(29_999), |orders| orders.add(&"first"));
    windows.add(at(30_000), |orders| orders.add(&"second"));
    assert_eq!(close(&mut windows, 60_000), [(0, vec!["first"]), (30_000, vec!["second"])]);
}

#[test]
fn a_window_closes_at_its_end_and_not_a_millisecond_before() {
    let mut windows = half_minutes();
    windows.add(at(1), |orders| orders.add(&"order"));
    assert_eq!(windows.next_close(), Some(at(30_000)));
    assert_eq!(close(&mut windows, 29_999), []);
    assert!(!windows.is_due(at(29_999)) && windows.is_due(at(30_000)));
    assert_eq!(close(&mut windows, 30_000).len(), 1);
    assert_eq!(windows.next_close(), None, "nothing is waiting");
}

#[test]
fn windows_before_1970_are_aligned_like_those_after_it() {
    let mut windows = half_minutes();
    windows.add(at(-1), |orders| orders.add(&"old"));
    assert_eq!(close(&mut windows, 0), [(-30_000, vec!["old"])]);
}

#[test]
fn an_offset_moves_every_window() {
    let hour = seconds(3_600);
    let days = WindowSpec::tumbling(24 * hour).unwrap().offset(15 * hour).unwrap();
    let mut windows = TimeWindows::<Count>::new(days);
    // Midnight in Seoul on 2014-09-28 was 15:00 UTC the day before.
    let midnight = 1_411_830_000_000;
    windows.add(at(midnight - 1), |count| count.add(&()));
    windows.add(at(midnight), |count| count.add(&()));
    let starts: Vec<_> = windows.flush().map(|closed| closed.window.start.as_millis()).collect();
    assert_eq!(starts, [midnight - 86_400_000, midnight]);
}

#[test]
fn a_clock_that_goes_back_never_reopens_a_closed_window() {
    let mut windows = half_minutes();
    windows.add(at(10_000), |orders| orders.add(&"early"));
    assert_eq!(close(&mut windows, 31_000), [(0, vec!["early"])]);
    windows.add(at(5_000), |orders| orders.add(&"after the clock went back"));
    assert_eq!(close(&mut windows, 60_000), [(30_000, vec!["after the clock went back"])]);
}

#[test]
fn a_clock_that_was_ahead_for_a_moment_delays_only_what_arrived_then() {
    let year = 365 * 86_400_000;
    let mut windows = half_minutes();
    windows.add(at(year), |orders| orders.add(&"ahead"));
    windows.add(at(1_000), |orders| orders.add(&"right"));
    assert_eq!(close(&mut windows, 30_000), [(0, vec!["right"])]);
    assert_eq!(windows.next_close(), Some(at(year + 30_000)));
}

#[test]
fn a_million_empty_windows_cost_nothing() {
    let spec = WindowSpec::sliding(Duration::from_millis(10), Duration::from_millis(1)).unwrap();
    let mut windows = TimeWindows::<Count>::new(spec);
    windows.add(at(0), |count| count.add(&()));
    let later = i64::MAX / 16;
    windows.add(at(later), |count| count.add(&()));
    let ends: Vec<_> = windows.close(at(later)).map(|closed| closed.window.end.as_millis()).collect();
    assert_eq!(ends, (1..=10).collect::<Vec<_>>());
    assert_eq!(windows.next_close(), Some(at(later + 1)));
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let mut windows = half_minutes();
    windows.add(Timestamp::MIN, |orders| orders.add(&"first"));
    windows.add(Timestamp::MAX, |orders| orders.add(&"last"));
    assert_eq!(windows.close(Timestamp::MIN).count(), 0);
    assert_eq!(windows.close(Timestamp::MAX).count(), 1);
    assert_eq!(windows.flush().count(), 1);
}

#[test]
fn what_lies_between_windows_is_in_none() {
    let spec = WindowSpec::sliding(seconds(10), seconds(60)).unwrap();
    let mut windows = TimeWindows::<Count>::new(spec);
    assert_eq!(windows.add(at(10_000), |count| count.add(&())), None);
    assert_eq!(windows.add(at(69_999), |count| count.add(&())), Some(()));
    let closed: Vec<_> = windows.close(at(120_000)).map(|c| (c.window.start, c.window.end)).collect();
    assert_eq!(closed, [(at(60_000), at(70_000))]);
    assert_eq!(windows.add(at(75_000), |count| count.add(&())), None, "also after one has closed");
    windows.add(at(65_000), |count| count.add(&()));
    assert_eq!(windows.next_close(), Some(at(130_000)), "the clock went back into a closed window");
}

#[test]
fn at_the_end_every_open_window_is_given_and_marked() {
    let spec = WindowSpec::sliding(seconds(30), seconds(10)).unwrap();
    let mut windows = TimeWindows::<Count>::new(spec);
    windows.add(at(25_000), |count| count.add(&()));
    assert_eq!(windows.close(at(30_000)).map(|closed| closed.window.cut_short).collect::<Vec<_>>(), [false]);
    let rest: Vec<_> = windows.flush().map(|c| (c.window.start.as_millis(), c.window.cut_short)).collect();
    assert_eq!(rest, [(10_000, true), (20_000, true)]);
    assert_eq!(windows.flush().count(), 0);
}

#[test]
fn windows_that_were_not_taken_from_the_iterator_stay_open() {
    let mut windows = half_minutes();
    windows.add(at(0), |orders| orders.add(&"first"));
    windows.add(at(30_000), |orders| orders.add(&"second"));
    assert_eq!(windows.close(at(90_000)).take(1).count(), 1);
    assert_eq!(close(&mut windows, 90_000), [(30_000, vec!["second"])]);
}
