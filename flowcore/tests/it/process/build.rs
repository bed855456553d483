//! `build()` lists everything that is wrong, and says what to do.

use std::time::Duration;

use flowcore::process::{Directed, Problem, RetryPolicy, Stream, Targets, TopologyBuilder, for_each, map};
use flowcore_testkit::ScriptedSpout;

fn numbers(topology: &mut TopologyBuilder, name: &str) -> Stream<u64> {
    topology.spout(name, ScriptedSpout::new().factory()).clone()
}

/// A topology with nothing wrong but what `spoil` does to it.
fn problems_after(spoil: impl FnOnce(&mut TopologyBuilder, &Stream<u64>)) -> Vec<Problem> {
    let mut topology = TopologyBuilder::new("test");
    let stream = numbers(&mut topology, "numbers");
    stream.for_each("end", |_| {});
    spoil(&mut topology, &stream);
    topology.build().err().map(|error| error.problems).unwrap_or_default()
}

fn problems_with(limit: impl FnOnce(TopologyBuilder) -> TopologyBuilder) -> Vec<Problem> {
    let mut topology = limit(TopologyBuilder::new("test"));
    numbers(&mut topology, "numbers").ignore();
    topology.build().err().map(|error| error.problems).unwrap_or_default()
}

/// The one problem and what it says.
fn assert_only(problems: &[Problem], expected: &Problem, text: &str) {
    assert_eq!(problems, std::slice::from_ref(expected));
    assert_eq!(expected.to_string(), text);
}

#[test]
fn a_sound_topology_has_no_problems() {
    assert_eq!(problems_after(|_, _| {}), []);
    assert_eq!(problems_with(|topology| topology), []);
}

#[test]
fn two_components_with_one_name() {
    let problems = problems_after(|_, stream| {
        stream.for_each("end", |_| {});
    });
    let expected = Problem::DuplicateName { component: "end".to_owned() };
    assert_only(&problems, &expected, "two components are called end: give each a name of its own");
}

#[test]
fn names_that_are_empty_too_long_or_have_control_characters() {
    let rule = "is no name for a component: use 1 to 128 characters, none of them a control character";
    let long = "ä".repeat(129);
    let shown = format!("{:?}", "ä".repeat(128) + "…");
    for (name, shown) in [("", "\"\""), ("a\nb", "\"a\\nb\""), (&long, &shown)] {
        let problems = problems_after(|_, stream| {
            stream.for_each(name, |_| {});
        });
        let expected = Problem::BadName { component: name.to_owned() };
        assert_only(&problems, &expected, &format!("{shown} {rule}"));
    }
    let longest = problems_after(|_, stream| {
        stream.for_each("ä".repeat(128), |_| {});
    });
    assert_eq!(longest, []);
}

#[test]
fn a_topology_without_a_proper_name() {
    for name in ["", "a\tb", &"x".repeat(129)] {
        let mut topology = TopologyBuilder::new(name);
        numbers(&mut topology, "numbers").ignore();
        let text = "its name is none: use 1 to 128 characters, none of them a control character";
        assert_only(&topology.build().unwrap_err().problems, &Problem::BadTopologyName, text);
    }
}

#[test]
fn names_that_are_the_engines_own() {
    let problems = problems_after(|_, stream| {
        stream.for_each("__acker", |_| {});
    });
    let expected = Problem::ReservedName { component: "__acker".to_owned() };
    let text = "__acker begins with two underscores, as names of the engine do: use another name";
    assert_only(&problems, &expected, text);
}

#[test]
fn a_component_that_is_called_like_the_second_output_of_another() {
    let problems = problems_after(|_, stream| {
        let (even, odd) = stream.branch("sort", |n| n % 2 == 0).both();
        even.for_each("sort.0", |_| {});
        odd.for_each("sort.1", |_| {});
    });
    let expected = Problem::NameOfStream { component: "sort.1".to_owned() };
    assert_only(&problems, &expected, "sort.1 is the name of another component's output: use another name");
}

#[test]
fn a_component_without_tasks() {
    let problems = problems_after(|_, stream| {
        stream.for_each("none", |_| {}).parallelism(0);
    });
    let expected = Problem::NoTasks { component: "none".to_owned() };
    assert_only(&problems, &expected, "none has a parallelism of zero: give it at least one task");
}

#[test]
fn a_parallelism_that_is_a_slip_is_an_error_and_not_an_allocation() {
    let problems = problems_after(|topology, stream| {
        stream.for_each("bolt", |_| {}).parallelism(1_000_000_000);
        let spout = topology.spout("spout", ScriptedSpout::<u64>::new().factory()).parallelism(usize::MAX);
        spout.ignore();
        stream.for_each("most", |_| {}).parallelism(4096);
    });
    let expected = [("bolt", 1_000_000_000), ("spout", usize::MAX)]
        .map(|(name, tasks)| Problem::TooManyTasks { component: name.to_owned(), tasks, most: 4096 });
    assert_eq!(problems, expected);
    assert_eq!(expected[0].to_string(), "bolt has a parallelism of 1000000000: give it 4096 at most");
}

