//! The program itself: what it prints, and how it ends.

use std::process::{Command, Output};

use crate::said::{GOOD, with};

fn flowcore(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowcore")).args(arguments).output().unwrap()
}

fn check(text: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flume.conf");
    std::fs::write(&file, text).unwrap();
    let all: Vec<&str> =
        ["check", file.to_str().unwrap()].into_iter().chain(arguments.iter().copied()).collect();
    let output = flowcore(&all);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_good_configuration_ends_with_0_and_shows_its_ways() {
    let (code, out, _) = check(GOOD, &[]);
    assert_eq!(code, 0, "{out}");
    let expected = "\
agent a1
  channel  c1  memory
  sink     k1  null    ← c1
  source   r1  seq     → c1

  r1 → c1 → k1

0 errors, 0 warnings, 0 notes
";
    assert_eq!(out, expected);
}

#[test]
fn errors_end_with_3_and_warnings_only_when_strict() {
    let warning = with("a1.sinks.k1.bachSize = 5\n");
    assert_eq!(check(&warning, &[]).0, 0);
    assert_eq!(check(&warning, &["--strict"]).0, 3);
    let (code, out, _) = check(&with("a1.sinks.k1.batchSize = x\n"), &[]);
    assert_eq!(code, 3);
    assert!(out.contains("error[not-a-number]: batchSize: `x` is no whole number\n"), "{out}");
    assert!(out.contains("10 | a1.sinks.k1.batchSize = x\n   |                         ^\n"), "{out}");
}

#[test]
fn an_agent_that_is_not_there_ends_with_3_and_the_names_that_are() {
    let (code, _, complaint) = check(GOOD, &["--name", "a2"]);
    assert_eq!((code, complaint.as_str()), (3, "error: there is no agent a2; found: a1\n"));
    let other = with("a2.sources = r1\n");
    assert_eq!(check(&other, &["--name", "a1"]).0, 0);
    assert_eq!(check(&other, &["--name", "a2"]).0, 3);
    assert_eq!(check(&with("a2.source.r1.type = seq\na2.sinks.k1 = x\n"), &["--name", "a1"]).0, 0);
}

#[test]
fn a_file_that_cannot_be_read_ends_with_3_and_a_bad_option_with_2() {
    let output = flowcore(&["check", "not/there.conf"]);
    assert_eq!(output.status.code(), Some(3));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.starts_with("error: cannot read not/there.conf: No such file"), "{complaint}");
    assert_eq!(flowcore(&["check", "--nothing"]).status.code(), Some(2));
    assert_eq!(flowcore(&["--help"]).status.code(), Some(0));
}

#[test]
fn what_nobody_can_read_changes_no_exit_code() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let code = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_flowcore"));
        program.args(arguments).stdout(full()).stderr(full()).status().unwrap().code()
    };
    assert_eq!(code(&["check", "not/there.conf"]), Some(3));
    assert_eq!(code(&["version"]), Some(0));
    assert_eq!(code(&["tool", "FCINTEGRITYTOOL"]), Some(2));
    assert_eq!(code(&["agent", "-f", "not/there.conf"]), Some(3));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flume.conf");
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(code(&["check", file.to_str().unwrap()]), Some(0));
    assert_eq!(code(&["agent", "-f", file.to_str().unwrap(), "--dryrun"]), Some(0));
}

#[test]
fn a_file_without_an_agent_ends_with_3() {
    for text in ["", "# nothing yet\n", "nothing\n"] {
        let (code, _, complaint) = check(text, &[]);
        assert!(code == 3 && complaint.starts_with("error: no agent is here"), "{text}: {complaint}");
    }
}

#[test]
fn editors_get_json_with_places() {
    let (code, out, _) = check(&with("a1.sinks.k1.bachSize = 5\n"), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let said = &json["diagnostics"][0];
    let place = (said["line"].as_u64(), said["column"].as_u64(), said["end_column"].as_u64());
    assert_eq!((code, place), (0, (Some(10), Some(13), Some(21))));
    assert_eq!(
        (said["code"].as_str(), said["suggestion"].as_str()),
        (Some("unknown-key"), Some("batchSize"))
    );
    assert_eq!(json["agents"][0]["components"][2]["connected"][0], "c1");
    assert_eq!((json["errors"].as_u64(), json["warnings"].as_u64()), (Some(0), Some(1)));
}

#[test]
fn passwords_are_not_shown() {
    let more = "a1.sinks.k1.truststore-password = geheim\na1.sinks.k1.truststore-password = geheim2\n";
    for arguments in [&[][..], &["--json"]] {
        let (_, out, complaint) = check(&with(more), arguments);
        assert!(out.contains("truststore-password") && !out.contains("geheim"), "{out}");
        assert!(!complaint.contains("geheim"), "{complaint}");
    }
}

#[test]
fn references_read_the_file_the_environment_and_the_command_line() {
    let more = "port = 4141\na1.sinks.k1.batchSize = ${size:-${sys:size}}\na1.sinks.k1.logEveryNEvents = ${env:PATH}${no}\n";
    let (code, out, _) = check(&with(more), &["-Dsize=50"]);
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains("error[not-a-number]: logEveryNEvents: `${env:PATH}${no}` is no whole number"),
        "{out}"
    );
    assert!(out.contains("warning[unresolved]: nothing is known as `no`"), "{out}");
    assert!(!out.contains("batchSize"), "{out}");
}

#[test]
fn what_a_config_filter_gives_is_checked_when_it_can_be_known() {
    let more = "a1.configfilters = f1 f2\na1.configfilters.f1.type = env\na1.configfilters.f2.type = external\n\
                a1.configfilters.f2.command = cat\na1.sinks.k1.batchSize = ${f2['size']}\n\
                a1.sinks.k1.logEveryNEvents = ${f1['PATH']}\n";
    let (_, out, _) = check(&with(more), &[]);
    assert!(!out.contains("batchSize") && out.contains("error[not-a-number]: logEveryNEvents"), "{out}");
}
