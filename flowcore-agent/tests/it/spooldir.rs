//! The source spooldir: each key, each rule, and a real Flume before and after it.

use std::fs;
use std::path::Path;

use flowcore_testkit::Flume;

use crate::program::{Program, TO_FILES, until};
use crate::scenario::Step::{Append, Bytes, Gone, Holds, Lines, Logs, Missing, Written};
use crate::scenario::{Row, append, lines, row, run};

const KEYS: &[Row] = &[
    row("spoolDir", "", &[Append("a", "1\n2")], &[Lines(&["1", "2"]), Holds("in/a.COMPLETED", "1\n2")]),
    row(
        "fileSuffix",
        "fileSuffix = .done",
        &[Append("a", "1\n"), Append("b.done", "x\n"), Append("c.COMPLETED", "2\n")],
        &[Lines(&["1", "2"]), Holds("in/a.done", "1\n"), Gone("in/a")],
    ),
    row("deletePolicy", "deletePolicy = immediate", &[Append("a", "1\n")], &[Lines(&["1"]), Gone("in/a")]),
    row(
        "includePattern and ignorePattern",
        "includePattern = ^.*[.]log$\nignorePattern = ^b.*$",
        &[Append("a.log", "1\n"), Append("b.log", "x\n"), Append("a.txt", "x\n"), Append("c.log", "2\n")],
        &[Lines(&["1", "2"])],
    ),
    row(
        "ignorePattern of a folder",
        "recursiveDirectorySearch = true\nignorePattern = skip",
        &[Append("skip/a", "x\n"), Append("take/a", "1\n")],
        &[Lines(&["1"]), Holds("in/take/a.COMPLETED", "1"), Holds("in/skip/a", "x")],
    ),
    row(
        "trackerDir and trackingPolicy",
        "trackerDir = .t\ntrackingPolicy = tracker_dir\npollDelay = 10\nrecursiveDirectorySearch = true",
        &[Append("d/a", "1\n")],
        &[
            Holds("in/.t/d/a.COMPLETED", ""),
            Append("b", "2\n"),
            Holds("in/.t/b.COMPLETED", ""),
            Lines(&["1", "2"]),
            Holds("in/d/a", "1\n"),
            Gone("in/.t/.flumespool-main.meta"),
        ],
    ),
    row(
        "consumeOrder, oldest by default",
        "",
        &[
            Append("a", "1\n"),
            Append("b", "2\n"),
            Append("c", "3\n"),
            Written("c", 5),
            Written("a", 9),
            Written("b", 9),
        ],
        &[Lines(&["3", "1", "2"])],
    ),
    row(
        "consumeOrder, youngest",
        "consumeOrder = youngest",
        &[
            Append("a", "1\n"),
            Append("b", "2\n"),
            Append("c", "3\n"),
            Written("c", 5),
            Written("a", 9),
            Written("b", 9),
        ],
        &[Lines(&["1", "2", "3"])],
    ),
    row("consumeOrder, random", "consumeOrder = random", &[Append("a", "1\n")], &[Lines(&["1"])]),
    row(
        "recursiveDirectorySearch",
        "recursiveDirectorySearch = true",
        &[Append("d/e/a", "1\n"), Append(".h/a", "x\n"), Append(".a", "x\n")],
        &[Lines(&["1"]), Holds("in/d/e/a.COMPLETED", "1")],
    ),
    row(
        "recursiveDirectorySearch by default",
        "",
        &[Append("d/a", "x\n"), Append("a", "1\n")],
        &[Lines(&["1"]), Holds("in/a.COMPLETED", "1"), Missing("in/d/a.COMPLETED")],
    ),
    row("batchSize", "batchSize = 1", &[Append("a", "1\n2\n3\n")], &[Lines(&["1", "2", "3"])]),
    row("inputCharset", "inputCharset = ISO-8859-1", &[Bytes("a", b"gr\xfc\xdfe\n")], &[Lines(&["grüße"])]),
    row(
        "decodeErrorPolicy",
        "decodeErrorPolicy = REPLACE",
        &[Bytes("a", b"a\xffb\nc\n")],
        &[Lines(&["a\u{fffd}b", "c"])],
    ),
    row(
        "decodeErrorPolicy, ignore",
        "decodeErrorPolicy = IGNORE",
        &[Bytes("a", b"a\xffb\nc\n")],
        &[Lines(&["ab", "c"])],
    ),
    row(
        "decodeErrorPolicy, fail",
        "",
        &[Bytes("a", b"1\na\xffb\nx\n"), Written("a", 5), Append("b", "2\n")],
        &[
            Logs("there is no text in Utf8 at byte 3"),
            Lines(&["1", "2"]),
            Holds("in/b.COMPLETED", "2"),
            Missing("in/a.COMPLETED"),
        ],
    ),
    row(
        "deserializer.maxLineLength",
        "deserializer.maxLineLength = 3",
        &[Append("a", "ab\nabcdef\näöüß\n")],
        &[Lines(&["ab", "abc", "def", "", "äöü", "ß"]), Logs("a line is longer than the limit")],
    ),
    row("bufferMaxLineLength", "bufferMaxLineLength = 3", &[Append("a", "abcd\n")], &[Lines(&["abc", "d"])]),
    row(
        "deserializer.outputCharset",
        "deserializer.outputCharset = US-ASCII",
        &[Append("a", "aä\n")],
        &[Lines(&["a?"])],
    ),
    row(
        "deserializer.stripCarriageReturn",
        "deserializer.stripCarriageReturn = true",
        &[Append("a", "a\r\nb\n")],
        &[Lines(&["a", "b"])],
    ),
    row(
        "deserializer",
        "deserializer = org.apache.flume.sink.solr.morphline.BlobDeserializer$Builder\ndeserializer.maxBlobLength = 4",
        &[Append("a", "abcdef")],
        &[Lines(&["abcd", "ef"])],
    ),
];

