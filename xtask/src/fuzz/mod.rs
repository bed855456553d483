//! `cargo xtask fuzz`: bytes that a coverage-guided fuzzer makes up, for each parser of foreign bytes.
//!
//! The targets are programs of the crate `fuzz`, around LLVM's libFuzzer. A stable compiler makes them: the
//! flags that ask for coverage are of its backend.

mod options;
mod program;
mod said;

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
        Ok(targets) => fuzz(&programs, &Options { targets, seconds, input: None }),
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
    for targets in options.targets.chunks(AT_ONCE) {
        // All are started before any is waited for.
        let started: Vec<_> = targets.iter().map(|target| programs.start(target, options.seconds)).collect();
        for started in started {
            match started.and_then(program::Running::wait) {
                Ok(said) => report.note(said),
                Err(problem) => report.findings.push(problem),
            }
        }
    }
    report
}