#[test]
fn targets_for_another_number_of_tasks() {
    let problems = problems_after(|topology, stream| {
        let targets = Targets::new(3);
        let desks = stream.map("assign", move |n| Directed::to(targets.get(0).unwrap(), *n));
        let desk = topology.bolt("desk", || for_each(|_: &Directed<u64>| {}));
        desk.direct(&desks, targets).parallelism(2);
    });
    let expected = Problem::OtherTargets { component: "desk".to_owned(), tasks: 2, targets: 3 };
    let text = "desk has a parallelism of 2, and its senders name one of 3 tasks: set none, and use one Targets \
                for it and all its senders";
    assert_only(&problems, &expected, text);
}

#[test]
fn ticks_of_less_than_a_millisecond() {
    let problems = problems_after(|_, stream| {
        stream.for_each("tick", |_| {}).tick_every(Duration::from_micros(999));
        stream.for_each("rarely", |_| {}).tick_every(Duration::MAX);
    });
    let expected = Problem::TickTooShort { component: "tick".to_owned() };
    let text = "tick ticks more than once a millisecond: use tick_every with one or more";
    assert_only(&problems, &expected, text);
}

#[test]
fn a_bolt_that_reads_nothing() {
    let problems = problems_after(|topology, _| {
        let _ = topology.bolt("deaf", || for_each(|_: &u64| {}));
    });
    let expected = Problem::NoInput { component: "deaf".to_owned() };
    let text = "deaf reads no stream: subscribe with a grouping, such as shuffle or fields";
    assert_only(&problems, &expected, text);
}

#[test]
fn a_topology_without_a_spout() {
    let problems = TopologyBuilder::new("empty").build().unwrap_err().problems;
    let text = "it has no spout: add one with TopologyBuilder::spout";
    assert_only(&problems, &Problem::NoSpout, text);
}

#[test]
fn limits_of_zero() {
    let retry = RetryPolicy { max_attempts: 0, ..RetryPolicy::default() };
    let none = |limit| Problem::ZeroLimit { limit };
    assert_only(
        &problems_with(|topology| topology.batch(0)),
        &none("batch"),
        "batch is zero: set at least 1",
    );
    assert_eq!(problems_with(|topology| topology.mailbox(0)), [none("mailbox")]);
    assert_eq!(problems_with(|topology| topology.max_pending(0)), [none("max_pending")]);
    assert_eq!(problems_with(|topology| topology.retry(retry)), [none("max_attempts")]);
}

#[test]
fn a_spout_whose_tuples_may_not_be_tried() {
    let problems = problems_after(|topology, _| {
        let retry = RetryPolicy { max_attempts: 0, ..RetryPolicy::default() };
        topology.spout("spout", ScriptedSpout::<u64>::new().factory()).retry(retry).ignore();
    });
    let expected = Problem::NoAttempts { component: "spout".to_owned() };
    assert_only(&problems, &expected, "spout has a max_attempts of zero: give it at least 1");
}

#[test]
fn limits_that_are_none() {
    let large = |limit, value, most| Problem::LimitTooLarge { limit, value, most };
    let text = "mailbox is 65537: set 65536 at most";
    assert_only(&problems_with(|topology| topology.mailbox(65_537)), &large("mailbox", 65_537, 65_536), text);
    let problems = problems_with(|topology| topology.batch(usize::MAX).max_pending(usize::MAX));
    let batch = large("batch", usize::MAX, 1 << 20);
    assert_eq!(problems, [batch, large("max_pending", usize::MAX, 1 << 30)]);
    let forever = RetryPolicy { max_attempts: u32::MAX, ..RetryPolicy::default() };
    let most = |topology: TopologyBuilder| {
        topology.mailbox(1 << 16).batch(1 << 20).max_pending(1 << 30).retry(forever).linger(Duration::MAX)
    };
    assert_eq!(problems_with(most), []);
}

#[test]
fn a_stream_that_nobody_reads_and_nobody_ignores() {
    let problems = problems_after(|_, stream| {
        let (even, _odd) = stream.branch("sort", |n| n % 2 == 0).both();
        even.map("half", |n| n / 2);
        even.map("ignored", |n| n / 2).ignore();
    });
    let unread = |stream: &str| Problem::Unread { stream: stream.to_owned() };
    assert_eq!(problems, [unread("sort.1"), unread("half")]);
    assert_eq!(
        problems[0].to_string(),
        "nobody reads sort.1: subscribe a bolt to it, or call ignore() on it"
    );
}

