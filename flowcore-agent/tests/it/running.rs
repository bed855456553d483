//! Agents that run: the program with configurations of Flume.

use crate::channel_keys::events;
use crate::program::{Program, TO_FILES, lines_in};

#[test]
fn what_a_command_prints_is_in_the_files_and_sigterm_ends_with_0() {
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = exec\na1.sources.r1.shell = /bin/sh -c\na1.sources.r1.command = echo one; echo two; exit 3\n"
    );
    let mut program = Program::start(&conf, &[]);
    program.until("the lines", || lines_in(&program.path("out")) == ["one", "two"]);
    program.until("the end of the command", || program.log().contains("the command is not started again"));
    assert!(program.child.try_wait().unwrap().is_none(), "a command that ended does not end the agent");
    program.stop();
}

#[test]
fn the_old_words_of_flume_start_an_agent() {
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = org.apache.flume.source.SequenceGeneratorSource\na1.sources.r1.totalEvents = ${{sys:total}}\n"
    );
    let mut program = Program::start(
        &conf,
        &["-c", "/etc/flume/conf", "-Dtotal=3", "-Dflume.root.logger=INFO,console", "--no-reload-conf"],
    );
    program.until("three numbers", || lines_in(&program.path("out")) == ["0", "1", "2"]);
    program.signal("-INT");
    assert_eq!(program.wait(), 0, "{}", program.log());
}

#[test]
fn a_multiplexing_selector_and_interceptors_run() {
    let conf = TO_FILES
        .replace("a1.channels = c1", "a1.channels = c1 c2")
        .replace("r1.channels = c1", "r1.channels = c1 c2")
        + "a1.channels.c2.type = memory\na1.channels.c2.capacity = 1000\na1.sinks = k1 k2\na1.sinks.k2.type = logger\na1.sinks.k2.channel = c2\n\
           a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 2\n\
           a1.sources.r1.interceptors = i1 i2\na1.sources.r1.interceptors.i1.type = static\na1.sources.r1.interceptors.i1.key = state\n\
           a1.sources.r1.interceptors.i1.value = CZ\na1.sources.r1.interceptors.i2.type = timestamp\n\
           a1.sources.r1.selector.type = multiplexing\na1.sources.r1.selector.header = state\n\
           a1.sources.r1.selector.mapping.CZ = c2\na1.sources.r1.selector.default = c1\n";
    let mut program = Program::start(&conf, &[]);
    program.until("both events in the log", || {
        program.log().matches("Event: { headers:{state=CZ, timestamp=").count() == 2
    });
    program.stop();
    assert!(lines_in(&program.path("out")).is_empty());
}

#[test]
fn a_load_test_puts_as_many_bytes_as_it_is_told() {
    let conf = format!(
        "{TO_FILES}a1.sources.r1.type = org.apache.flume.source.StressSource\na1.sources.r1.size = 9\n\
         a1.sources.r1.maxTotalEvents = 250\na1.sources.r1.batchSize = 100\n"
    );
    let mut program = Program::start(&conf, &[]);
    program.until("250 lines", || lines_in(&program.path("out")).len() == 250);
    program.stop();
    assert!(lines_in(&program.path("out")).iter().all(|line| line.as_bytes() == [0x7f; 9]));
}

#[test]
fn what_is_in_a_file_channel_survives_kill_9() {
    let conf = "a1.channels = c1\na1.channels.c1.type = file\na1.channels.c1.dataDirs = {dir}/data\n\
                a1.channels.c1.checkpointDir = {dir}/checkpoint\na1.channels.c1.minimumRequiredSpace = 1048576\n\
                a1.channels.c1.maxFileSize = 1048576\n";
    let source = "a1.sources = r1\na1.sources.r1.type = seq\na1.sources.r1.totalEvents = 50\na1.sources.r1.channels = c1\n";
    let sink = "a1.sinks = k1\na1.sinks.k1.type = file_roll\na1.sinks.k1.channel = c1\na1.sinks.k1.sink.directory = {dir}/out\n";
    let mut program = Program::start(&format!("{conf}{source}"), &["-Dflume.root.logger=DEBUG,console"]);
    program.until("fifty events on disk", || events(&program.path("data")) == 50);
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let folder = std::mem::replace(&mut program.folder, tempfile::tempdir().unwrap());
    let mut program = Program::start_in(folder, &format!("{conf}{sink}"), &[]);
    program.until("fifty lines", || lines_in(&program.path("out")).len() >= 50);
    program.stop();
    assert_eq!(lines_in(&program.path("out")).len(), 50);
}

