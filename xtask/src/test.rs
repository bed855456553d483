//! `cargo xtask test`: every test, with real servers and a real browser.

use std::process::ExitCode;

use crate::fuzz;
use crate::install;
use crate::report::{Report, Summary};
use crate::workspace::{Workspace, succeeds};

/// Installs what is missing, builds what tests run, runs all tests.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut summary = Summary::default();
    // Tests without their servers would fail one by one: say it once.
    let can_run = summary.step("installed programs", || install::install(workspace))
        & summary.step("built tools", || install::build(workspace));
    if can_run {
        run_tests(workspace, &mut summary);
    }
    summary.print();
    println!("{}", if can_run { ground(workspace) } else { "no test was run" });
    summary.exit_code()
}

fn run_tests(workspace: &Workspace, summary: &mut Summary) {
    // Tests of one crate may start programs of another: cargo builds those only when asked to.
    let build = ["build", "--workspace", "--locked", "--bins"];
    let tests = ["test", "--workspace", "--locked", "--tests", "--examples", "--no-fail-fast"];
    let doc_tests = ["test", "--workspace", "--locked", "--doc", "--no-fail-fast"];
    summary.step("programs", || cargo(workspace, &build));
    summary.step("tests", || cargo(workspace, &tests));
    summary.step("doc tests", || cargo(workspace, &doc_tests));
    summary.step("fuzz", || fuzz::all(workspace));
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Report {
    let held = succeeds(&mut workspace.cargo(arguments));
    Report::of(held, format!("`cargo {}` failed; see above", arguments.join(" ")))
}

/// Recordings are too large for the repository: where they are, they lie beside it.
fn ground(workspace: &Workspace) -> &'static str {
    if workspace.root.join("../shared").is_dir() {
        "checked with the recordings in ../shared"
    } else {
        "checked on generated data only"
    }
}
