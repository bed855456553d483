//! Channels on disk when an agent starts, changes, fails and is told to end at once.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;

use crate::channel_keys::events;
use crate::program::{Program, lines_in};

const CHANNEL: &str = "a1.channels = c1\na1.channels.c1.type = file\na1.channels.c1.dataDirs = {dir}/data\n\
                       a1.channels.c1.minimumRequiredSpace = 1048576\na1.channels.c1.maxFileSize = 1048576\n";
const NUMBERS: &str = "a1.sources = r1\na1.sources.r1.type = seq\na1.sources.r1.totalEvents = 50\n\
                       a1.sources.r1.channels = c1\n";
const TO_FILES: &str = "a1.sinks = k1\na1.sinks.k1.type = file_roll\na1.sinks.k1.channel = c1\n\
                        a1.sinks.k1.sink.directory = {dir}/out\n";
const SPILLABLE: &str = "a1.channels = c1\na1.channels.c1.type = spillablememory\na1.channels.c1.dataDirs = {dir}/data\n\
                         a1.channels.c1.minimumRequiredSpace = 1048576\na1.channels.c1.maxFileSize = 1048576\n\
                         a1.channels.c1.overflowTimeout = 0\n";

/// Ends a program, and starts another one in its folder.
fn again(mut program: Program, conf: &str) -> Program {
    let _ = program.child.kill();
    program.child.wait().unwrap();
    let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
    Program::start_in(folder, conf, &[])
}

fn numbers(folder: &Path) -> Vec<u32> {
    let mut numbers: Vec<u32> = lines_in(folder).iter().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// Fifty numbers on disk, some of them in the hands of a sink whose peer does not answer.
fn stuck(port: u16) -> Program {
    let sink = "a1.sinks = k1\na1.sinks.k1.type = avro\na1.sinks.k1.hostname = 127.0.0.1\na1.sinks.k1.channel = c1\n\
                a1.sinks.k1.batch-size = 10\na1.sinks.k1.request-timeout = 3600000\n";
    let conf = format!("{CHANNEL}{NUMBERS}{sink}a1.sinks.k1.port = {port}\n");
    let program = Program::start(&conf, &["--grace", "3600"]);
    program.until("fifty events on disk", || events(&program.path("data")) == 50);
    program.signal("-TERM");
    program.until("the first signal", || program.log().contains(" stops"));
    program
}

#[test]
fn a_second_signal_ends_at_once_and_what_was_committed_is_delivered_by_the_next_start() {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let mut program = stuck(silent.local_addr().unwrap().port());
        program.insist(signal);
        assert_eq!(program.wait(), code, "{}", program.log());
        assert!(program.log().contains("ends at once"), "{}", program.log());
        assert!(program.path("data/flowcore.checkpoint").exists(), "its channel had the time for it");
        let mut program = again(program, &format!("{CHANNEL}{TO_FILES}"));
        program.until("fifty lines", || lines_in(&program.path("out")).len() >= 50);
        program.stop();
        assert_eq!(numbers(&program.path("out")), (0..50).collect::<Vec<_>>());
    }
}

#[test]
fn an_agent_that_fails_settles_its_channels() {
    // A batch of two does not fit into one slot: the only component gives up.
    let small = "a1.channels = c1 c2\na1.channels.c2.type = memory\na1.channels.c2.byteCapacity = 100\n\
                 a1.sources.r1.channels = c1 c2\na1.sources.r1.batchSize = 2\n";
    let mut program = Program::start(&format!("{CHANNEL}{NUMBERS}{small}"), &[]);
    assert_eq!(program.wait(), 1, "{}", program.log());
    assert!(program.path("data/flowcore.checkpoint").exists(), "{}", program.log());
}

#[test]
fn a_folder_that_cannot_be_had_ends_the_start_with_its_name() {
    let table = [
        ("dataDirs", "{dir}/flume.conf/data"),
        ("dataDirs", "{dir}/one, {dir}/flume.conf/two"),
        ("checkpointDir", "{dir}/flume.conf/marks"),
        ("dataDirs", "/proc/no/such"),
    ];
    for (key, folder) in table {
        for kind in [CHANNEL, SPILLABLE] {
            let conf = format!("{kind}{NUMBERS}a1.channels.c1.{key} = {folder}\n");
            let mut program = Program::start(&conf, &[]);
            assert_eq!(program.wait(), 1, "{}", program.log());
            let bad = folder.split(", ").last().unwrap();
            let bad = bad.replace("{dir}", program.folder.path().to_str().unwrap());
            let log = program.log();
            assert!(log.contains("c1") && log.contains("cannot use") && log.contains(&bad), "{log}");
        }
    }
}

/// Damages the first put.
fn damage(program: &Program) {
    let segment = program.path("data/0000000000000001.segment");
    let mut content = fs::read(&segment).unwrap();
    let put = content.windows(5).position(|part| part == b"FcR1\x01").unwrap();
    content[put + 56] ^= 1;
    fs::write(&segment, content).unwrap();
}