#[test]
fn a_dead_letter_handler_is_no_reader() {
    let mut topology = TopologyBuilder::new("test");
    numbers(&mut topology, "numbers").on_dead_letter(|_, _| {});
    let expected = Problem::Unread { stream: "numbers".to_owned() };
    assert_eq!(topology.build().unwrap_err().problems, [expected]);
}

#[test]
fn a_stream_of_another_topology() {
    let mut other = TopologyBuilder::new("other");
    // Its places are those of the components here: it must not be taken for one of them.
    let far: Vec<_> = ["a", "b", "far"].map(|name| numbers(&mut other, name)).into();
    let problems = problems_after(|topology, stream| {
        topology.bolt("read", || for_each(|_: &u64| {})).shuffle(stream).shuffle(&far[2]);
    });
    let expected = Problem::ForeignStream { component: "read".to_owned(), stream: "far".to_owned() };
    let text = "read reads far, which belongs to another topology: declare both with one TopologyBuilder";
    assert_only(&problems, &expected, text);
}

/// Adds bolts that feed each other in a circle.
fn circle(topology: &mut TopologyBuilder, stream: &Stream<u64>, names: [&str; 3]) {
    let [first, second, third] = names;
    let first = topology.bolt(first, || map(|n: &u64| *n)).shuffle(stream);
    let third = first.map(second, |n| *n).map(third, |n| *n);
    let _ = first.shuffle(&third);
}

#[test]
fn a_circle_is_named_with_its_path_in_the_direction_of_the_streams() {
    let problems = problems_after(|topology, stream| circle(topology, stream, ["first", "second", "third"]));
    let [Problem::Cycle { path }] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((path.len(), path.first()), (4, path.last()));
    let step = |from: &str| match from {
        "first" => "second",
        "second" => "third",
        _ => "first",
    };
    assert!(path.windows(2).all(|pair| step(&pair[0]) == pair[1]), "{path:?}");
    let text = format!(
        "components feed each other: {}: let one of these streams go back through TopologyBuilder::feedback",
        path.join(" -> ")
    );
    assert_eq!(problems[0].to_string(), text);
}

#[test]
fn every_circle_is_found() {
    let problems = problems_after(|topology, stream| {
        circle(topology, stream, ["a", "b", "c"]);
        circle(topology, stream, ["d", "e", "f"]);
    });
    let is_cycle = |problem: &Problem| matches!(problem, Problem::Cycle { path } if path.len() == 4);
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(is_cycle), "{problems:?}");
}

#[test]
fn everything_that_is_wrong_is_in_one_error() {
    let mut other = TopologyBuilder::new("other");
    let foreign = numbers(&mut other, "far");
    let retry = RetryPolicy { max_attempts: 0, ..RetryPolicy::default() };
    let mut topology =
        TopologyBuilder::new("all\nwrong").batch(0).mailbox(usize::MAX).max_pending(0).retry(retry);
    let stream = topology.spout("numbers", ScriptedSpout::<u64>::new().factory()).parallelism(0);
    numbers(&mut topology, "numbers");
    numbers(&mut topology, "");
    topology.bolt("a\nb", || for_each(|_: &u64| {})).shuffle(&stream).shuffle(&foreign);
    let _ = topology.bolt("deaf", || for_each(|_: &u64| {}));
    stream.for_each("__tick", |_| {}).tick_every(Duration::from_micros(9)).parallelism(5_000);
    circle(&mut topology, &stream, ["x", "y", "z"]);
    let error = topology.build().unwrap_err();
    let name = |name: &str| name.to_owned();
    let expected = [
        Problem::BadTopologyName,
        Problem::NoTasks { component: name("numbers") },
        Problem::DuplicateName { component: name("numbers") },
        Problem::Unread { stream: name("numbers") },
        Problem::BadName { component: name("") },
        Problem::Unread { stream: name("") },
        Problem::BadName { component: name("a\nb") },
        Problem::ForeignStream { component: name("a\nb"), stream: name("far") },
        Problem::NoInput { component: name("deaf") },
        Problem::ReservedName { component: name("__tick") },
        Problem::TooManyTasks { component: name("__tick"), tasks: 5_000, most: 4096 },
        Problem::TickTooShort { component: name("__tick") },
        Problem::ZeroLimit { limit: "batch" },
        Problem::LimitTooLarge { limit: "mailbox", value: usize::MAX, most: 65_536 },
        Problem::ZeroLimit { limit: "max_pending" },
        Problem::ZeroLimit { limit: "max_attempts" },
    ];
    let (cycle, others) = error.problems.split_last().unwrap();
    assert_eq!(others, expected);
    assert!(matches!(cycle, Problem::Cycle { .. }), "{cycle:?}");
    let text = error.to_string();
    for problem in &error.problems {
        assert!(text.contains(&problem.to_string()), "{text}");
    }
}