#[test]
fn a_bad_configuration_ends_with_3_and_says_why() {
    let mut program = Program::start(&format!("{TO_FILES}a1.sources.r1.type = kafka\n"), &[]);
    assert_eq!(program.wait(), 3);
    let log = program.log();
    assert!(log.contains("error[not-yet]: source kafka does not run yet"), "{log}");
    assert!(log.contains("error[missing-key]: source r1 (kafka) needs `kafka.bootstrap.servers`"), "{log}");
    assert!(log.contains("error: the configuration of agent a1 has 4 errors"), "{log}");
}

#[test]
fn an_external_filter_is_asked_and_its_failure_is_an_error() {
    let with = |command: &str| {
        format!(
            "{TO_FILES}a1.sources.r1.type = seq\na1.sources.r1.totalEvents = ${{f1['3']}}\na1.configfilters = f1\n\
             a1.configfilters.f1.type = external\na1.configfilters.f1.command = {command}\n"
        )
    };
    let mut program = Program::start(&with("echo"), &[]);
    program.until("three numbers", || lines_in(&program.path("out")).len() == 3);
    program.stop();
    let mut program = Program::start(&with("ls /not-there-at-all"), &[]);
    assert_eq!(program.wait(), 3);
    let log = program.log();
    assert!(
        log.contains("error[filter-failed]: config filter f1 failed for 3: it ended with exit status: 2"),
        "{log}"
    );
}

#[test]
fn what_an_external_filter_prints_is_of_its_charset() {
    let filter = "a1.sinks.k1.sink.pathManager.prefix = ${f1['key']}\na1.configfilters = f1\n\
                  a1.configfilters.f1.type = external\na1.configfilters.f1.command = printf caf\\\\351%.0s\n";
    for (charset, expected) in [("ISO-8859-1", "café"), ("UTF-8", "caf\u{fffd}")] {
        let source = "a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 1\n";
        let charset = format!("a1.configfilters.f1.charset = {charset}\n");
        let mut program = Program::start(&format!("{TO_FILES}{source}{filter}{charset}"), &[]);
        program.until("the number", || lines_in(&program.path("out")) == ["0"]);
        let file = std::fs::read_dir(program.path("out")).unwrap().next().unwrap().unwrap().file_name();
        assert!(file.to_str().unwrap().starts_with(expected), "{}", file.display());
        program.stop();
    }
}

#[test]
fn a_second_signal_ends_at_once_with_its_code() {
    // The sink waits for a folder that cannot be made.
    let conf = TO_FILES.replace("{dir}/out", "{dir}/flume.conf/out")
        + "a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 5\n";
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut program = Program::start(&conf, &["--grace", "300"]);
        program.until("the start", || program.log().contains("runs"));
        program.signal("-TERM");
        program.until("the stop", || program.log().contains("stops"));
        program.insist(signal);
        assert_eq!(program.wait(), code, "{}", program.log());
    }
}

#[test]
fn an_agent_whose_log_cannot_be_written_works_on() {
    let source = "a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 5\na1.sinks.k1.bogus = warned of\n";
    let mut program = Program::start_unheard(&format!("{TO_FILES}{source}"));
    program.until("five numbers", || lines_in(&program.path("out")).len() == 5);
    program.signal("-TERM");
    assert_eq!(program.wait(), 0);
}

#[test]
fn a_terminal_that_is_closed_ends_an_agent_cleanly() {
    let conf = format!("{TO_FILES}a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 3\n");
    let mut program = Program::start(&conf, &[]);
    program.until("three numbers", || lines_in(&program.path("out")).len() == 3);
    program.until("the start", || program.log().contains("runs"));
    program.signal("-HUP");
    assert_eq!(program.wait(), 0, "{}", program.log());
    assert!(program.log().contains("stops"), "{}", program.log());
}

#[test]
fn a_terminal_that_is_closed_is_nothing_to_an_agent_under_nohup() {
    let command =
        "a1.sources.r1.shell = /bin/sh -c\na1.sources.r1.command = while sleep 0.02; do echo x; done\n";
    let conf = format!("{TO_FILES}a1.sources.r1.type = exec\na1.sources.r1.batchSize = 1\n{command}");
    let mut program = Program::start_ignoring_hangup(&conf);
    program.until("lines", || !lines_in(&program.path("out")).is_empty());
    program.signal("-HUP");
    let written = lines_in(&program.path("out")).len();
    program.until("more lines", || lines_in(&program.path("out")).len() > written);
    assert!(!program.log().contains("stops"), "{}", program.log());
    program.stop();
}
