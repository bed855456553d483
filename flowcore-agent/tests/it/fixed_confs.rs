//! Configurations that were put right run: each as a whole agent, with input, and a look at what comes out.
//!
//! They are those that lie beside the checkout, or, where these are not there, others with the same parts.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flowcore_agent::check::{Options, Surroundings};
use flowcore_agent::keys::{Section, find};
use flowcore_agent::registry::Registry;
use flowcore_agent::{AgentFile, check_files};

use crate::embedded::{Seen, registry_with};
use crate::network::{Agent, post};
use crate::program::{Program, lines_in};

const REDIS: &str = "practice.bigdata.realtimeprocessing.flume.sink.RedisSink";

/// The configuration of this name for the agent a1 with its files in `{dir}`, or `own`.
fn conf(name: &str, own: &str) -> String {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is");
    let path = PathBuf::from(root).join("../../shared/data/flume-confs").join(name);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("{} is not there: our own one stands for it", path.display());
        return own.to_owned();
    };
    let lines = text.lines().map(|line| match line.strip_prefix("agent.") {
        Some(rest) => ["a1.", rest, "\n"].concat(),
        None => [line, "\n"].concat(),
    });
    let text: String = lines.collect();
    let places = ["home/hadoop", "var/log", "tmp"].map(|place| format!("/{place}/"));
    places.iter().fold(text, |text, place| text.replace(place, "{dir}/"))
}

/// Relative places are in `{dir}`.
fn within(text: &str, places: &[&str]) -> String {
    places.iter().fold(text.to_owned(), |text, place| text.replace(place, &format!("{{dir}}/{place}")))
}

/// Memory channels, and a sink that writes files for each: `c1` and `k1` to `{dir}/out/c1`.
fn to_files(numbers: std::ops::RangeInclusive<usize>) -> String {
    let names = |kind: &str| numbers.clone().map(|n| format!("{kind}{n}")).collect::<Vec<_>>().join(" ");
    let of_each: Vec<String> = numbers.clone().map(|n| stored(n) + &rolls(n)).collect();
    format!("a1.channels = {}\na1.sinks = {}\n{}", names("c"), names("k"), of_each.concat())
}

fn stored(n: usize) -> String {
    format!("a1.channels.c{n}.type = memory\na1.sinks.k{n}.channel = c{n}\n")
}

fn rolls(n: usize) -> String {
    format!("a1.sinks.k{n}.type = file_roll\na1.sinks.k{n}.sink.directory = {{dir}}/out/c{n}\n")
}

/// Two sinks of one channel in a group that is said elsewhere, and a source of twenty numbers.
fn group() -> String {
    format!(
        "a1.channels = c1\na1.channels.c1.type = memory\na1.sinks = k1 k2\na1.sinks.k1.channel = c1\n\
         a1.sinks.k2.channel = c1\n{}{}{COUNTING}",
        rolls(1),
        rolls(2)
    )
}

const COUNTING: &str = "a1.sources = r1\na1.sources.r1.type = seq\na1.sources.r1.totalEvents = 20\n\
                        a1.sources.r1.channels = c1\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// The lines of both folders.
fn both(program: &Program) -> Vec<String> {
    let of = |name: &str| lines_in(&program.path(name));
    [of("out/c1"), of("out/c2")].concat()
}

/// What is said about components that do not run yet, of those in `text`.
fn waiting(text: &str) -> Vec<String> {
    let checked =
        check_files([("flume.conf", text.as_bytes())], Options::default(), &Registry::builtin()).unwrap();
    let said = checked.diagnostics.into_iter().filter(|said| said.code == "not-yet");
    said.map(|said| said.message).collect()
}

fn runs(section: Section, name: &str) -> bool {
    Registry::builtin().runs(find(section, name).unwrap().component)
}

