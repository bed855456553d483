//! Every key of the sources and sinks that need nobody else, by what it does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use flowcore::event::Event;
use tempfile::TempDir;

use crate::embedded::{FRAME, run, with_prefix};
use crate::program::{Program, TO_FILES, lines_in, pause};

/// Kind, type and keys, and who shows what they do.
#[rustfmt::skip]
pub(crate) const SHOWN: &[(&str, &str)] = &[
    ("source exec command shell batchSize batchTimeout", "exec_puts_full_batches_at_once_and_the_rest_at_the_stop"),
    ("source exec restart restartThrottle", "exec_starts_its_command_again"),
    ("source exec logStdErr", "exec_logs_complaints_when_it_is_told_to"),
    ("source exec charset", "a_character_set_with_wide_line_ends_is_refused"),
    ("source seq batchSize totalEvents", "seq_and_stress_make_what_they_are_told"),
    ("source stress size maxTotalEvents maxSuccessfulEvents batchSize", "seq_and_stress_make_what_they_are_told"),
    ("source stress maxEventsPerSecond", "a_pace_holds_a_load_test_back"),
    ("sink null batchSize logEveryNEvents", "null_says_how_many_it_threw_away"),
    ("sink logger maxBytesToLog", "logger_shows_as_much_as_it_is_told"),
    ("sink file_roll sink.directory sink.batchSize sink.serializer", "file_roll_writes_as_its_serializer_says"),
    ("sink file_roll sink.pathManager sink.pathManager.prefix sink.pathManager.extension", "file_roll_names_its_files_as_flume_does"),
    ("sink file_roll sink.rollSize sink.rollCount sink.fsync", "file_roll_begins_files_by_count_and_size"),
    ("sink file_roll sink.rollInterval", "file_roll_begins_a_file_when_one_is_old"),
];

/// The files that three events with a header make, by name.
async fn rolled(keys: &str) -> Vec<(String, Vec<u8>)> {
    let folder = TempDir::new().unwrap();
    let conf = FRAME.replace("test.Record", "file_roll") + "a1.channels.c1.transactionCapacity = 3\n";
    let mut conf = format!("{conf}a1.sinks.k1.sink.directory = {}\n", folder.path().display());
    if !keys.contains("batchSize") {
        conf += "a1.sinks.k1.sink.batchSize = 3\n";
    }
    conf += &with_prefix("a1.sinks.k1.sink.", keys);
    let events = ["one", "two", "three"].map(|body| Event::new(body).with_header("h", "v"));
    run(&conf, events.to_vec()).await;
    files(folder.path())
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.map(|entry| entry.unwrap());
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    let mut files: Vec<_> = entries.map(read).collect();
    files.sort();
    files
}

fn contents(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(_, content)| std::str::from_utf8(content).unwrap()).collect()
}

#[tokio::test]
async fn file_roll_writes_as_its_serializer_says() {
    assert_eq!(contents(&rolled("").await), ["one\ntwo\nthree\n"]);
    assert_eq!(
        contents(&rolled("serializer = TEXT\nserializer.appendNewline = false").await),
        ["onetwothree"]
    );
    let class = "serializer = org.apache.flume.serialization.HeaderAndBodyTextEventSerializer$Builder";
    assert_eq!(contents(&rolled(class).await), ["{h=v} one\n{h=v} two\n{h=v} three\n"]);
    let without = format!("{class}\nserializer.appendNewline = false");
    assert_eq!(contents(&rolled(&without).await), ["{h=v} one{h=v} two{h=v} three"]);
}

/// How often the marker of a container file stands in it: once behind the head, and behind each block.
fn markers(file: &[u8]) -> usize {
    let marker = &file[file.len() - 16..];
    file.windows(16).filter(|window| *window == marker).count()
}

#[tokio::test]
async fn file_roll_writes_container_files_of_avro() {
    for codec in ["null", "deflate", "snappy", "zstandard"] {
        let keys = format!("serializer = avro_event\nserializer.compressionCodec = {codec}");
        let files = rolled(&keys).await;
        let [(_, file)] = files.as_slice() else { panic!("{} files", files.len()) };
        let head = format!("avro.codec{}{codec}", char::from(u8::try_from(codec.len() * 2).unwrap()));
        assert!(file.starts_with(b"Obj\x01"), "{codec}");
        assert!(file.windows(head.len()).any(|window| window == head.as_bytes()), "{codec}");
    }
    // A block has 32 bytes at least, or what a delivery brings.
    let small = rolled("serializer = avro_event\nserializer.syncIntervalBytes = 32\nbatchSize = 1").await;
    assert_eq!(small.iter().map(|(_, file)| markers(file)).collect::<Vec<_>>(), [4]);
}

