//! What the pages for people say is so: their configurations are right, and their commands are understood.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const FROM_FLUME: &str = include_str!("../../../docs/from-flume.md");
const MONITORING: &str = include_str!("../../../docs/monitoring.md");
const README: &str = include_str!("../../README.md");

/// The code blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let begun = page.split(&fence).skip(1);
    begun.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A folder with the page's configurations in it; each begins with its name.
fn with_files(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for block in blocks(page, "properties") {
        let name = block.lines().next().unwrap().strip_prefix("# ").unwrap();
        fs::write(folder.path().join(name), block).unwrap();
    }
    for name in ["flowcore", "flume-ng"] {
        symlink(env!("CARGO_BIN_EXE_flowcore"), folder.path().join(name)).unwrap();
    }
    folder
}

/// The commands of a page for our program, without what a shell does to them.
fn commands(page: &str) -> Vec<&str> {
    let lines = blocks(page, "sh").into_iter().flat_map(str::lines);
    let lines = lines.map(|line| line.split(" #").next().unwrap().trim_end());
    lines.filter(|line| line.starts_with("flowcore ") || line.starts_with("flume-ng ")).collect()
}

fn run(folder: &Path, command: &str, more: &[&str]) -> Output {
    let mut words = command.split_ascii_whitespace();
    let mut command = Command::new(folder.join(words.next().unwrap()));
    command.args(words).args(more).current_dir(folder).stdin(Stdio::null());
    command.env("FLUME_OPTS_FILE", folder.join("none")).output().unwrap()
}

/// Checks are made; agents are started as far as a dry run goes; of the others the options are looked at.
fn holds(folder: &Path, command: &str) {
    let word = command.split_ascii_whitespace().nth(1).unwrap();
    let is_dry = command.contains("--dryrun");
    let more: &[&str] = match word {
        "agent" if !is_dry => &["--dryrun"],
        "agent" | "check" => &[],
        _ => &["--help"],
    };
    let output = run(folder, command, more);
    let said = String::from_utf8_lossy(&output.stdout);
    let code = output.status.code();
    // Folders of the examples are not there, which is a warning.
    let is_strict = command.contains("--strict");
    assert!(code == Some(0) || is_strict && code == Some(3), "{command}: {output:?}");
    assert!(!said.contains("error["), "{command}: {said}");
}

#[test]
fn the_way_from_flume_can_be_gone_as_it_is_written() {
    let folder = with_files(FROM_FLUME);
    let commands = commands(FROM_FLUME);
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        holds(folder.path(), command);
    }
}

#[test]
fn the_service_of_the_guide_starts() {
    let folder = with_files(FROM_FLUME);
    let units = blocks(FROM_FLUME, "ini");
    let start = units.iter().flat_map(|unit| unit.lines()).find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.unwrap().replace("/usr/local/bin/", "").replace("/etc/flume/", "");
    holds(folder.path(), &start);
}

#[test]
fn commands_of_other_pages_are_understood() {
    let folder = with_files(FROM_FLUME);
    for command in commands(MONITORING).into_iter().chain(commands(README)) {
        holds(folder.path(), command);
    }
}

#[test]
fn every_exit_code_of_the_help_is_in_the_guide() {
    let folder = with_files("");
    let help = run(folder.path(), "flowcore --help", &[]);
    let help = String::from_utf8(help.stdout).unwrap();
    for code in ["0", "1", "2", "3", "130"] {
        assert!(help.contains(&format!("{code} ")), "{help}");
        assert!(FROM_FLUME.contains(&format!("\n| {code}")), "{code}");
    }
}