#[test]
fn a_spool_directory_through_memory_into_files() {
    for name in ["01_spooldir_memory_fileroll.conf", "10_case01_spooldir_memory_fileroll.conf"] {
        let text = conf(
            name,
            "a1.sources = s\na1.channels = m\na1.sinks = f\na1.channels.m.type = memory\n\
             a1.sources.s.type = spoolDir\na1.sources.s.spoolDir = {dir}/spool\na1.sources.s.channels = m\n\
             a1.sinks.f.type = file_roll\na1.sinks.f.sink.directory = {dir}/fileroll\na1.sinks.f.channel = m\n",
        );
        if !runs(Section::Source, "spooldir") {
            assert_eq!(waiting(&text).len(), 1, "{name}");
            continue;
        }
        let files = [("spool/orders", "one\ntwo\nthree\n"), ("fileroll/.keep", "")];
        let mut program = Program::start_in(folder(&files), &text, &[]);
        program.until(name, || lines_in(&program.path("fileroll")) == ["one", "three", "two"]);
        program.until("the end of the file", || program.path("spool/orders.COMPLETED").exists());
        program.stop();
    }
}

#[test]
fn a_replicating_selector_with_an_optional_channel_that_is_too_small() {
    let own = "a1.sources = r1\na1.sources.r1.type = exec\na1.sources.r1.command = cat orders.jsonl\n\
               a1.sources.r1.channels = c1 c2 c3\na1.sources.r1.selector.type = replicating\n\
               a1.sources.r1.selector.optional = c3\n";
    let own = format!("{}{own}", to_files(1..=3).replace("{dir}/out", "out"))
        + "a1.channels.c3.capacity = 1\na1.channels.c3.transactionCapacity = 1\n";
    let text = within(&conf("fixed/02_selector_replicating.conf", &own), &["orders.jsonl", "out/"]);
    let orders = "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n";
    let mut program = Program::start_in(folder(&[("orders.jsonl", orders)]), &text, &[]);
    let expected: Vec<&str> = orders.lines().collect();
    for name in ["out/c1", "out/c2"] {
        program.until(name, || lines_in(&program.path(name)) == expected);
    }
    program.stop();
    assert!(lines_in(&program.path("out/c3")).iter().all(|line| expected.contains(&line.as_str())));
}

#[test]
fn a_multiplexing_selector_by_state() {
    let own = "a1.sources = r1\na1.sources.r1.selector.type = multiplexing\na1.sources.r1.selector.header = state\n\
               a1.sources.r1.selector.mapping.CZ = c1\na1.sources.r1.selector.mapping.US = c2 c3\n\
               a1.sources.r1.selector.default = c4\n";
    let text = conf("03_selector_multiplexing.conf", own);
    let source = "a1.sources.r1.type = http\na1.sources.r1.bind = 127.0.0.1\na1.sources.r1.port = 0\n\
                  a1.sources.r1.channels = c1 c2 c3 c4\n";
    // The last value of a key counts.
    let program = Program::start(&format!("{text}{}{source}", to_files(1..=4)), &[]);
    let agent = Agent { program };
    let events = r#"[{"headers":{"state":"CZ"},"body":"cz"},{"headers":{"state":"US"},"body":"us"},
                     {"headers":{"state":"DE"},"body":"de"},{"body":"none"}]"#;
    assert!(post(&agent, "/", events).starts_with("HTTP/1.1 200"));
    let table: [(&str, &[&str]); 4] =
        [("out/c1", &["cz"]), ("out/c2", &["us"]), ("out/c3", &["us"]), ("out/c4", &["de", "none"])];
    for (name, lines) in table {
        agent.program.until(name, || lines_in(&agent.program.path(name)) == lines);
    }
    agent.stop();
}

