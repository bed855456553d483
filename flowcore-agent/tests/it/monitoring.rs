//! Agents that run, watched over HTTP and with `flowcore top`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use serde_json::{Map, Value};

use crate::exposition::{Sample, parse};
use crate::program::{Program, TO_FILES};

/// A sequence that is put into two channels, one of them durable.
const LOAD: &str = "\
a1.channels = c1 c2
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1000
a1.channels.c2.type = file
a1.channels.c2.dataDirs = {dir}/data
a1.channels.c2.checkpointDir = {dir}/checkpoint
a1.channels.c2.minimumRequiredSpace = 1048576
a1.channels.c2.maxFileSize = 1048576
a1.channels.c2.capacity = 4000
a1.sinks = k1 k2
a1.sinks.k1.type = null
a1.sinks.k1.batchSize = 50
a1.sinks.k1.channel = c1
a1.sinks.k2.type = file_roll
a1.sinks.k2.channel = c2
a1.sinks.k2.sink.directory = {dir}/out
a1.sources = r1
a1.sources.r1.type = seq
a1.sources.r1.batchSize = 10
a1.sources.r1.totalEvents = 5000
a1.sources.r1.channels = c1 c2
";

/// A program that is asked over HTTP how it is.
pub(crate) struct Watched {
    pub(crate) program: Program,
    address: String,
}

impl Watched {
    pub(crate) fn start(conf: &str, more: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), conf, more)
    }

    pub(crate) fn start_in(folder: tempfile::TempDir, conf: &str, more: &[&str]) -> Self {
        let arguments = [&["-Dflume.monitoring.type=http", "-Dflume.monitoring.port=0"], more].concat();
        let program = Program::start_in(folder, conf, &arguments);
        let mut address = None;
        program.until("a port", || {
            address = listens(&program.log());
            address.is_some()
        });
        Self { program, address: address.unwrap() }
    }

    fn request(&self, method: &str, path: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let of_type = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        (status, of_type.unwrap_or_default().to_owned(), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let (status, _, body) = self.request("GET", path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) fn metrics(&self) -> Map<String, Value> {
        serde_json::from_str(&self.get("/metrics")).unwrap()
    }

    /// A member that counts, of Flume's page.
    pub(crate) fn count(&self, component: &str, member: &str) -> u64 {
        self.metrics()[component][member].as_str().unwrap().parse().unwrap()
    }

    /// Waits until a member has a value.
    pub(crate) fn until(&self, component: &str, member: &str, value: &str) {
        // A channel that is opened anew is not there for a while.
        let is_so = || self.metrics().get(component).is_some_and(|members| members[member] == *value);
        self.program.until(&format!("{component} {member} {value}"), is_so);
    }

    fn top(&self, arguments: &[&str]) -> Output {
        flowcore(&[&["top", "--url", &format!("http://{}", self.address)], arguments].concat())
    }
}

/// Where the log says that monitoring listens.
fn listens(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains("monitoring listens"))?;
    let plain: String = line.chars().filter(|c| !c.is_control()).collect();
    let start = plain.find("127.0.0.1:")?;
    let end = plain[start..]
        .find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)))
        .unwrap_or(plain.len() - start);
    Some(plain[start..start + end].to_owned())
}

