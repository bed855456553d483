//! What a spooldir source does beside reading: files that it sets aside, a channel that stays full, files that
//! come later.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use flowcore::event::Event;
use flowcore::ingest::sink::EventSerializer;
use flowcore_avro::container::AvroEventSerializer;
use flowcore_testkit::Flume;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Program, until};
use crate::scenario::lines;
use crate::spooldir::conf;

const MONITORED: &[&str] = &["-Dflume.monitoring.type=http", "-Dflume.monitoring.port=0"];

fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join("in").join(name), content).unwrap();
    }
    folder
}

fn start(folder: TempDir, settings: &str) -> Program {
    Program::start_in(folder, &conf(settings), MONITORED)
}

/// What `/metrics.json` says of the source, or the text of another path.
fn metrics(program: &Program, path: &str) -> String {
    let mut address = None;
    program.until("a port", || {
        let log = program.log();
        let said = log.lines().find(|line| line.contains("monitoring listens"));
        let of =
            |line: &str| line.split(' ').find_map(|word| word.strip_prefix("address=").map(str::to_owned));
        address = said.and_then(of);
        address.is_some()
    });
    let mut stream = TcpStream::connect(address.unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn source(program: &Program) -> Value {
    let all: Value = serde_json::from_str(&metrics(program, "/metrics.json")).unwrap();
    all["SOURCE.r1"].clone()
}

#[test]
fn a_file_that_is_set_aside_is_shown_with_its_reason_until_it_is_gone() {
    let folder = folder_with(&[("a", b"1\n\xff\n"), ("b", b"2\n"), ("c", b"3\n"), ("c.COMPLETED", b"")]);
    let (a, c) = (folder.path().join("in/a"), folder.path().join("in/c"));
    let program = start(folder, "pollDelay = 10");
    program.until("two files are set aside", || source(&program)["SetAsideCount"] == 2);
    let said = source(&program);
    let reasons = [
        format!("{}: what it holds cannot be read: there is no text in Utf8 at byte 2", a.display()),
        format!(
            "{}: file name has been re-used with different files: {}.COMPLETED is there",
            c.display(),
            c.display()
        ),
    ];
    assert_eq!(said["SetAside"], serde_json::json!(reasons));
    assert_eq!((&said["EventReadFail"], &said["GenericProcessingFail"]), (&1.into(), &1.into()));
    let prometheus = metrics(&program, "/prometheus");
    let gauge = prometheus.lines().find(|line| line.starts_with("flume_source_set_aside{")).unwrap();
    assert!(gauge.ends_with("} 2"), "{gauge}");
    fs::remove_file(a).unwrap();
    fs::remove_file(c).unwrap();
    program.until("nothing is set aside", || source(&program)["SetAsideCount"] == 0);
}

#[test]
fn a_file_that_was_set_aside_goes_on_where_it_was_after_a_restart() {
    let folder = folder_with(&[("a", b"1\n2\n\xff\n3\n"), ("b", b"4\n")]);
    let mut program = start(folder, "batchSize = 1");
    program.until("the other file", || program.path("in/b.COMPLETED").exists());
    program.stop();
    let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
    assert_eq!(lines(&folder.path().join("out")), ["1", "2", "4"]);
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    let program = start(folder, "decodeErrorPolicy = REPLACE");
    program.until("the rest", || lines(&program.path("out")) == ["\u{fffd}", "3"]);
    program.until("its name", || program.path("in/a.COMPLETED").exists());
    program.until("nothing is left", || {
        fs::read_dir(program.path("in/.flumespool")).is_ok_and(|left| left.count() == 0)
    });
}

/// The pause between two tries is ten milliseconds at most: by the default it would take far longer.
#[test]
fn a_source_whose_channel_stays_full_pauses_no_longer_than_max_backoff() {
    let folder = folder_with(&[("a", b"1\n2\n3\n")]);
    let full = "a1.channels = c1\na1.channels.c1.type = memory\na1.channels.c1.capacity = 2\n\
        a1.channels.c1.transactionCapacity = 1\na1.channels.c1.keep-alive = 0\na1.sources = r1\n\
        a1.sources.r1.channels = c1\na1.sources.r1.type = spooldir\na1.sources.r1.spoolDir = {dir}/in\n\
        a1.sources.r1.batchSize = 1\na1.sources.r1.maxBackoff = 10\n";
    let mut program = Program::start_in(folder, full, MONITORED);
    program.until("many tries", || source(&program)["ChannelWriteFail"].as_u64() > Some(400));
    assert_eq!(source(&program)["EventAcceptedCount"], 2);
    program.stop();
    assert!(program.path("in/a").exists(), "nothing of it was delivered");
    assert!(!program.path("in/.flumespool/.flumespool-main.meta").exists());
}

/// Each file is made when the one before is done. Looks that come every half a second would take minutes.
#[test]
fn files_that_come_later_are_found_after_poll_delay() {
    const FILES: usize = 400;
    let program = start(folder_with(&[]), "pollDelay = 5");
    let (mut made, mut open) = (0, Vec::new());
    program.until("all files", || {
        while made == 0 || program.path(&format!("in/{made}.COMPLETED")).exists() {
            made += 1;
            // Nobody tells that it was closed.
            let mut file = File::create(program.path(&format!("in/.{made}"))).unwrap();
            writeln!(file, "{made}").unwrap();
            fs::hard_link(program.path(&format!("in/.{made}")), program.path(&format!("in/{made}"))).unwrap();
            open.push(file);
        }
        made > FILES
    });
}

/// Looks come every hour: what is found before, the system has told of.
#[test]
fn a_file_that_is_moved_here_is_found_at_once_also_in_a_folder_that_comes_later() {
    let program =
        start(folder_with(&[("first", b"1\n")]), "pollDelay = 3600000\nrecursiveDirectorySearch = true");
    let is_done = |name: &str| {
        let done = program.path(&format!("in/{name}.COMPLETED"));
        program.until(name, || done.exists());
    };
    let puts = |folder: &str, name: &str| {
        fs::write(program.path("new"), name).unwrap();
        fs::rename(program.path("new"), program.path(&format!("in/{folder}{name}"))).unwrap();
        is_done(&format!("{folder}{name}"));
    };
    is_done("first");
    puts("", "second");
    for time in ["one", "two"] {
        fs::create_dir_all(program.path("later/b")).unwrap();
        fs::write(program.path("later/b/c"), time).unwrap();
        fs::rename(program.path("later"), program.path("in/later")).unwrap();
        is_done("later/b/c");
        puts("later/b/", "d");
        puts("later/", "e");
        // Another one of its name is watched as well.
        fs::remove_dir_all(program.path("in/later")).unwrap();
    }
    assert_eq!(lines(&program.path("out")), ["1", "second", "one", "d", "e", "two", "d", "e"]);
}

#[test]
fn removed_files_are_not_kept_in_the_folder_of_the_tracker() {
    let folder = folder_with(&[("a", b"1\n"), ("b", b"2\n")]);
    let program = start(folder, "deletePolicy = immediate\ntrackerDir = .t");
    program.until("both lines", || lines(&program.path("out")).len() == 2);
    until("both files are gone", || !program.path("in/a").exists() && !program.path("in/b").exists());
    until("nothing is left", || fs::read_dir(program.path("in/.t")).is_ok_and(|left| left.count() == 0));
}

/// Two blocks, of two events and of three.
fn container() -> Vec<u8> {
    let serializer = AvroEventSerializer::new();
    let mut file = Vec::new();
    serializer.begin(&mut file);
    for events in [&["1", "2"][..], &["3", "4", "5"]] {
        let mut block = Vec::new();
        for event in events {
            serializer.append(&Event::new(event.to_string()), &mut block);
        }
        serializer.end_block(events.len() as u64, &block, &mut file);
    }
    file
}

/// What both say of the same file, by a sink that writes headers and bodies.
#[test]
fn avro_files_are_read_as_a_real_flume_reads_them() {
    let flume = Flume::installed(env!("CARGO_TARGET_TMPDIR"));
    for kind in ["", "deserializer.schemaType = LITERAL"] {
        let settings = format!("deserializer = AVRO\n{kind}");
        let conf = conf(&settings) + "a1.sinks.k1.sink.serializer = header_and_text\n";
        let folder = folder_with(&[("a", &container())]);
        let root = folder.path().to_path_buf();
        fs::create_dir_all(root.join("out")).unwrap();
        let mut agent = flume.agent(&conf.replace("{dir}", root.to_str().unwrap()));
        until("all from Flume", || {
            assert!(agent.end().is_none(), "{}", agent.log());
            root.join("in/a.COMPLETED").exists() && bytes_in(&root.join("out")).len() > 100
        });
        let program = Program::start_in(folder_with(&[("a", &container())]), &conf, &[]);
        program.until("all from ours", || program.path("in/a.COMPLETED").exists());
        until("the same bytes", || bytes_in(&root.join("out")) == bytes_in(&program.path("out")));
    }
}

fn bytes_in(folder: &Path) -> Vec<u8> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| fs::read(path).unwrap()).collect()
}
