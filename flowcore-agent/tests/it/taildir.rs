//! The source taildir: each key, each rule, and a real Flume before and after it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use flowcore_testkit::{Flume, free_port};

use crate::program::{Program, TO_FILES, until};
use crate::scenario::Step::{
    Append, Bytes, CutOff, Gone, Holds, Lines, Logs, Missing, Overwrite, Rename, Stop, Written,
};
use crate::scenario::{Row, append, lines, row, run};

/// All keys but those of headers, which the sink here does not show.
const KEYS: &[Row] = &[
    row(
        "filegroups",
        "filegroups = g h\nfilegroups.h = {dir}/in/b[.]log",
        &[Append("a.log", "a\n"), Append("b.log", "b\n"), Append("a.log.1", "x\n")],
        &[Lines(&["a", "b"])],
    ),
    row(
        "filegroups.<g>.glob",
        "filegroups.g = {dir}/in/**/y[0-9]/a[.]log\nfilegroups.g.glob = true",
        &[Append("x/y1/a.log", "1\n"), Append("y/a.log", "x\n"), Append("y2/a.log", "2\n")],
        &[Lines(&["1", "2"])],
    ),
    row(
        "positionFile",
        "positionFile = {dir}/deep/down/p.json",
        &[Append("a.log", "a\n")],
        &[Lines(&["a"]), Stop, Holds("deep/down/p.json", "\"pos\":2,\"file\":\"")],
    ),
    row(
        "skipToEnd",
        "skipToEnd = true",
        &[Append("a.log", "old\n")],
        &[Holds("p.json", "\"pos\":4"), Append("a.log", "new\n"), Lines(&["new"])],
    ),
    row(
        "skipToEnd, a file that comes later",
        "skipToEnd = true\nfilegroups.g = {dir}/in/.*",
        &[Append("a.log", "old\n")],
        &[Holds("p.json", "\"pos\":4"), Append("b.log", "all\n"), Lines(&["all"])],
    ),
    row(
        "idleTimeout",
        "idleTimeout = 200",
        &[Append("a.log", "one\ntwo")],
        &[Lines(&["one", "two"]), Append("a.log", "\nthree\n"), Lines(&["one", "two", "three"])],
    ),
    row(
        "idleTimeout, not over yet",
        "",
        &[Append("a.log", "one\ntw")],
        &[Lines(&["one"]), Append("a.log", "o\n"), Lines(&["one", "two"])],
    ),
    row(
        "writePosInterval",
        "writePosInterval = 50",
        &[Append("a.log", "a\n")],
        &[Holds("p.json", "\"pos\":2"), Append("a.log", "b\n"), Holds("p.json", "\"pos\":4")],
    ),
    row(
        "writePosInterval, long",
        "writePosInterval = 600000",
        &[Append("a.log", "a\n")],
        &[Lines(&["a"]), Missing("p.json"), Stop, Holds("p.json", "\"pos\":2")],
    ),
    row(
        "batchSize and maxBatchCount",
        "filegroups.g = {dir}/in/.*\nbatchSize = 1\nmaxBatchCount = 2",
        &[Append("a.log", "1\n2\n3\n"), Append("b.log", "4\n5\n6\n")],
        &[Lines(&["1", "2", "4", "5", "3", "6"])],
    ),
    row(
        "batchSize without maxBatchCount",
        "filegroups.g = {dir}/in/.*\nbatchSize = 1",
        &[Append("a.log", "1\n2\n3\n"), Append("b.log", "4\n5\n6\n")],
        &[Lines(&["1", "2", "3", "4", "5", "6"])],
    ),
    row(
        "cachePatternMatching",
        "filegroups.g = {dir}/in/.*\ncachePatternMatching = false",
        &[],
        &[Append("a.log", "a\n"), Lines(&["a"])],
    ),
    row(
        "cachePatternMatching, remembered",
        "filegroups.g = {dir}/in/.*\ncachePatternMatching = true",
        &[],
        &[Append("a.log", "a\n"), Lines(&["a"]), Append("b.log", "b\n"), Lines(&["a", "b"])],
    ),
    row(
        "backoffSleepIncrement and maxBackoffSleep",
        "filegroups.g = {dir}/in/.*\nbackoffSleepIncrement = 10\nmaxBackoffSleep = 20",
        &[],
        &[Append("a.log", "a\n"), Lines(&["a"])],
    ),
    row(
        "renamed",
        "filegroups.g = {dir}/in/a.*\nrenamed = restart",
        &[Append("a.log", "1\n2\n")],
        &[Lines(&["1", "2"]), Rename("a.log", "a.log.1"), Lines(&["1", "2", "1", "2"])],
    ),
    row(
        "renamed by default",
        "filegroups.g = {dir}/in/a.*",
        &[Append("a.log", "1\n2\n")],
        &[Lines(&["1", "2"]), Rename("a.log", "a.log.1"), Append("a.log.1", "3\n"), Lines(&["1", "2", "3"])],
    ),
    row(
        "fingerprint",
        "fingerprint = inode",
        &[Append("a.log", "1\n2\n")],
        &[Lines(&["1", "2"]), Overwrite("a.log", "3\n4\n5\n"), Lines(&["1", "2", "5"])],
    ),
    row(
        "fingerprint by default",
        "",
        &[Append("a.log", "1\n2\n")],
        &[Lines(&["1", "2"]), Overwrite("a.log", "3\n4\n5\n"), Lines(&["1", "2", "3", "4", "5"])],
    ),
];

