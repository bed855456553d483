//! What ours says of itself beside what a real Flume says that has the same configuration and the same input.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use flowcore_testkit::{Flume, free_port};
use serde_json::{Map, Value};

use crate::monitoring::Watched;
use crate::program::until;

/// Input that ends: numbers, lines of two kinds of files, lines over Avro; into channels in memory and on disk, and
/// out through sinks of Avro and a group that falls over.
const CONF: &str = "\
a1.sources = count tail spool near far
a1.channels = c1 c2 c3 c4 c5
a1.sinks = k1 k2 k3 k4 k5 k6
a1.sources.count.type = seq
a1.sources.count.totalEvents = 500
a1.sources.count.batchSize = 10
a1.sources.count.channels = c1
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1000
a1.sinks.k1.type = null
a1.sinks.k1.batchSize = 50
a1.sinks.k1.channel = c1
a1.sources.tail.type = TAILDIR
a1.sources.tail.filegroups = g
a1.sources.tail.filegroups.g = {dir}/tail/.*log
a1.sources.tail.positionFile = {dir}/position.json
a1.sources.tail.channels = c2
a1.channels.c2.type = file
a1.channels.c2.dataDirs = {dir}/data
a1.channels.c2.checkpointDir = {dir}/checkpoint
a1.channels.c2.minimumRequiredSpace = 1048576
a1.channels.c2.maxFileSize = 2097152
a1.channels.c2.capacity = 4000
a1.channels.c2.transactionCapacity = 1000
a1.sinks.k2.type = file_roll
a1.sinks.k2.sink.directory = {dir}/out
a1.sinks.k2.channel = c2
a1.sources.spool.type = spooldir
a1.sources.spool.spoolDir = {dir}/spool
a1.sources.spool.channels = c3
a1.channels.c3.type = memory
a1.channels.c3.capacity = 1000
a1.sinks.k3.type = avro
a1.sinks.k3.hostname = 127.0.0.1
a1.sinks.k3.port = {near}
a1.sinks.k3.channel = c3
a1.sources.near.type = avro
a1.sources.near.bind = 127.0.0.1
a1.sources.near.port = {near}
a1.sources.near.channels = c4
a1.channels.c4.type = memory
a1.channels.c4.capacity = 1000
a1.sinkgroups = group
a1.sinkgroups.group.sinks = k4 k5
a1.sinkgroups.group.processor.type = failover
a1.sinkgroups.group.processor.priority.k4 = 10
a1.sinkgroups.group.processor.priority.k5 = 5
a1.sinks.k4.type = avro
a1.sinks.k4.hostname = 127.0.0.1
a1.sinks.k4.port = {closed}
a1.sinks.k4.channel = c4
a1.sinks.k5.type = avro
a1.sinks.k5.hostname = 127.0.0.1
a1.sinks.k5.port = {far}
a1.sinks.k5.channel = c4
a1.sources.far.type = avro
a1.sources.far.bind = 127.0.0.1
a1.sources.far.port = {far}
a1.sources.far.channels = c5
a1.channels.c5.type = memory
a1.channels.c5.capacity = 1000
a1.sinks.k6.type = null
a1.sinks.k6.channel = c5
";

/// Flume's null sink says nothing.
const OURS_ALONE: [&str; 2] = ["SINK.k1", "SINK.k6"];
/// What Flume leaves at 0, and ours counts.
const LEFT_AT_0: [(&str, &str); 3] = [
    ("SOURCE.count", "EventReceivedCount"),
    ("SOURCE.near", "OpenConnectionCount"),
    ("SOURCE.far", "OpenConnectionCount"),
];
/// Of each kind those that the same input leaves the same. The others go by time, or by how each of the two takes
/// and gives batches: docs/flume-differences.md.
const SAME: [(&str, &[&str]); 3] = [
    ("SOURCE", &["Type", "EventReceivedCount", "EventAcceptedCount", "EventReadFail", "OpenConnectionCount"]),
    (
        "CHANNEL",
        &[
            "Type",
            "ChannelCapacity",
            "ChannelSize",
            "ChannelFillPercentage",
            "EventPutSuccessCount",
            "EventTakeSuccessCount",
            "EventPutErrorCount",
            "EventTakeErrorCount",
            "CheckpointWriteErrorCount",
            "CheckpointBackupWriteErrorCount",
            "Open",
            "Closed",
            "Unhealthy",
            "StopTime",
        ],
    ),
    ("SINK", &["Type", "StopTime", "EventDrainSuccessCount", "ChannelReadFail"]),
];

type Metrics = Map<String, Value>;

