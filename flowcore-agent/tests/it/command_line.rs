//! What the program makes of its words, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::program::Program;
use crate::said::GOOD;

fn flowcore(words: &str, folder: &Path, options: &str) -> Output {
    fs::write(folder.join("good.conf"), GOOD).unwrap();
    fs::write(folder.join("bad.conf"), GOOD.replace("type = seq", "type = sek")).unwrap();
    fs::write(folder.join("flume.opts"), options).unwrap();
    Command::new(env!("CARGO_BIN_EXE_flowcore"))
        .args(words.split_ascii_whitespace())
        .env("FLUME_OPTS_FILE", folder.join("flume.opts"))
        .current_dir(folder)
        .output()
        .unwrap()
}

/// How it ends, what it prints, and what it says about it.
fn ended(words: &str, options: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = flowcore(words, folder.path(), options);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_end_has_its_code() {
    for (words, code, said) in [
        ("help", 0, ""),
        ("version", 0, ""),
        ("agent --help", 0, ""),
        ("", 2, "Usage: flowcore"),
        ("nothing", 2, "unrecognized subcommand 'nothing'"),
        ("agent --nothing -f good.conf", 2, "unexpected argument '--nothing'"),
        ("agent -n a1", 2, "--conf-file <FILE>"),
        ("agent -f good.conf -i 0", 2, "invalid value '0'"),
        ("agent -f good.conf -i soon", 2, "invalid value 'soon'"),
        ("agent -f good.conf --verify-host perhaps", 2, "invalid value 'perhaps'"),
        ("agent -f good.conf -user me", 2, "--conf-password"),
        ("agent -n a1 -z localhost:2181 -p /flume", 2, "error: --zkConnString: there is no ZooKeeper here"),
        ("agent -n a1 -prov com.example.Provider", 2, "error: --conf-provider: there are no Java classes"),
        ("agent -f good.conf -auth-provider com.example.Who", 2, "error: --auth-provider: there are no Java"),
        ("agent -u classpath:a.conf", 2, "error: classpath:a.conf: a class path is not there"),
        ("agent -u ftp://host/a.conf", 2, "none of file:, http: and https:"),
        ("agent -f not-there.conf", 3, "error: cannot read not-there.conf: No such file"),
        ("agent -u http://127.0.0.1:1/a", 3, "error: cannot get http://127.0.0.1:1/a: no connection"),
        ("agent -n a9 -f good.conf", 3, "error: there is no agent a9; found: a1"),
        ("agent -f bad.conf", 3, "error[unknown-type]"),
        ("agent --dryrun -f bad.conf", 3, "error[unknown-type]"),
        ("check good.conf", 0, ""),
        ("check bad.conf", 3, ""),
    ] {
        let (end, _, complaint) = ended(words, "");
        assert_eq!(end, code, "{words}: {complaint}");
        assert!(complaint.contains(said), "{words}: {complaint}");
    }
}

#[test]
fn the_words_of_flume_ng_are_understood_with_one_dash() {
    for words in [
        "agent -name a1 -conf-file good.conf -d",
        "node --name a1 --conf-file good.conf --dryrun",
        "agent -n a1 -c . -f good.conf -d -no-reload-conf -Dflume.root.logger=INFO,console",
        "agent -conf-uri=file:good.conf -poll-interval 5 -d",
    ] {
        let (end, out, complaint) = ended(words, "");
        assert_eq!((end, out.starts_with("agent a1\n")), (0, true), "{words}: {complaint}");
        assert!(!complaint.contains("WARN"), "{words}: {complaint}");
    }
}

#[test]
fn what_is_for_java_is_taken_with_a_warning() {
    for (word, said) in [
        ("-Xmx20m", "is for Java, and has no effect option=\"-Xmx20m\""),
        ("-C lib/x.jar", "there is no class path"),
        ("--plugins-path plugins.d", "there is no class path"),
        ("-Dno.such.property=1", "has no effect property=\"no.such.property\""),
    ] {
        let (end, _, complaint) = ended(&format!("agent -f good.conf -d {word}"), "");
        assert_eq!(end, 0, "{complaint}");
        assert!(complaint.contains("WARN") && complaint.contains(said), "{word}: {complaint}");
    }
}

#[test]
fn options_that_are_not_said_stand_in_a_file_of_the_machine() {
    let (end, out, complaint) =
        ended("agent -d", "name = a1\nconf-file = good.conf\nno-reload-conf = true\n");
    assert_eq!((end, out.starts_with("agent a1\n")), (0, true), "{complaint}");
    let (end, _, complaint) = ended("agent -d -n a2", "name = a1\nconf-file = good.conf\n");
    assert_eq!(end, 3, "what is said goes first: {complaint}");
    let (end, _, complaint) = ended("agent -d", "conf-file = good.conf\nnam = a1\n");
    assert_eq!(end, 2);
    assert!(complaint.contains("flume.opts:2: there is no option --nam"), "{complaint}");
    assert_eq!(ended("check good.conf", "nam = a1\n").0, 0, "the other commands do not read it");
}

#[test]
fn a_folder_that_another_agent_has_ends_with_1() {
    let conf = "a1.channels = c1\na1.channels.c1.type = file\na1.channels.c1.dataDirs = {dir}/data\n\
                a1.channels.c1.checkpointDir = {dir}/checkpoint\na1.channels.c1.minimumRequiredSpace = 1048576\n\
                a1.channels.c1.maxFileSize = 1048576\na1.sinks = k1\na1.sinks.k1.type = null\na1.sinks.k1.channel = c1\n";
    let mut first = Program::start(conf, &[]);
    first.until("the start", || first.log().contains("runs"));
    let own = conf.replace("{dir}", first.folder.path().to_str().unwrap());
    let mut second = Program::start(&own, &[]);
    assert_eq!(second.wait(), 1, "{}", second.log());
    assert!(
        second.log().contains("channel c1") || second.log().contains("c1 of agent a1 cannot work"),
        "{}",
        second.log()
    );
    first.stop();
}