/// The rules that no key changes.
const RULES: &[Row] = &[
    row(
        "a carriage return before the newline is dropped, another one is not",
        "",
        &[Bytes("a.log", b"a\rb\r\n\r\nc\n"), Written("a.log", 5)],
        &[Lines(&["a\rb", "", "c"])],
    ),
    row(
        "a file shorter than its position is read from its start",
        "fingerprint = inode",
        &[Append("a.log", "one\ntwo\n")],
        &[Lines(&["one", "two"]), CutOff("a.log", "new\n"), Lines(&["one", "two", "new"])],
    ),
    row(
        "what is left in a file that was renamed away is read",
        "",
        &[Append("a.log", "1\n")],
        &[
            Lines(&["1"]),
            Rename("a.log", "old"),
            Gone("in/a.log"),
            Append("old", "2\n"),
            Append("a.log", "3\n"),
            Lines(&["1", "2", "3"]),
        ],
    ),
    row(
        "a directory that does not exist is a failure that is tried again",
        "filegroups.g = {dir}/in/later/a[.]log",
        &[],
        &[Logs("file group g: directory does not exist: "), Append("later/a.log", "a\n"), Lines(&["a"])],
    ),
    row(
        "a position file that is cut short gives what it has, with a warning",
        "",
        &[Append("a.log", "a\n"), Append("../p.json", "[{\"inode\":1,\"pos\":2")],
        &[Lines(&["a"]), Logs("the position file is damaged")],
    ),
    row(
        "an empty position file is as none, with a warning",
        "",
        &[Append("a.log", "a\n"), Append("../p.json", "")],
        &[Lines(&["a"]), Logs("the position file is damaged")],
    ),
];

#[test]
fn every_key_does_what_it_says() {
    for row in KEYS {
        run(row, conf);
    }
}

#[test]
fn every_rule_holds() {
    for row in RULES {
        run(row, conf);
    }
}

fn conf(settings: &str) -> String {
    let defaults = ["filegroups = g", "filegroups.g = {dir}/in/a[.]log", "positionFile = {dir}/p.json"];
    let is_set = |default: &&&str| {
        let key = default.split_once('=').unwrap().0;
        settings.lines().any(|line| line.starts_with(key))
    };
    let defaults = defaults.iter().filter(|default| !is_set(default)).copied();
    let keys: Vec<String> =
        defaults.chain(settings.lines()).map(|line| format!("a1.sources.r1.{line}\n")).collect();
    format!("{TO_FILES}a1.sources.r1.type = TAILDIR\n{}", keys.concat())
}

#[test]
fn headers_of_the_group_the_file_and_the_offset_are_there_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.log");
    append(&file, "one\r\ntwo\n");
    append(&folder.path().join("b.log"), "three\n");
    let conf = "a1.channels = c1\na1.channels.c1.type = memory\na1.channels.c1.capacity = 1000\n\
        a1.sinks = k1\na1.sinks.k1.type = logger\na1.sinks.k1.channel = c1\n\
        a1.sources = r1\na1.sources.r1.channels = c1\na1.sources.r1.type = taildir\n\
        a1.sources.r1.filegroups = f g\na1.sources.r1.filegroups.f = {dir}/a.log\n\
        a1.sources.r1.filegroups.g = {dir}/.*[.]log\n\
        a1.sources.r1.headers.f.kind = web\na1.sources.r1.headers.f.a.b = c\n\
        a1.sources.r1.positionFile = {dir}/p.json\n\
        a1.sources.r1.fileHeader = true\na1.sources.r1.fileHeaderKey = path\n\
        a1.sources.r1.byteOffsetHeader = true\n";
    let program = Program::start_in(folder, conf, &[]);
    let of_a = |offset| format!("{{kind=web, a.b=c, path={}, byteoffset={offset}}}", file.display());
    let expected = [
        of_a(0) + " body: 6F 6E 65 ",
        of_a(5) + " body: 74 77 6F ",
        format!("{{path={}, byteoffset=0}} body:", program.path("b.log").display()),
    ];
    program.until("the three events", || program.log().matches("Event: ").count() == 3);
    for event in expected {
        assert!(program.log().contains(&event), "{event} is not in {}", program.log());
    }
}