const RULES: &[Row] = &[
    row("a carriage return stays", "", &[Append("a", "a\r\nb\n")], &[Lines(&["a\r", "b"])]),
    row(
        "an empty file is one event without a body",
        "",
        &[Append("a", "")],
        &[Lines(&[""]), Holds("in/a.COMPLETED", "")],
    ),
    row(
        "a name that is taken sets its file aside, and others go on",
        "",
        &[Append("a", "1\n"), Append("a.COMPLETED", "old\n"), Written("a", 5), Append("b", "2\n")],
        &[
            Logs("re-used with different files"),
            Lines(&["1", "2"]),
            Holds("in/b.COMPLETED", "2"),
            Holds("in/a.COMPLETED", "old"),
        ],
    ),
    row(
        "an empty tracker file is as none",
        "",
        &[Append("a", "1\n"), Append(".flumespool/.flumespool-main.meta", "")],
        &[Lines(&["1"]), Gone("in/.flumespool/.flumespool-main.meta")],
    ),
];

/// These keys of the source, and a sink that writes files.
pub(crate) fn conf(settings: &str) -> String {
    let keys: Vec<String> = settings.lines().map(|line| format!("a1.sources.r1.{line}\n")).collect();
    format!("{TO_FILES}a1.sources.r1.type = spooldir\na1.sources.r1.spoolDir = {{dir}}/in\n{}", keys.concat())
}

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

#[test]
fn headers_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    append(&folder.path().join("in/a.txt"), "one\n");
    let conf =
        conf("fileHeader = true\nfileHeaderKey = from\nbasenameHeader = true\nbasenameHeaderKey = name")
            .replace("k1.type = file_roll", "k1.type = logger");
    let program = Program::start_in(folder, &conf, &[]);
    let header = format!("from={}", program.path("in/a.txt").display());
    program.until("the headers", || program.log().contains(&header) && program.log().contains("name=a.txt"));
}

/// Neither agent gets further than a channel of 100 without a sink lets it.
#[test]
fn a_real_flume_and_ours_go_on_in_the_middle_of_each_others_files() {
    let flume = Flume::installed(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_path_buf();
    append(&root.join("in/a"), &text(0, 250));
    let meta = root.join("in/.flumespool/.flumespool-main.meta");
    let is_at = |lines: usize| fs::read(&meta).is_ok_and(|bytes| holds_offset(&bytes, text(0, lines).len()));
    let full = "a1.channels = c1\na1.channels.c1.type = memory\na1.channels.c1.capacity = 100\n\
        a1.channels.c1.keep-alive = 0\na1.sources = r1\na1.sources.r1.channels = c1\n\
        a1.sources.r1.type = spooldir\na1.sources.r1.batchSize = 50\n\
        a1.sources.r1.spoolDir = {dir}/in\n";
    let mut agent = flume.agent(&full.replace("{dir}", root.to_str().unwrap()));
    until("Flume's position", || {
        assert!(agent.end().is_none(), "{}", agent.log());
        is_at(100)
    });
    drop(agent);
    let ours = full.replace("type = memory", "type = file").replace(
        "a1.channels.c1.keep-alive = 0\n",
        "a1.channels.c1.keep-alive = 1\na1.channels.c1.transactionCapacity = 50\n\
         a1.channels.c1.dataDirs = {dir}/data\na1.channels.c1.checkpointDir = {dir}/checkpoint\n\
         a1.channels.c1.minimumRequiredSpace = 1048576\n",
    );
    let mut program = Program::start_in(folder, &ours, &[]);
    program.until("our position", || is_at(200));
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let to_files = conf("").replace("{dir}", root.to_str().unwrap());
    fs::create_dir_all(root.join("out")).unwrap();
    let mut agent = flume.agent(&to_files);
    until("the rest from Flume", || {
        assert!(agent.end().is_none(), "{}", agent.log());
        root.join("in/a.COMPLETED").exists() && lines(&root.join("out")).len() >= 50
    });
    assert_eq!(lines(&root.join("out")).join("\n") + "\n", text(200, 250));
    assert!(!Path::new(&meta).exists(), "Flume has no file at hand any more");
}

fn text(from: usize, to: usize) -> String {
    let lines: Vec<String> = (from..to).map(|at| format!("line {at} ✓\n")).collect();
    lines.concat()
}

/// Whether the last record of a tracker's file is this offset: it stands before the last marker.
fn holds_offset(bytes: &[u8], offset: usize) -> bool {
    let mut rest = u64::try_from(offset).unwrap() * 2;
    let mut record = Vec::new();
    while rest >= 0x80 {
        record.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    record.push(u8::try_from(rest).unwrap());
    bytes.len() > 40 && bytes[..bytes.len() - 16].ends_with(&record)
}
