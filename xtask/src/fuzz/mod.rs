//! `cargo xtask fuzz`: bytes that a coverage-guided fuzzer makes up, for each parser of foreign bytes.
//!
//! The targets are programs of the crate `fuzz`, around LLVM's libFuzzer. A stable compiler makes them: the
//! flags that ask for coverage are of its backend.

mod options;
mod program;
mod said;

use std::collections::VecDeque;
use std::process::ExitCode;

use crate::report::{Report, Summary};
use crate::workspace::Workspace;

use options::Options;
use program::Programs;

/// So many run at the same time.
const AT_ONCE: usize = 2;

/// Builds the targets and runs those that are asked for.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> ExitCode {
    let programs = Programs::of(workspace);
    let options = programs.targets().and_then(|targets| Options::parse(arguments, &targets));
    let options = match options {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let mut summary = Summary::default();
    summary.step("fuzz", || fuzz(&programs, &options));
    summary.print();
    summary.exit_code()
}

/// All targets: a minute each in CI, some seconds elsewhere.
pub(crate) fn all(workspace: &Workspace) -> Report {
    let seconds = if std::env::var_os("CI").is_some_and(|value| value == "true") { 60 } else { 5 };
    let programs = Programs::of(workspace);
    match programs.targets() {
        Ok(targets) => fuzz(&programs, &Options::new(targets, seconds)),
        Err(problem) => Report::failed(problem),
    }
}

fn fuzz(programs: &Programs<'_>, options: &Options) -> Report {
    let mut report = Report::default();
    if let Err(problem) = programs.build(&options.targets) {
        return Report::failed(problem);
    }
    if let (Some(input), [target]) = (&options.input, &options.targets[..]) {
        let held = programs.repeat(target, input);
        return Report::of(held, format!("{target} fails on {}; see above", input.display()));
    }
    report.note(format!("seed {}; another one: --seed NUMBER", options.seed));
    let (mut waiting, mut running) = (options.targets.iter(), VecDeque::new());
    loop {
        // As many as may, whichever is the first to end: they all take equally long.
        while let Some(target) = (running.len() < AT_ONCE).then(|| waiting.next()).flatten() {
            running.push_back(programs.start(target, options));
        }
        let Some(first) = running.pop_front() else { break };
        match first.and_then(program::Running::wait) {
            Ok(said) => report.note(said),
            Err(problem) => report.findings.push(problem),
        }
    }
    report
}