#[test]
fn the_position_file_has_the_members_of_flume_alone_and_goes_on_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in/a.log");
    append(&file, "one\ntwo\n");
    let settings = conf("writePosInterval = 50");
    let mut program = Program::start_in(folder, &settings, &[]);
    let saved = |program: &Program| fs::read_to_string(program.path("p.json")).unwrap_or_default();
    let inode = fs::metadata(&file).unwrap().ino();
    let expected =
        |pos: u64| format!("[{{\"inode\":{inode},\"pos\":{pos},\"file\":\"{}\"}}]", file.display());
    program.until("the position", || saved(&program) == expected(8));
    assert!(program.path("p.json.ext").is_file());
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    append(&file, "three\n");
    let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
    let program = Program::start_in(folder, &settings, &[]);
    program.until("the third line", || saved(&program) == expected(14));
    assert_eq!(lines(&program.path("out")), ["one", "two", "three"]);
}

#[test]
fn a_real_flume_goes_on_where_ours_was_and_ours_where_flume_was() {
    let flume = Flume::installed(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_path_buf();
    let file = root.join("in/a.log");
    let inode = |file: &Path| fs::metadata(file).unwrap().ino();
    let saved = |pos: usize| {
        let text = fs::read_to_string(root.join("p.json")).unwrap_or_default();
        let wanted = format!("\"inode\":{},\"pos\":{pos},\"file\":\"{}\"", inode(&file), file.display());
        text.contains(&wanted)
    };
    let settings = conf("writePosInterval = 200\nbatchSize = 2");
    let of_flume = |out: &str| {
        fs::create_dir_all(root.join(out)).unwrap();
        settings.replace("{dir}/out", &format!("{{dir}}/{out}")).replace("{dir}", root.to_str().unwrap())
    };
    append(&file, "one\ntwo\nthree\n");
    let mut agent = flume.agent(&of_flume("first"));
    until("the position of Flume", || {
        assert!(agent.end().is_none(), "{}", agent.log());
        saved(14)
    });
    drop(agent);
    append(&file, "four\n");
    let mut program = Program::start_in(folder, &settings, &[]);
    program.until("our position", || saved(19));
    program.stop();
    assert_eq!(
        (lines(&root.join("first")), lines(&root.join("out"))),
        (words("one two three"), words("four"))
    );
    append(&file, "five\nsix\n");
    let mut agent = flume.agent(&of_flume("last"));
    until("the second position of Flume", || {
        assert!(agent.end().is_none(), "{}", agent.log());
        saved(28)
    });
    until("the last lines", || lines(&root.join("last")).len() >= 2);
    assert_eq!(lines(&root.join("last")), words("five six"));
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_stop_while_the_channel_is_full_is_no_failure_of_the_source() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lines"), "a line\n".repeat(5000)).unwrap();
    let conf = format!(
        "a1.sources = r1\na1.channels = c1\na1.sinks = k1\na1.sources.r1.type = TAILDIR\n\
         a1.sources.r1.filegroups = g\na1.sources.r1.filegroups.g = {{dir}}/lines\n\
         a1.sources.r1.positionFile = {{dir}}/positions.json\na1.sources.r1.channels = c1\n\
         a1.channels.c1.type = memory\na1.channels.c1.capacity = 300\n\
         a1.sinks.k1.type = avro\na1.sinks.k1.hostname = 127.0.0.1\na1.sinks.k1.port = {}\na1.sinks.k1.channel = c1\n",
        free_port()
    );
    let mut program = Program::start_in(folder, &conf, &["--grace", "1"]);
    program.until("a failure of the sink", || program.log().contains("fails and is tried again"));
    program.stop();
    assert!(program.log().contains("events are left channel=c1"), "{}", program.log());
    assert!(!program.log().contains("the source failed"), "{}", program.log());
}