#[test]
fn groups_fail_over_and_balance() {
    let of = |kind: &str, more: &str| {
        format!(
            "a1.sinkgroups = g1\na1.sinkgroups.g1.sinks = k1 k2\na1.sinkgroups.g1.processor.type = {kind}\n{more}"
        )
    };
    let priorities =
        "a1.sinkgroups.g1.processor.priority.k1 = 5\na1.sinkgroups.g1.processor.priority.k2 = 10\n";
    let balance = "a1.sinkgroups.g1.processor.backoff = true\na1.sinkgroups.g1.processor.selector = random\n";
    for (name, own, is_failover) in [
        ("04_processor_failover.conf", of("failover", priorities), true),
        ("fixed/05_processor_load_balance.conf", of("load_balance", balance), false),
    ] {
        let mut program = Program::start(&format!("{}{}", conf(name, &own), group()), &[]);
        program.until(name, || both(&program).len() == 20);
        program.stop();
        assert!(
            !is_failover || lines_in(&program.path("out/c1")).is_empty(),
            "{name}: the sink k2 goes first"
        );
    }
}

#[test]
fn avro_with_a_backup() {
    let far = || Agent::start("type = avro\nbind = 127.0.0.1\nport = 0");
    let (main, backup) = (far(), far());
    let own = "a1.channels = m\na1.channels.m.type = memory\na1.sources = s\na1.sources.s.type = avro\n\
               a1.sources.s.bind = 127.0.0.1\na1.sources.s.port = 10000\na1.sources.s.channels = m\n\
               a1.sinks = first second\na1.sinks.first.type = avro\na1.sinks.first.hostname = 127.0.0.1\n\
               a1.sinks.first.port = 10001\na1.sinks.first.channel = m\na1.sinks.second.type = avro\n\
               a1.sinks.second.hostname = 127.0.0.1\na1.sinks.second.port = 10002\na1.sinks.second.channel = m\n\
               a1.sinkgroups = g\na1.sinkgroups.g.sinks = first second\na1.sinkgroups.g.processor.type = failover\n\
               a1.sinkgroups.g.processor.priority.first = 10\na1.sinkgroups.g.processor.priority.second = 5\n";
    let port = |agent: &Agent| format!("port = {}", agent.addresses(1)[0].port());
    let text = conf("06_full_avro_failover.conf", own)
        .replace("port = 10000", "port = 0")
        .replace("port = 10001", &port(&main))
        .replace("port = 10002", &port(&backup));
    let between = Agent { program: Program::start(&text, &[]) };
    let port = between.addresses(1)[0].port();
    let send = || {
        let sink = format!(
            "a1.channels = c1\na1.channels.c1.type = memory\na1.sinks = k1\na1.sinks.k1.type = avro\n\
             a1.sinks.k1.hostname = 127.0.0.1\na1.sinks.k1.port = {port}\na1.sinks.k1.channel = c1\n{COUNTING}"
        );
        Program::start(&sink, &[])
    };
    let arrive = |agent: &Agent, what: &str| {
        agent.program.until(what, || lines_in(&agent.program.path("out")).len() >= 20);
    };
    let mut near = send();
    arrive(&main, "twenty events at the main one");
    near.stop();
    assert!(lines_in(&backup.program.path("out")).is_empty(), "nothing has failed yet");
    main.stop();
    let mut near = send();
    arrive(&backup, "twenty events at the other one");
    near.stop();
    between.stop();
    backup.stop();
}

#[test]
fn bodies_as_text_without_ends_of_lines() {
    let own = "a1.sinks = k1\na1.sinks.k1.type = file_roll\na1.sinks.k1.channel = c1\n\
               a1.sinks.k1.sink.directory = {dir}/flume\na1.sinks.k1.sink.serializer = text\n\
               a1.sinks.k1.sink.serializer.appendNewline = false\n";
    let text = conf("07_serializer_body_text.conf", own);
    let rest = format!("a1.channels = c1\na1.channels.c1.type = memory\n{COUNTING}");
    let mut program = Program::start_in(folder(&[("flume/.keep", "")]), &format!("{text}{rest}"), &[]);
    let expected: String = (0..20).map(|number| number.to_string()).collect();
    program.until("the bodies", || lines_in(&program.path("flume")) == [expected.as_str()]);
    program.stop();
}