#[tokio::test]
async fn file_roll_names_its_files_as_flume_does() {
    let default = rolled("pathManager.prefix = web-\npathManager.extension = log\nrollCount = 1").await;
    let names: Vec<&str> = default.iter().map(|(name, _)| name.as_str()).collect();
    let time = names[0].strip_prefix("web-").and_then(|rest| rest.strip_suffix("-1.log")).unwrap();
    assert!(time.len() == 13 && time.parse::<u64>().is_ok(), "{names:?}");
    assert_eq!(names, [1, 2, 3].map(|number| format!("web-{time}-{number}.log")));
    for manager in ["rolltime", "org.apache.flume.formatter.output.RollTimePathManager$Builder"] {
        let files = rolled(&format!("pathManager = {manager}")).await;
        let time = files[0].0.strip_suffix("-1").unwrap();
        assert!(time.len() == 14 && time.starts_with("20") && time.parse::<u64>().is_ok(), "{time}");
    }
}

#[tokio::test]
async fn file_roll_begins_files_by_count_and_size() {
    assert_eq!(contents(&rolled("rollCount = 2\nfsync = true").await), ["one\ntwo\n", "three\n"]);
    assert_eq!(contents(&rolled("rollSize = 4").await), ["one\n", "two\n", "three\n"]);
}

fn exec(command: &str, keys: &str) -> Program {
    let keys = with_prefix("a1.sources.r1.", keys);
    let shell = "a1.sources.r1.type = exec\na1.sources.r1.shell = /bin/sh -c\n";
    Program::start(&format!("{TO_FILES}{shell}a1.sources.r1.command = {command}\n{keys}"), &[])
}

#[test]
fn file_roll_begins_a_file_when_one_is_old() {
    let keys = "a1.sources.r1.type = exec\na1.sources.r1.shell = /bin/sh -c\na1.sources.r1.batchTimeout = 0\n\
                a1.sources.r1.command = echo a; until [ -e {dir}/go ]; do sleep 0.1; done; echo b; sleep 600\n\
                a1.sinks.k1.sink.rollInterval = 1\n";
    let mut program = Program::start(&format!("{TO_FILES}{keys}"), &[]);
    program.until("the first line", || lines_in(&program.path("out")) == ["a"]);
    // Older than the interval, on the clock that the program reads.
    pause(Duration::from_millis(1200));
    fs::write(program.path("go"), "").unwrap();
    program.until("both lines", || lines_in(&program.path("out")).len() == 2);
    assert_eq!(contents(&files(&program.path("out"))), ["a\n", "b\n"]);
    program.stop();
}

#[test]
fn exec_puts_full_batches_at_once_and_the_rest_at_the_stop() {
    let mut program =
        exec("for n in 1 2 3 4 5; do echo $n; done; sleep 600", "batchSize = 2\nbatchTimeout = 3600000");
    program.until("two batches", || lines_in(&program.path("out")).len() == 4);
    assert_eq!(lines_in(&program.path("out")), ["1", "2", "3", "4"]);
    program.stop();
    assert_eq!(lines_in(&program.path("out")), ["1", "2", "3", "4", "5"]);
    let mut program = exec("echo 1; sleep 600", "batchTimeout = 200");
    program.until("a batch that is not full", || lines_in(&program.path("out")) == ["1"]);
    program.stop();
    // Without a shell, words are split at blanks.
    let mut program = Program::start(
        &format!("{TO_FILES}a1.sources.r1.type = exec\na1.sources.r1.command = echo 'a  b'\n"),
        &[],
    );
    program.until("the words", || lines_in(&program.path("out")) == ["'a b'"]);
    program.stop();
}

#[test]
fn exec_ends_lines_as_flume_does_and_keeps_long_ones_whole() {
    let long = 200_000;
    let mut program = exec(
        &format!(
            "printf 'a\\\\r\\\\n\\\\r\\\\nb\\\\n'; head -c {long} /dev/zero | tr '\\\\0' x; echo; echo end"
        ),
        "batchTimeout = 0",
    );
    program.until("the last line", || lines_in(&program.path("out")).contains(&"end".to_owned()));
    program.stop();
    let expected = format!("a\n\nb\n{}\nend\n", "x".repeat(long));
    assert!(contents(&files(&program.path("out"))).concat() == expected, "{}", program.log());
}