fn flowcore(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowcore")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Members, and what they are: `None` if any number will do.
type Members = &'static [(&'static str, Option<&'static str>)];

/// Every member of Flume's after 5,000 events.
const MEMBERS: &[(&str, Members)] = &[
    (
        "SOURCE.r1",
        &[
            ("Type", Some("SOURCE")),
            ("StartTime", None),
            ("StopTime", None),
            ("EventReceivedCount", Some("5000")),
            ("EventAcceptedCount", Some("5000")),
            ("AppendReceivedCount", Some("0")),
            ("AppendAcceptedCount", Some("0")),
            ("AppendBatchReceivedCount", Some("500")),
            ("AppendBatchAcceptedCount", Some("500")),
            ("OpenConnectionCount", Some("0")),
            ("EventReadFail", Some("0")),
            ("ChannelWriteFail", None),
            ("GenericProcessingFail", Some("0")),
        ],
    ),
    (
        "CHANNEL.c1",
        &[
            ("Type", Some("CHANNEL")),
            ("StartTime", None),
            ("StopTime", Some("0")),
            ("ChannelCapacity", Some("1000")),
            ("ChannelSize", Some("0")),
            ("ChannelFillPercentage", Some("0.0")),
            ("EventPutAttemptCount", None),
            ("EventPutSuccessCount", Some("5000")),
            ("EventTakeAttemptCount", Some("5000")),
            ("EventTakeSuccessCount", Some("5000")),
        ],
    ),
    (
        "CHANNEL.c2",
        &[
            ("Type", Some("CHANNEL")),
            ("StartTime", None),
            ("StopTime", Some("0")),
            ("ChannelCapacity", Some("4000")),
            ("ChannelSize", Some("0")),
            ("ChannelFillPercentage", Some("0.0")),
            ("EventPutAttemptCount", None),
            ("EventPutSuccessCount", Some("5000")),
            ("EventTakeAttemptCount", Some("5000")),
            ("EventTakeSuccessCount", Some("5000")),
            ("EventPutErrorCount", Some("0")),
            ("EventTakeErrorCount", Some("0")),
            ("CheckpointWriteErrorCount", Some("0")),
            ("CheckpointBackupWriteErrorCount", Some("0")),
            ("Open", Some("true")),
            ("Closed", Some("0")),
            ("Unhealthy", Some("0")),
        ],
    ),
    ("SINK.k1", SINK),
    ("SINK.k2", SINK),
];

const SINK: Members = &[
    ("Type", Some("SINK")),
    ("StartTime", None),
    ("StopTime", Some("0")),
    ("ConnectionCreatedCount", None),
    ("ConnectionClosedCount", None),
    ("ConnectionFailedCount", Some("0")),
    ("BatchEmptyCount", None),
    ("BatchUnderflowCount", None),
    ("BatchCompleteCount", None),
    ("EventDrainAttemptCount", Some("5000")),
    ("EventDrainSuccessCount", Some("5000")),
    ("EventWriteFail", Some("0")),
    ("ChannelReadFail", Some("0")),
];

#[test]
fn every_member_of_flume_is_there_as_text_and_counts_what_was_sent() {
    let mut watched = Watched::start(LOAD, &[]);
    // In the order in which they come to their end.
    for sink in ["SINK.k1", "SINK.k2"] {
        watched.until(sink, "EventDrainSuccessCount", "5000");
    }
    for channel in ["CHANNEL.c1", "CHANNEL.c2"] {
        watched.until(channel, "EventTakeSuccessCount", "5000");
        watched.until(channel, "ChannelSize", "0");
    }
    watched.until("SOURCE.r1", "EventAcceptedCount", "5000");
    let metrics = watched.metrics();
    let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
    let mut expected: Vec<&str> = MEMBERS.iter().map(|(component, _)| *component).collect();
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (component, members) in MEMBERS {
        let found = metrics[*component].as_object().unwrap();
        assert_eq!(found.len(), members.len(), "{component}: {found:?}");
        for (member, value) in *members {
            let found = found[*member].as_str().unwrap_or_else(|| panic!("{component} {member} is no text"));
            match value {
                Some(value) => assert_eq!(found, *value, "{component} {member}"),
                None => assert!(found.parse::<u64>().is_ok(), "{component} {member}: {found}"),
            }
        }
    }
    let numbers: Value = serde_json::from_str(&watched.get("/metrics.json")).unwrap();
    assert_eq!(numbers["SOURCE.r1"]["EventAcceptedCount"], 5000);
    assert_eq!(numbers["CHANNEL.c1"]["ComponentType"], "memory");
    assert_eq!(numbers["CHANNEL.c2"]["Open"], true);
    assert_eq!(numbers["SOURCE.r1"]["Channels"], serde_json::json!(["c1", "c2"]));
    assert_eq!(numbers["SINK.k2"]["Channel"], "c2");
    assert_eq!(numbers["AGENT.a1"]["Name"], "a1");
    let samples = parse(&watched.get("/prometheus")).unwrap();
    let value = |name: &str, component: &str| value(&samples, name, component);
    assert_eq!(value("flume_source_event_accepted_count_total", "r1"), 5000);
    assert_eq!(value("flume_channel_event_take_success_count_total", "c2"), 5000);
    assert_eq!(value("flume_sink_send_latency_seconds_count", "k2"), {
        value("flume_sink_batch_underflow_count_total", "k2")
            + value("flume_sink_batch_complete_count_total", "k2")
    });
    watched.program.stop();
}

/// Of what is counted in whole numbers.
fn value(samples: &[Sample], name: &str, component: &str) -> u64 {
    let is_it = |sample: &&Sample| {
        sample.name == name && sample.labels.get("component").is_some_and(|of| of == component)
    };
    let sample = samples.iter().find(is_it).unwrap_or_else(|| panic!("no {name} of {component}"));
    sample.number.parse().unwrap()
}

#[test]
fn what_taildir_cannot_read_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    // A file that can be opened, and whose first byte cannot be read.
    std::os::unix::fs::symlink("/proc/self/mem", folder.path().join("in/a.log")).unwrap();
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = TAILDIR\na1.sources.r1.filegroups = g\n\
         a1.sources.r1.filegroups.g = {{dir}}/in/a[.]log\na1.sources.r1.positionFile = {{dir}}/p.json\n"
    );
    let watched = Watched::start_in(folder, &conf, &[]);
    watched.program.until("a count", || {
        watched.metrics()["SOURCE.r1"]["EventReadFail"].as_str().is_some_and(|count| count != "0")
    });
    let log = watched.program.log();
    assert!(log.contains("cannot read") && log.contains("in/a.log at offset 0"), "{log}");
}