/// With a sink that shows what it gets in place of one that does not run yet.
fn shown(text: &str, sink: &str) -> String {
    let start = format!("a1.sinks.{sink}.");
    let keys = text.lines().filter(|line| !line.starts_with(&start) || line.contains(".channel ="));
    keys.map(|line| [line, "\n"].concat()).collect::<String>() + &format!("{start}type = logger\n")
}

#[test]
fn what_goes_to_hdfs_and_kafka_is_said_to_wait_and_the_rest_of_it_runs() {
    let own = |keys: &str| {
        format!(
            "a1.sources = r1\na1.channels = c1\na1.sinks = k1\na1.sources.r1.type = exec\n\
             a1.sources.r1.command = tail -F buffer\na1.sources.r1.channels = c1\na1.sinks.k1.channel = c1\n{keys}"
        )
    };
    let host = own("a1.channels.c1.type = memory\na1.sources.r1.interceptors = i1 i2\n\
                    a1.sources.r1.interceptors.i1.type = host\na1.sources.r1.interceptors.i1.hostHeader = CollectorHost\n\
                    a1.sources.r1.interceptors.i2.type = timestamp\na1.sinks.k1.type = hdfs\na1.sinks.k1.hdfs.path = out\n");
    let stored = own("a1.channels.c1.type = file\na1.channels.c1.checkpointDir = flume/checkpoint\n\
                      a1.channels.c1.dataDirs = flume/data\na1.sources.r1.interceptors = i\n\
                      a1.sources.r1.interceptors.i.type = timestamp\na1.sinks.k1.type = hdfs\na1.sinks.k1.hdfs.path = out\n");
    for (name, own, headers) in [
        ("fixed/09_interceptors_host_timestamp.conf", host, &["CollectorHost=", "timestamp="][..]),
        ("fixed/11_case02_exec_file_hdfs.conf", stored, &["timestamp="]),
    ] {
        let text = conf(name, &own);
        assert_eq!(waiting(&text).is_empty(), runs(Section::Sink, "hdfs"), "{name}");
        let text = within(&text, &["buffer", "flume/"]);
        let sink = if text.contains("a1.sinks.hdfsSink.") { "hdfsSink" } else { "k1" };
        let channel = if text.contains("a1.channels.fileChannel.") { "fileChannel" } else { "c1" };
        let small = if text.contains("= file\n") {
            format!("a1.channels.{channel}.maxFileSize = 1048576\n")
        } else {
            String::new()
        };
        let text = shown(&text, sink) + &small;
        let mut program = Program::start_in(folder(&[("buffer", "first\n")]), &text, &[]);
        program.until(name, || program.log().contains(" first }"));
        let mut buffer = fs::File::options().append(true).open(program.path("buffer")).unwrap();
        buffer.write_all(b"later\n").unwrap();
        program.until(name, || program.log().contains(" later }"));
        for header in headers {
            assert_eq!(program.log().matches(header).count(), 2, "{name}: {header}: {}", program.log());
        }
        program.stop();
    }
    let kafka = "a1.sources = s\na1.channels = m\na1.sinks = k\na1.channels.m.type = memory\na1.sources.s.type = seq\n\
                 a1.sources.s.channels = m\na1.sinks.k.type = org.apache.flume.sink.kafka.KafkaSink\n\
                 a1.sinks.k.channel = m\na1.sinks.k.topic = t\na1.sinks.k.brokerList = localhost:9092\n";
    for name in ["repo-later/toKafka_13ee509.conf", "repo-later/toKafka_2f30c04.conf"] {
        assert_eq!(waiting(&conf(name, kafka)).is_empty(), runs(Section::Sink, "kafka"), "{name}");
    }
}

