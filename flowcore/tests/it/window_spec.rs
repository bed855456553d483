//! What windows can be laid out like, and what is said about those that cannot.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use flowcore::process::window::{WindowSpec, WindowSpecError};

const SECOND: Duration = Duration::from_secs(1);

fn refusal<S: std::fmt::Debug>(spec: Result<S, WindowSpecError>) -> String {
    spec.unwrap_err().to_string()
}

#[test]
fn sizes_and_slides_of_nothing_are_refused() {
    assert_eq!(refusal(WindowSpec::tumbling(Duration::ZERO)), "window size must be positive");
    assert_eq!(refusal(WindowSpec::sliding(SECOND, Duration::ZERO)), "window slide must be positive");
    assert_eq!(refusal(WindowSpec::tumbling_count(0)), "window size must be positive");
    assert_eq!(refusal(WindowSpec::sliding_count(1, 0)), "window slide must be positive");
}

#[test]
fn parts_of_a_millisecond_are_refused() {
    let odd = Duration::from_micros(1_500);
    assert_eq!(
        refusal(WindowSpec::tumbling(odd)),
        "window size of 1.5ms is not a whole number of milliseconds"
    );
    let spec = WindowSpec::tumbling(SECOND).unwrap();
    assert_eq!(refusal(spec.offset(odd)), "window offset of 1.5ms is not a whole number of milliseconds");
}

#[test]
fn sizes_beyond_the_axis_are_refused() {
    assert_eq!(refusal(WindowSpec::tumbling(Duration::MAX.mul_f32(0.5))), "window size is too large");
    assert_eq!(refusal(WindowSpec::tumbling_count(u64::MAX)), "window size is too large");
}

#[test]
fn windows_of_too_many_panes_are_refused() {
    let error = refusal(WindowSpec::sliding(3_600 * SECOND, Duration::from_millis(1_001)));
    let expected = "windows of 3600000 that slide by 1001 have 3600000 panes, at most 65536 are possible";
    assert_eq!(error, expected);
    assert!(WindowSpec::sliding_count(65_536, 1).is_ok());
    assert!(WindowSpec::sliding_count(65_537, 1).is_err());
}

#[test]
fn a_slide_larger_than_the_size_is_possible_and_needs_one_pane() {
    assert!(WindowSpec::sliding_count(1_000_000, 1_000_001).is_ok());
}