#[test]
fn the_paths_of_flume_are_answered_as_flume_does() {
    let mut watched = Watched::start(LOAD, &[]);
    for path in ["/metrics", "/METRICS", "/Metrics?x=1"] {
        let (status, of_type, body) = watched.request("GET", path);
        assert_eq!((status, of_type.as_str()), (200, "application/json;charset=utf-8"), "{path}");
        assert!(body.starts_with("{\"SOURCE.r1\":{\"Type\":\"SOURCE\",\"StartTime\":\""), "{body}");
    }
    let (status, of_type, body) = watched.request("GET", "/");
    assert_eq!((status, of_type.as_str()), (200, "text/html;charset=utf-8"));
    assert!(body.contains("<a href=\"/metrics\">"), "{body}");
    for (method, path, expected) in [
        ("TRACE", "/metrics", 403),
        ("OPTIONS", "/", 403),
        ("GET", "/nothing", 404),
        ("GET", "/metrics/", 404),
    ] {
        assert_eq!(watched.request(method, path).0, expected, "{method} {path}");
    }
    watched.program.stop();
}

#[test]
fn with_the_type_prometheus_metrics_are_text_and_their_names_those_of_the_docs() {
    let mut watched = Watched::start(LOAD, &["-Dflume.monitoring.type=prometheus"]);
    watched.program.until("a delivery", || {
        let samples = parse(&watched.get("/metrics")).unwrap();
        value(&samples, "flume_sink_event_drain_success_count_total", "k2") > 0
    });
    let (_, of_type, body) = watched.request("GET", "/metrics");
    assert_eq!(of_type, "text/plain; version=0.0.4; charset=utf-8");
    let mut families: Vec<&str> =
        body.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    families.sort_unstable();
    let docs = include_str!("../../../docs/monitoring.md");
    let mut listed: Vec<&str> =
        docs.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    listed.retain(|name| name.starts_with("flume_"));
    listed.sort_unstable();
    assert_eq!(families, listed);
    watched.program.stop();
}

#[test]
fn monitoring_that_is_not_there_ends_with_3_and_says_what_is() {
    let mut program = Program::start(LOAD, &["-Dflume.monitoring.type=ganglia"]);
    assert_eq!(program.wait(), 3);
    assert!(
        program.log().contains("flume.monitoring.type=ganglia is not supported: use `prometheus` or `http`")
    );
}