/// What it asks of HDFS waits for that sink (here for nothing but to be said); what it asks of its serializer is
/// done by another sink that has one.
#[test]
fn events_of_avro_with_snappy_for_hdfs_which_comes_later_are_written_into_local_files_until_then() {
    let own = "a1.sinks.k1.type = hdfs\na1.sinks.k1.channel = c1\na1.sinks.k1.hdfs.path = out/%y-%m-%d\n\
               a1.sinks.k1.serializer = avro_event\na1.sinks.k1.serializer.compressionCodec = snappy\n";
    let rest = "a1.channels = c1\na1.channels.c1.type = memory\na1.sinks = k1\n";
    let text = format!("{}{rest}{COUNTING}", conf("08_serializer_avro_event.conf", own));
    assert_eq!(waiting(&text).is_empty(), runs(Section::Sink, "hdfs"));
    let keys = text.lines().filter(|line| !line.contains("k1.hdfs.") && !line.contains("k1.type"));
    let local: String = keys.map(|line| line.replace("k1.serializer", "k1.sink.serializer") + "\n").collect();
    assert!(local.contains("k1.sink.serializer.compressionCodec = snappy\n"), "{local}");
    let mut program = Program::start(&format!("{local}{}", rolls(1)), &[]);
    let out = program.path("out/c1");
    let written = || {
        let files = fs::read_dir(&out).into_iter().flatten();
        files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect::<Vec<u8>>()
    };
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    program.until("a file", || !written().is_empty());
    program.stop();
    let bytes = written();
    assert!(bytes.starts_with(b"Obj\x01") && holds(&bytes, b"avro.codec") && holds(&bytes, b"snappy"));
    // The marker of a container stands behind its head and behind each block.
    let marker = &bytes[bytes.len() - 16..];
    assert!(holds(&bytes[..bytes.len() - 16], marker), "there is no block");
}

/// The lines of a file that an agent with somebody's own sink gets.
async fn through_own_sink(text: &str, folder: &Path) -> Vec<String> {
    let (seen, text) = (Seen::default(), text.replace("{dir}", folder.to_str().unwrap()));
    let registry = registry_with(Vec::new(), &seen, REDIS);
    let agent = AgentFile::from_properties(&*text).registry(registry).agent("a1");
    let handle = agent.unwrap_or_else(|error| panic!("{error}")).start().await.unwrap();
    let sink = if text.contains("a1.sinks.redis.") { "redis" } else { "k" };
    let clock = flowcore::base::Clock::system();
    for _ in 0..6_000 {
        if seen.by(sink).len() >= 5 {
            break;
        }
        clock.sleep(std::time::Duration::from_millis(10)).await;
    }
    handle.stop().await.unwrap();
    seen.by(sink)
}

#[tokio::test]
async fn orders_go_to_a_sink_of_ones_own_under_its_class_name() {
    let own = |batch: usize| {
        format!(
            "a1.sources = s\na1.channels = m\na1.sinks = k\na1.channels.m.type = memory\na1.channels.m.capacity = 1000\n\
             a1.channels.m.transactionCapacity = 1000\na1.sources.s.type = exec\na1.sources.s.channels = m\n\
             a1.sources.s.command = tail -100f {{dir}}/CoffeeOrders.txt\na1.sources.s.batchSize = {batch}\n\
             a1.sinks.k.type = {REDIS}\na1.sinks.k.channel = m\na1.sinks.k.redisHost = localhost\n"
        )
    };
    let orders = folder(&[("CoffeeOrders.txt", "1\n2\n3\n4\n5\n")]);
    for (name, batch) in
        [("repo-later/toRedisQueue_6fd0ce7.conf", 1_000), ("repo-later/toRedisQueue_a4b4f3c.conf", 2)]
    {
        let got = through_own_sink(&conf(name, &own(batch)), orders.path()).await;
        assert_eq!(got, ["{} 1", "{} 2", "{} 3", "{} 4", "{} 5"], "{name}");
    }
}
