//! Where event time reaches is known when a topology is built.

use flowcore::base::Timestamp;
use flowcore::process::time::EventTime;
use flowcore::process::{BuildError, Problem, TopologyBuilder, for_each, inspect};
use flowcore_testkit::ScriptedSpout;

fn by_number() -> EventTime<i64> {
    EventTime::of(|number: &i64| Timestamp::from_millis(*number))
}

/// A bolt that requires event time behind a chain of two; `declare` says where event time is declared.
fn build(at_spout: bool, at_bolt: bool) -> Result<(), BuildError> {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", ScriptedSpout::<i64>::new().factory());
    let numbers = if at_spout { numbers.event_time(by_number()) } else { numbers };
    let first = topology.bolt("first", || inspect(|_: &i64| {})).shuffle(&numbers);
    let first = if at_bolt { first.event_time(by_number()) } else { first };
    let second = first.inspect("second", |_| {});
    second.for_each("window", |_| {}).requires_event_time();
    topology.build().map(|_| ())
}

#[test]
fn a_bolt_that_requires_event_time_has_it_from_any_stream_further_up() {
    assert!(build(true, false).is_ok());
    assert!(build(false, true).is_ok());
}

#[test]
fn a_bolt_that_requires_event_time_and_reads_none_is_named_at_build() {
    let error = build(false, false).unwrap_err();
    let problem = Problem::NoEventTime { component: "window".into() };
    assert_eq!(error.problems, [problem]);
    assert!(error.to_string().contains("window needs event time"), "{error}");
}

#[test]
fn one_input_with_event_time_is_enough() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", ScriptedSpout::<i64>::new().factory());
    let plain = topology.spout("plain", ScriptedSpout::<i64>::new().factory());
    let numbers = numbers.event_time(by_number());
    let both = topology.bolt("both", || for_each(|_: &i64| {})).shuffle(&plain).shuffle(&numbers);
    drop(both.requires_event_time());
    assert!(topology.build().is_ok());
}

#[test]
fn operators_that_hand_on_tuples_know_where_their_timestamps_are() {
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", ScriptedSpout::<i64>::new().factory());
    let numbers = numbers.event_time(by_number());
    let (even, odd) = numbers.branch("parity", |n| n % 2 == 0).both();
    let again = even.merge("again", &[&odd]).filter("all", |_| true);
    assert_eq!(again.timestamp_of().map(|at| at(&7)), Some(Timestamp::from_millis(7)));

    let text = again.map("text", ToString::to_string);
    assert!(text.timestamp_of().is_none(), "other tuples");
    let text = text.timestamped_by(|text| Timestamp::from_millis(if text.is_empty() { 0 } else { 4 }));
    assert_eq!(text.timestamp_of().map(|at| at(&"four".into())), Some(Timestamp::from_millis(4)));

    let other = topology.spout("other", ScriptedSpout::<i64>::new().factory());
    let other = other.event_time(EventTime::of(|n: &i64| Timestamp::from_millis(-n)));
    assert!(even.merge("mixed", &[&other]).timestamp_of().is_none(), "two ways to tell the time");
}