#[test]
fn strict_recovery_refuses_what_is_damaged_and_else_the_rest_is_delivered_and_the_loss_counted() {
    for (kind, more) in [(CHANNEL, ""), (SPILLABLE, "a1.channels.c1.memoryCapacity = 0\n")] {
        let kind = format!("{kind}{more}a1.channels.c1.checkpointOnClose = false\n");
        let program = Program::start(&format!("{kind}{NUMBERS}"), &[]);
        program.until("fifty events on disk", || events(&program.path("data")) == 50);
        let mut program = program;
        program.stop();
        damage(&program);
        let mut program = again(program, &format!("{kind}{TO_FILES}a1.channels.c1.strictRecovery = true\n"));
        assert_eq!(program.wait(), 1, "{}", program.log());
        assert!(program.log().contains("is damaged at byte"), "{}", program.log());
        assert!(lines_in(&program.path("out")).is_empty());
        let mut program = again(program, &format!("{kind}{TO_FILES}"));
        program.until("the loss", || program.log().contains("its events are lost"));
        program.until("the rest", || numbers(&program.path("out")).last() == Some(&49));
        program.stop();
        let delivered = numbers(&program.path("out")).len();
        let lost: usize = program.log().split("events=").skip(1).map(number).sum();
        assert!(lost > 0 && delivered + lost == 50, "{delivered} delivered, {lost} lost: {}", program.log());
    }
}

/// The number that a text begins with.
fn number(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

const LINES: u32 = 3000;

/// Three thousand lines, some while the configuration changes; the edits of a channel's keys, and what the log
/// says of each.
fn under_load(channel: &str, edits: &[&str], said: &str) -> Program {
    let source = "a1.sources = r1\na1.sources.r1.type = TAILDIR\na1.sources.r1.filegroups = g\n\
                  a1.sources.r1.filegroups.g = {dir}/in.log\na1.sources.r1.positionFile = {dir}/position\n\
                  a1.sources.r1.batchSize = 10\na1.sources.r1.channels = c1\n";
    let conf = format!("{channel}{source}{TO_FILES}");
    let folder = tempfile::tempdir().unwrap();
    let mut input = fs::File::create(folder.path().join("in.log")).unwrap();
    let mut program = Program::start_in(folder, &conf, &[]);
    let count = |program: &Program| program.log().matches(said).count();
    let mut next = 0;
    let mut write = |lines: u32| {
        for _ in 0..lines {
            writeln!(input, "{next}").unwrap();
            next += 1;
        }
    };
    write(LINES / 2);
    for (at, edit) in edits.iter().enumerate() {
        program.until("some lines", || !lines_in(&program.path("out")).is_empty());
        let text = format!("{conf}{edit}").replace("{dir}", program.folder.path().to_str().unwrap());
        fs::write(program.path("flume.conf.new"), text).unwrap();
        fs::rename(program.path("flume.conf.new"), program.path("flume.conf")).unwrap();
        write(100);
        program.until(&format!("{said:?} of {edit}"), || count(&program) > at);
    }
    write(LINES / 2 - 100 * u32::try_from(edits.len()).unwrap());
    program.until("all lines", || lines_in(&program.path("out")).len() >= LINES as usize);
    program.stop();
    assert_eq!(numbers(&program.path("out")), (0..LINES).collect::<Vec<_>>(), "{}", program.log());
    program
}

#[test]
fn a_file_channel_that_is_opened_anew_under_load_loses_and_doubles_nothing() {
    let edits = [
        "a1.channels.c1.checkpointInterval = 100\n",
        "a1.channels.c1.maxFileSize = 2097152\n",
        "a1.channels.c1.fsyncPerTransaction = false\n",
    ];
    let program = under_load(CHANNEL, &edits, "stopped=\"source r1, sink k1, channel c1\"");
    assert!(!program.log().contains("resized=\"c1\""), "{}", program.log());
}

#[test]
fn limits_of_a_file_channel_change_and_nobody_is_stopped() {
    let edits = [
        "a1.channels.c1.capacity = 500\n",
        "a1.channels.c1.keep-alive = 1\na1.channels.c1.transactionCapacity = 50\n",
    ];
    let program = under_load(CHANNEL, &edits, "resized=\"c1\"");
    assert!(!program.log().contains("stopped=\"source r1"), "{}", program.log());
}

#[test]
fn a_spillable_channel_changes_its_limits_and_nobody_is_stopped() {
    let edits = [
        "a1.channels.c1.memoryCapacity = 20\n",
        "a1.channels.c1.memoryCapacity = 50\na1.channels.c1.overflowCapacity = 5000\na1.channels.c1.avgEventSize = 7\n",
        "a1.channels.c1.byteCapacity = 10000\na1.channels.c1.overflowDeactivationThreshold = 50\n",
    ];
    let program = under_load(SPILLABLE, &edits, "resized=\"c1\"");
    assert!(!program.log().contains("stopped=\"source r1"), "{}", program.log());
}

#[test]
fn a_spillable_channel_whose_parts_change_is_drained_and_opened_anew() {
    let edits = ["a1.channels.c1.memoryCapacity = 0\n", "a1.channels.c1.dataDirs = {dir}/other\n"];
    under_load(SPILLABLE, &edits, "stopped=\"source r1, sink k1, channel c1\"");
}
