//! The pauses of sources that ask again and again.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;

use crate::monitoring::Watched;

/// Two sources of a type, each with a channel of its own that takes one event and no more.
const TWICE: &str = "\
a1.channels = c1 c2
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1
a1.channels.c1.transactionCapacity = 1
a1.channels.c1.keep-alive = 0
a1.channels.c2.type = memory
a1.channels.c2.capacity = 1
a1.channels.c2.transactionCapacity = 1
a1.channels.c2.keep-alive = 0
a1.sources = r1 r2
a1.sources.r1.type = stress
a1.sources.r1.channels = c1
a1.sources.r2.type = stress
a1.sources.r2.channels = c2
";

#[test]
fn a_stress_source_pauses_by_its_keys_when_its_channel_refuses() {
    let long = 3_600_000;
    // Each beside one that pauses a millisecond: tries until that has made 200.
    for (keys, most) in [
        (format!("backoffSleepIncrement = {long}\na1.sources.r1.maxBackoffSleep = {long}"), 2),
        // The pauses grow from attempt to attempt.
        (format!("backoffSleepIncrement = 1\na1.sources.r1.maxBackoffSleep = {long}"), 100),
        // The longest pause is the one that holds.
        (format!("backoffSleepIncrement = {long}\na1.sources.r1.maxBackoffSleep = 1"), u64::MAX),
    ] {
        let quick = "a1.sources.r2.backoffSleepIncrement = 1\na1.sources.r2.maxBackoffSleep = 1\n";
        let conf = format!("{TWICE}a1.sources.r1.{keys}\n{quick}");
        let watched = Watched::start(&conf, &[]);
        watched.program.until("200 tries", || watched.count("SOURCE.r2", "EventReceivedCount") >= 200);
        let metrics = watched.metrics();
        let tries = |source: &str| -> u64 {
            metrics[source]["EventReceivedCount"].as_str().unwrap().parse().unwrap()
        };
        let (slow, quick) = (tries("SOURCE.r1"), tries("SOURCE.r2"));
        assert!(slow <= most.saturating_mul(quick) / 200, "{keys}: {slow} beside {quick}");
        if most == u64::MAX {
            watched.program.until("200 tries", || watched.count("SOURCE.r1", "EventReceivedCount") >= 200);
        }
    }
}

/// A taildir source of the link in the folder of the configuration, with a channel of its own.
fn following(number: usize, keys: &str) -> String {
    let keys: Vec<String> = keys.lines().map(|line| format!("a1.sources.r{number}.{line}\n")).collect();
    format!(
        "a1.channels.c{number}.type = memory\na1.sources.r{number}.type = taildir\n\
         a1.sources.r{number}.channels = c{number}\na1.sources.r{number}.filegroups = g\n\
         a1.sources.r{number}.filegroups.g = {{dir}}/linked[.]log\n\
         a1.sources.r{number}.positionFile = {{dir}}/positions{number}\n{}",
        keys.concat()
    )
}

#[test]
fn a_taildir_source_looks_again_after_the_pauses_of_its_keys() {
    let long = 3_600_000;
    let slow = following(1, &format!("backoffSleepIncrement = {long}\nmaxBackoffSleep = {long}"));
    let most = following(2, &format!("backoffSleepIncrement = {long}\nmaxBackoffSleep = 10"));
    let step = following(3, &format!("backoffSleepIncrement = 10\nmaxBackoffSleep = {long}"));
    let names = "a1.sources = r1 r2 r3 r4\na1.channels = c1 c2 c3 c4\n";
    let watched = Watched::start(&format!("{names}{slow}{most}{step}{}", following(4, "")), &[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    fs::write(&target, "0\n").unwrap();
    symlink(&target, watched.program.path("linked.log")).unwrap();
    let read = |source: &str| watched.count(&format!("SOURCE.{source}"), "EventReceivedCount");
    let all_have = |sources: &[&str], lines: u64| {
        watched.program.until("the lines", || sources.iter().all(|source| read(source) == lines));
    };
    all_have(&["r1", "r2", "r3", "r4"], 1);
    // The system tells of changes in the folder, but not behind a link. The slow one may be about to look once
    // more, but not for ever.
    for lines in 2..=5 {
        OpenOptions::new().append(true).open(&target).unwrap().write_all(b"x\n").unwrap();
        all_have(&["r2", "r3", "r4"], lines);
    }
    assert!(read("r1") < 5, "{} lines", read("r1"));
}