#[test]
fn exec_starts_its_command_again() {
    let mut program = exec("echo again", "restart = true\nrestartThrottle = 10\nbatchTimeout = 0");
    program.until("three runs", || lines_in(&program.path("out")).len() >= 3);
    program.stop();
}

#[test]
fn exec_logs_complaints_when_it_is_told_to() {
    for (logs, keys) in [(true, "logStdErr = true"), (false, "logStdErr = false"), (false, "batchSize = 20")]
    {
        let mut program = exec("echo oh-no >&2; echo out", keys);
        program.until("the line", || lines_in(&program.path("out")) == ["out"]);
        program.stop();
        assert_eq!(program.log().contains("oh-no"), logs, "{keys}: {}", program.log());
    }
}

#[test]
fn a_character_set_with_wide_line_ends_is_refused() {
    let mut program = exec("printf 'caf\\\\351\\\\n'", "charset = ISO-8859-1\nbatchTimeout = 0");
    program.until("the bytes as they were", || {
        files(&program.path("out")).iter().any(|(_, content)| content == b"caf\xe9\n")
    });
    program.stop();
    let mut program = exec("echo a", "charset = UTF-16");
    assert_eq!(program.wait(), 3);
    assert!(program.log().contains("error[bad-charset]: charset: `UTF-16`"), "{}", program.log());
}

fn made(kind: &str, keys: &str, count: usize) -> Vec<String> {
    let keys = with_prefix("a1.sources.r1.", keys);
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = {kind}\n{keys}a1.sources = r1 end\na1.sources.end.type = exec\n\
        a1.sources.end.command = echo end\na1.sources.end.channels = c1\n"
    );
    let mut program = Program::start(&conf, &[]);
    let numbers = |program: &Program| {
        let mut lines = lines_in(&program.path("out"));
        lines.retain(|line| line != "end");
        lines
    };
    program.until("the last line", || numbers(&program).len() >= count);
    program.stop();
    numbers(&program)
}

#[test]
fn seq_and_stress_make_what_they_are_told() {
    let mut numbers = made("seq", "batchSize = 4\ntotalEvents = 11", 11);
    numbers.sort_by_key(|number| number.parse::<u64>().unwrap());
    assert_eq!(numbers, (0..11).map(|number| number.to_string()).collect::<Vec<_>>());
    let same = |size: usize, count: usize| vec!["\u{7f}".repeat(size); count];
    assert_eq!(made("stress", "size = 3\nbatchSize = 5\nmaxTotalEvents = 13", 13), same(3, 13));
    assert_eq!(made("stress", "size = 2\nbatchSize = 5\nmaxSuccessfulEvents = 12", 12), same(2, 12));
}

#[test]
fn a_pace_holds_a_load_test_back() {
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = stress\na1.sources.r1.size = 1\na1.sources.r1.batchSize = 10\n\
        a1.sources.r1.maxEventsPerSecond = 1\n"
    );
    let mut program = Program::start(&conf, &[]);
    program.until("the first batch", || !lines_in(&program.path("out")).is_empty());
    // The second one may come after ten seconds; without a pace thousands are there at once.
    program.stop();
    assert!(lines_in(&program.path("out")).len() <= 100);
}

#[test]
fn null_says_how_many_it_threw_away() {
    let conf = "a1.channels = c1\na1.channels.c1.type = memory\na1.sinks = k1\na1.sinks.k1.type = null\na1.sinks.k1.channel = c1\n\
        a1.sinks.k1.batchSize = 5\na1.sinks.k1.logEveryNEvents = 20\na1.sources = r1\na1.sources.r1.channels = c1\n\
        a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 50\na1.sources.r1.batchSize = 5\n";
    let mut program = Program::start(conf, &[]);
    program.until("forty events", || program.log().contains("events=40"));
    program.stop();
    assert_eq!(
        program.log().matches("events were thrown away sink=\"k1\" events=").count(),
        2,
        "{}",
        program.log()
    );
}

#[test]
fn logger_shows_as_much_as_it_is_told() {
    let conf = "a1.channels = c1\na1.channels.c1.type = memory\na1.sinks = k1\na1.sinks.k1.type = logger\na1.sinks.k1.channel = c1\n\
        a1.sinks.k1.maxBytesToLog = 3\na1.sources = r1\na1.sources.r1.channels = c1\na1.sources.r1.type = exec\n\
        a1.sources.r1.command = echo 12345\na1.sources.r1.batchTimeout = 0\n";
    let mut program = Program::start(conf, &[]);
    let expected = format!("Event: {{ headers:{{}} body: {:<48}123 }}", "31 32 33");
    program.until("the event", || program.log().contains(&expected));
    program.stop();
}