#[test]
fn top_shows_a_running_agent_once_and_says_what_to_do_about_none() {
    let mut watched = Watched::start(LOAD, &[]);
    watched.until("SINK.k2", "EventDrainSuccessCount", "5000");
    let output = watched.top(&["--once"]);
    let screen = text(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    for line in ["agent a1  up ", "  r1       seq", "  c2       file", "  r1 → c1 → k1", "  r1 → c2 → k2"]
    {
        assert!(screen.contains(line), "no {line:?} in\n{screen}");
    }
    assert!(!screen.contains('\x1b'), "no colours where nobody looks");
    let json: Value = serde_json::from_str(&text(&watched.top(&["--once", "--json"]).stdout)).unwrap();
    assert_eq!(json["SINK.k2"]["EventDrainSuccessCount"], 5000);
    watched.program.stop();
    let output = watched.top(&["--once"]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    let expected = format!(
        "error: no agent answers at http://{}: start it with -Dflume.monitoring.type=http: ",
        watched.address
    );
    assert!(complaint.starts_with(&expected), "{complaint}");
    assert_eq!(flowcore(&["top", "--url", "ftp://x"]).status.code(), Some(2));
}

#[test]
fn a_sink_that_fails_is_a_problem_that_top_names() {
    // A file is where the folder should be.
    let conf = LOAD.replace("sink.directory = {dir}/out", "sink.directory = {dir}/flume.conf/out");
    let watched = Watched::start(&conf, &[]);
    watched.program.until("a failure", || {
        let screen = text(&watched.top(&["--once"]).stdout);
        screen.contains("! sink k2 fails and tries again") && screen.contains("; events wait in c2")
    });
    let numbers: Value = serde_json::from_str(&watched.get("/metrics.json")).unwrap();
    assert!(numbers["SINK.k2"]["LastErrorTime"].as_i64().is_some(), "{numbers}");
    assert!(numbers["SINK.k2"]["LastError"].as_str().is_some_and(|error| error.contains(": ")), "{numbers}");
}

#[test]
fn a_change_is_shown_and_one_that_is_refused_until_it_is_put_right() {
    let watched = Watched::start(LOAD, &["--poll-interval", "5"]);
    let agent = || {
        let numbers: Value = serde_json::from_str(&watched.get("/metrics.json")).unwrap();
        numbers["AGENT.a1"].clone()
    };
    let sample = |name: &str| {
        let samples = parse(&watched.get("/prometheus")).unwrap();
        samples.iter().find(|sample| sample.name == name).map(|sample| sample.number.clone())
    };
    assert_eq!(agent()["ChangeCount"], 0);
    assert_eq!(sample("flume_agent_change_refused").as_deref(), Some("0"));
    let write = |more: &str| {
        let text = format!("{LOAD}{more}");
        let text = text.replace("{dir}", watched.program.folder.path().to_str().unwrap());
        // At once: of an empty file something else would be said.
        fs::write(watched.program.path("flume.conf.new"), text).unwrap();
        fs::rename(watched.program.path("flume.conf.new"), watched.program.path("flume.conf")).unwrap();
    };
    write("a1.sinks.k1.batchSize = many\n");
    watched.program.until("a refusal", || agent()["ChangeRefused"].is_string());
    let refused = agent();
    let why = refused["ChangeRefused"].as_str().unwrap();
    assert!(
        why.contains("flume.conf:22:25: error[not-a-number]: batchSize: `many` is no whole number"),
        "{why}"
    );
    assert!(refused["ChangeRefusedTime"].as_i64().is_some_and(|at| at > 0), "{refused}");
    assert_eq!(refused["ChangeCount"], 0);
    assert_eq!(sample("flume_agent_change_refused").as_deref(), Some("1"));
    assert!(sample("flume_agent_change_refused_time_seconds").is_some());
    let screen = text(&watched.top(&["--once"]).stdout);
    assert!(screen.contains("! its changed configuration is not followed for "), "{screen}");
    write("a1.sinks.k1.batchSize = 70\n");
    watched.program.until("a change", || agent()["ChangeCount"] == 1);
    watched.program.until("no refusal", || agent().get("ChangeRefused").is_none());
    assert!(agent()["LastChangeTime"].as_i64().is_some_and(|at| at > 0), "{}", agent());
    assert!(agent().get("ChangeRefusedTime").is_none());
    assert_eq!(sample("flume_agent_changes_total").as_deref(), Some("1"));
    assert_eq!(sample("flume_agent_change_refused").as_deref(), Some("0"));
    let screen = text(&watched.top(&["--once"]).stdout);
    assert!(screen.contains(", changed ") && !screen.contains("not followed"), "{screen}");
}

#[test]
fn a_full_disk_shows_everywhere_and_no_more_when_there_is_room() {
    let fitting = LOAD.replace("a1.channels.c2.minimumRequiredSpace = 1048576\n", "");
    let full = format!("{fitting}a1.channels.c2.minimumRequiredSpace = 9000000000000000000\n");
    let mut watched = Watched::start(&full, &[]);
    watched.until("CHANNEL.c2", "Unhealthy", "1");
    let is_full = || {
        let json: Value = serde_json::from_str(&watched.get("/metrics.json")).unwrap();
        json["CHANNEL.c2"]["DiskFull"].as_bool().unwrap()
    };
    assert!(is_full());
    assert_eq!(watched.metrics()["CHANNEL.c2"]["Open"], "true");
    let gauge = || value(&parse(&watched.get("/prometheus")).unwrap(), "flume_channel_disk_full", "c2");
    assert_eq!(gauge(), 1);
    let screen = text(&watched.top(&["--once"]).stdout);
    assert!(
        screen.contains("! channel c2: its disk is full, so its sources wait; its sinks go on"),
        "{screen}"
    );
    assert!(watched.program.log().contains("bytes are free, and"), "{}", watched.program.log());
    let file = watched.program.path("flume.conf");
    let roomy = format!("{fitting}a1.channels.c2.minimumRequiredSpace = 1048576\n");
    fs::write(&file, roomy.replace("{dir}", watched.program.folder.path().to_str().unwrap())).unwrap();
    watched.until("CHANNEL.c2", "Unhealthy", "0");
    watched.until("SINK.k2", "EventDrainSuccessCount", "5000");
    assert_eq!((is_full(), gauge()), (false, 0));
    watched.program.stop();
}
