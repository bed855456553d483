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
    const TRIES: u64 = 30;
    let long = 3_600_000;
    // The increment counts until it has grown to the longest pause, and that from then on.
    for (increment, most, is_quick) in [(long, long, false), (long, 1, true), (1, long, true)] {
        let keys = |source, increment, most| {
            format!(
                "a1.sources.{source}.backoffSleepIncrement = {increment}\na1.sources.{source}.maxBackoffSleep = {most}\n"
            )
        };
        let conf = [TWICE, &keys("r1", increment, most), &keys("r2", 1, 1)].concat();
        let watched = Watched::start(&conf, &[]);
        let tries = |source: &str| watched.count(&format!("SOURCE.{source}"), "EventReceivedCount");
        let quick: &[&str] = if is_quick { &["r1", "r2"] } else { &["r2"] };
        watched.program.until("the tries", || quick.iter().all(|source| tries(source) >= TRIES));
        if !is_quick {
            // The first event is taken, the second one is not.
            assert!(tries("r1") <= 2, "{} tries", tries("r1"));
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
    // Who saves its positions looks after that.
    let pauses = format!("backoffSleepIncrement = {long}\nmaxBackoffSleep = {long}");
    let slow = following(1, &format!("{pauses}\nwritePosInterval = {long}"));
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
