//! What is logged of a running topology, and what Prometheus reads.

use std::collections::{HashMap, HashSet};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::process::{TopologySnapshot, for_each};
use flowcore_testkit::{ScriptedSpout, Slow, run_until_idle, simulate};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::process::{end_of, topology, within_an_hour};

/// Keeps the events as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("flowcore")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[test]
fn rates_are_logged_in_the_interval_that_was_asked_for() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        simulate(|clock| async move {
            let script = (0..40_u64).fold(ScriptedSpout::new(), |script, number| {
                script.emit([number, number]).wait(Duration::from_millis(500))
            });
            let mut topology = topology(clock).log_rates(Duration::from_secs(10));
            let numbers = topology.spout("numbers", script.factory());
            let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(125));
            topology.bolt("slow", slow).shuffle(&numbers);
            end_of(topology.build().unwrap()).await.unwrap();
        });
    });
    let lines = lines.0.lock().unwrap();
    let rates: Vec<_> = lines.iter().filter(|line| line.contains("message=rates")).collect();
    assert!((2..=4).contains(&rates.len()), "two components, in twenty seconds: {rates:?}");
    // The tuples at the end of an interval may count to either side of it.
    for (line, component, field, expected) in [
        (rates[0], "numbers", "emitted", 4.0),
        (rates[1], "slow", "executed", 4.0),
        (rates[1], "slow", "busy", 0.5),
    ] {
        assert!(line.contains(&format!("component={component} ")), "{line}");
        let number = line.split_once(&format!(" {field}=")).unwrap().1;
        let number: f64 = number.split(' ').next().unwrap().parse().unwrap();
        assert!((0.9..1.1).contains(&(number / expected)), "{line}");
    }
}

#[test]
fn a_spouts_time_without_room_for_more_and_paused_is_counted_apart() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).emit([2]).stay_open();
        let mut topology = topology(clock.clone()).max_pending(1);
        let numbers = topology.spout("numbers", script.factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(10));
        topology.bolt("slow", slow).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        clock.sleep(Duration::from_secs(30)).await;
        let spout = handle.snapshot().component("numbers");
        assert_eq!((spout.at_max_pending, spout.paused), (Duration::from_secs(20), Duration::ZERO));
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
    });
    simulate(|clock| async move {
        let script = ScriptedSpout::<u64>::new().emit([1]).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        numbers.for_each("end", |_| {});
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        handle.pause("numbers").unwrap();
        clock.sleep(Duration::from_secs(7)).await;
        handle.resume("numbers").unwrap();
        run_until_idle().await;
        let spout = handle.snapshot().component("numbers");
        assert_eq!((spout.paused, spout.at_max_pending), (Duration::from_secs(7), Duration::ZERO));
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

/// A sample of the text format: its name, its labels and its value.
type Sample = (String, Vec<(String, String)>, f64);

/// Reads the text format of Prometheus as its specification says, and panics at what is not.
fn parse(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'));
    let (mut help, mut types) = (HashSet::new(), HashMap::new());
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(help.insert(rest.split_once(' ').unwrap().0.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "summary"].contains(&kind) && help.contains(name), "{line}");
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
        } else {
            let sample = parse_sample(line);
            let family =
                [sample.0.as_str(), sample.0.trim_end_matches("_sum"), sample.0.trim_end_matches("_count")];
            let kind = family.iter().find_map(|name| types.get(*name)).unwrap_or_else(|| panic!("{line}"));
            assert!(kind != "counter" || sample.0.ends_with("_total"), "{line}");
            samples.push(sample);
        }
    }
    let names: HashSet<_> = samples.iter().map(|(name, labels, _)| (name, labels)).collect();
    assert_eq!(names.len(), samples.len(), "each sample once");
    samples
}

fn parse_sample(line: &str) -> Sample {
    let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("{line}"));
    assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
    let mut rest = rest.chars();
    let mut labels = Vec::new();
    loop {
        let label: String = rest.by_ref().take_while(|c| *c != '=').collect();
        assert_eq!(rest.next(), Some('"'), "{line}");
        let mut value = String::new();
        loop {
            match rest.next().unwrap_or_else(|| panic!("{line}")) {
                '"' => break,
                '\\' => value.push(match rest.next() {
                    Some('n') => '\n',
                    Some(c @ ('\\' | '"')) => c,
                    other => panic!("{other:?} in {line}"),
                }),
                c => value.push(c),
            }
        }
        labels.push((label, value));
        match rest.next() {
            Some(',') => {}
            Some('}') => break,
            other => panic!("{other:?} in {line}"),
        }
    }
    let value = rest.as_str().strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (name.to_owned(), labels, value.parse().unwrap())
}

#[test]
fn the_text_for_prometheus_is_what_its_format_says_and_holds_every_number() {
    let name = "a \"quoted\\\" name";
    let snapshot: TopologySnapshot = simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout(name, ScriptedSpout::new().emit(0..10_u64).factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(100));
        topology.bolt("slow", slow).shuffle(&numbers).parallelism(2);
        end_of(topology.build().unwrap()).await.unwrap().snapshot
    });
    let samples = parse(&snapshot.prometheus());
    let value = |family: &str, component: &str| -> f64 {
        let is_it = |(name, labels, _): &&Sample| {
            name == &format!("flowcore_{family}") && labels.iter().any(|(_, value)| value == component)
        };
        let values: Vec<_> = samples.iter().filter(is_it).map(|(_, _, value)| *value).collect();
        assert!(!values.is_empty(), "{family} of {component}");
        values.iter().sum()
    };
    let expected = [
        ("executed_tuples_total", "slow", 10.0),
        ("emitted_tuples_total", name, 10.0),
        ("acked_tuples_total", name, 10.0),
        ("failed_tuples_total", "slow", 0.0),
        ("replayed_tuples_total", name, 0.0),
        ("dead_tuples_total", name, 0.0),
        ("lost_tuples_total", name, 0.0),
        ("ahead_tuples_total", name, 0.0),
        ("restarts_total", "slow", 0.0),
        ("troubles_total", "slow", 0.0),
        ("waiting_tuples", "slow", 0.0),
        ("busy_seconds_total", "slow", 1.0),
        ("paused_seconds_total", name, 0.0),
        ("at_max_pending_seconds_total", name, 0.0),
        ("latency_seconds_sum", "slow", 1.0),
        ("latency_seconds_count", "slow", 10.0),
        ("edge_tuples_total", "slow", 10.0),
        ("running_seconds", "test", 0.5),
    ];
    for (family, component, expected) in expected {
        let value = value(family, component);
        assert!((value - expected).abs() < 1e-9, "{family} of {component}: {value}");
    }
}
