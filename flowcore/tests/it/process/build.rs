//! `build()` lists everything that is wrong.

use std::time::Duration;

use flowcore::process::{Problem, RetryPolicy, TopologyBuilder, for_each, map};
use flowcore_testkit::ScriptedSpout;

fn problems(topology: TopologyBuilder) -> Vec<Problem> {
    topology.build().unwrap_err().problems
}

#[test]
fn names_inputs_streams_and_limits_are_all_reported_at_once() {
    let mut other = TopologyBuilder::new("other");
    let foreign = other.spout("far", ScriptedSpout::<u64>::new().factory());
    let retry = RetryPolicy { max_attempts: 0, ..RetryPolicy::default() };
    let mut topology = TopologyBuilder::new("all wrong").batch(0).mailbox(0).max_pending(0).retry(retry);
    let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().factory()).parallelism(0);
    topology.spout("numbers", ScriptedSpout::<u64>::new().factory());
    topology.spout("", ScriptedSpout::<u64>::new().factory());
    topology.bolt("a\nb", || for_each(|_: &u64| {})).shuffle(&numbers).shuffle(&foreign);
    let _ = topology.bolt("deaf", || for_each(|_: &u64| {}));
    topology.bolt("tick", || for_each(|_: &u64| {})).shuffle(&numbers).tick_every(Duration::from_micros(9));
    let error = topology.build().unwrap_err();
    let name = |name: &str| name.to_owned();
    let expected = [
        Problem::NoTasks { component: name("numbers") },
        Problem::DuplicateName { component: name("numbers") },
        Problem::Unread { stream: name("numbers") },
        Problem::BadName { component: name("") },
        Problem::Unread { stream: name("") },
        Problem::BadName { component: name("a\nb") },
        Problem::ForeignStream { component: name("a\nb"), stream: name("far") },
        Problem::NoInput { component: name("deaf") },
        Problem::TickTooShort { component: name("tick") },
        Problem::ZeroLimit { limit: "batch" },
        Problem::ZeroLimit { limit: "mailbox" },
        Problem::ZeroLimit { limit: "max_pending" },
        Problem::ZeroLimit { limit: "max_attempts" },
    ];
    assert_eq!(error.problems, expected);
    let text = error.to_string();
    assert!(
        text.starts_with("topology all wrong cannot run: numbers has a parallelism of zero; two"),
        "{text}"
    );
}

#[test]
fn a_topology_without_a_spout_is_none() {
    assert_eq!(problems(TopologyBuilder::new("empty")), [Problem::NoSpout]);
}

#[test]
fn a_circle_is_named_with_its_path_in_the_direction_of_the_streams() {
    let mut topology = TopologyBuilder::new("circle");
    let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().factory());
    let first = topology.bolt("first", || map(|n: &u64| *n)).shuffle(&numbers);
    let second = topology.bolt("second", || map(|n: &u64| *n)).shuffle(&first);
    let third = topology.bolt("third", || map(|n: &u64| *n)).shuffle(&second);
    let back = (*third).clone();
    let _ = first.shuffle(&back);
    let found = problems(topology);
    let [Problem::Cycle { path }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(path.len(), 4);
    assert_eq!(path.first(), path.last());
    let step = |from: &str| match from {
        "first" => "second",
        "second" => "third",
        _ => "first",
    };
    assert!(path.windows(2).all(|pair| step(&pair[0]) == pair[1]), "{path:?}");
}