/// A folder with the input, and the configuration with ports of its own.
fn input() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tail", "spool", "out"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let lines = |count: usize| "a line of some length\n".repeat(count);
    fs::write(folder.path().join("tail/a.log"), lines(230)).unwrap();
    fs::write(folder.path().join("tail/b.log"), lines(70)).unwrap();
    fs::write(folder.path().join("spool/one"), lines(120)).unwrap();
    let ports = ["{near}", "{far}", "{closed}"].map(|name| (name, free_port().to_string()));
    let conf = ports.iter().fold(CONF.to_owned(), |conf, (name, port)| conf.replace(name, port));
    (folder, conf)
}

/// Whether all input has come out at its end.
fn is_done(metrics: &Metrics) -> bool {
    let done = |component: &str, member: &str, count: &str| {
        metrics.get(component).is_some_and(|members| members[member] == count)
    };
    let accepted = [("count", "500"), ("tail", "300"), ("spool", "120"), ("near", "120"), ("far", "120")];
    let taken = [("c1", "500"), ("c2", "300"), ("c3", "120"), ("c4", "120"), ("c5", "120")];
    let drained = [("k2", "300"), ("k3", "120"), ("k5", "120")];
    let all = |kind: &str, member: &str, counts: &[(&str, &str)]| {
        counts.iter().all(|(name, count)| done(&format!("{kind}.{name}"), member, count))
    };
    all("SOURCE", "EventAcceptedCount", &accepted)
        && all("CHANNEL", "EventTakeSuccessCount", &taken)
        && all("CHANNEL", "ChannelSize", &taken.map(|(name, _)| (name, "0")))
        && all("SINK", "EventDrainSuccessCount", &drained)
}

fn of_flume(port: u16) -> Option<Metrics> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /metrics HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// What a value is: of numbers whether they have a point.
fn kind(value: &Value) -> &'static str {
    match value.as_str() {
        None => "no text",
        Some("true" | "false") => "a truth",
        Some(text) if text.parse::<i64>().is_ok() => "a whole number",
        Some(text) if text.parse::<f64>().is_ok() => "a number",
        Some(_) => "a text",
    }
}

fn compare(component: &str, flume: &Value, ours: &Value, wrong: &mut Vec<String>) {
    let (Some(flume), Some(ours)) = (flume.as_object(), ours.as_object()) else {
        return wrong.push(format!("{component} is no object"));
    };
    let (of_flume, of_ours): (Vec<_>, Vec<_>) = (flume.keys().collect(), ours.keys().collect());
    if of_flume != of_ours {
        wrong.push(format!("{component}: Flume has {of_flume:?}, ours has {of_ours:?}"));
    }
    let of_kind = SAME.iter().find(|(kind, _)| component.starts_with(kind)).map(|(_, same)| *same);
    for (member, value) in flume {
        let Some(our) = ours.get(member) else { continue };
        let is_left = LEFT_AT_0.contains(&(component, member));
        if is_left && (value != "0" || our == "0") {
            wrong.push(format!("{component} {member}: Flume counts {value}, ours {our}"));
        }
        let is_same = !is_left && of_kind.is_some_and(|same| same.contains(&&**member));
        if kind(value) != kind(our) || (is_same && value != our) {
            wrong.push(format!("{component} {member}: Flume says {value}, ours {our}"));
        }
    }
}

fn run_flume(flume: &Flume) -> Metrics {
    let ((folder, conf), port) = (input(), free_port());
    let mut agent = flume.watched_agent(folder, &conf, port);
    let mut metrics = None;
    until("the end of all input in Flume", || {
        assert!(agent.end().is_none(), "{}", agent.log());
        metrics = of_flume(port).filter(is_done);
        metrics.is_some()
    });
    metrics.unwrap()
}

fn run_ours() -> Metrics {
    let (folder, conf) = input();
    let watched = Watched::start_in(folder, &conf, &[]);
    watched.program.until("the end of all input", || is_done(&watched.metrics()));
    watched.metrics()
}

#[test]
fn the_metrics_of_a_real_flume_are_there_with_the_same_members_and_what_is_counted_is_the_same() {
    let flume = Flume::installed(env!("CARGO_TARGET_TMPDIR"));
    let (flume, ours) = (run_flume(&flume), run_ours());
    let mut wrong = Vec::new();
    for (component, members) in &flume {
        match ours.get(component) {
            Some(our) => compare(component, members, our, &mut wrong),
            None => wrong.push(format!("{component} is not there")),
        }
    }
    let more: Vec<&String> = ours.keys().filter(|component| !flume.contains_key(*component)).collect();
    assert_eq!(more, OURS_ALONE, "what Flume does not have");
    assert!(wrong.is_empty(), "{}\nFlume: {flume:#?}\nours: {ours:#?}", wrong.join("\n"));
}
