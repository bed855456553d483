//! Every contestant does its work, so that nobody finds out on the day of a measurement that it does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn run(contestant: &str, size: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowcore-bench")).args([contestant, size]).output().unwrap()
}

fn measured(contestant: &str, size: u64) -> String {
    let output = run(contestant, &size.to_string());
    assert!(output.status.success(), "{contestant}: {}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = line.trim_end().split(' ').collect();
    let [rate, unit, "of", work] = words[..] else { panic!("{contestant}: {line}") };
    assert!(rate.parse::<f64>().unwrap() > 0.0, "{contestant}: {line}");
    format!("{work} {unit}")
}

#[test]
fn topologies_and_their_loops_do_the_same_work() {
    let of_memory = ["words", "words-64-tasks", "words-string"];
    let loops = ["words-fused", "words-fused-twice", "words-fused-spaces"];
    let simpler = ["words-only", "words-only-loop", "words-of-file", "words-of-file-loop"];
    for name in of_memory.into_iter().chain(loops).chain(simpler) {
        assert_eq!(measured(name, 9_920), "63488 words/s", "{name}");
    }
    for name in ["hop", "hop-one", "hop-channel", "spout", "spout-loop", "slow-bolt", "slow-bolt-loop"] {
        assert_eq!(measured(name, 10_240), "10240 tuples/s", "{name}");
    }
    for name in ["chain-16", "chain-1", "chain-2", "chain-2-channels"] {
        assert_eq!(measured(name, 16_000), "16000 hops/s", "{name}");
    }
    for name in ["coffee", "coffee-parse"] {
        assert_eq!(measured(name, 2_000), "2000 lines/s", "{name}");
    }
}

#[test]
fn every_key_is_counted() {
    assert_eq!(measured("keys-few", 4_000), "4000 tuples/s");
    assert_eq!(measured("keys-many", 2_000_000), "2000000 tuples/s");
}

#[test]
fn readings_are_counted_in_their_windows() {
    for name in ["event-time", "event-time-loop"] {
        assert_eq!(measured(name, 1_500_000), "1500000 tuples/s", "{name}");
    }
}

#[test]
fn a_month_of_the_grid_is_read_by_both() {
    let [ours, theirs] = ["ny-power", "ny-power-csv"].map(|name| measured(name, 1));
    assert_eq!(ours, theirs);
}

#[test]
fn tail_and_loop_read_the_same_file() {
    let channels = ["file-channel-100", "file-channel-1000", "file-channel-10000", "file-channel-tail"];
    for name in channels.into_iter().chain(["file-channel-loop"]) {
        assert_eq!(measured(name, 20_000), "20000 events/s", "{name}");
    }
    for name in ["tail", "tail-loop"] {
        assert_eq!(measured(name, 5_000), "5000 lines/s", "{name}");
    }
}

#[test]
fn lists_of_a_redis_lose_nothing() {
    for name in ["redis-list", "redis-plain"] {
        assert_eq!(measured(name, 1_000), "1000 entries/s", "{name}");
    }
}

#[test]
fn who_asks_for_something_else_is_refused() {
    let unknown = run("wrods", "1");
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(String::from_utf8(unknown.stderr).unwrap(), "wrods: no such contestant\n");
    assert_eq!(run("words", "many").status.code(), Some(2));
}
