//! What the steps found, how long they took, and the summary at the end.
#![expect(clippy::disallowed_methods, reason = "build steps are timed by the machine's clock")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What one step found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What must be mended: `file:line: what is wrong; what to do`.
    pub(crate) findings: Vec<String>,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Nothing to mend if `held`, else `otherwise`.
    pub(crate) fn of(held: bool, otherwise: impl Into<String>) -> Self {
        if held { Self::default() } else { Self::failed(otherwise) }
    }

    /// One finding.
    pub(crate) fn failed(finding: impl Into<String>) -> Self {
        Self { findings: vec![finding.into()], notes: Vec::new() }
    }

    pub(crate) fn finding(&mut self, place: &str, line: usize, message: impl std::fmt::Display) {
        self.findings.push(format!("{place}:{line}: {message}"));
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// All steps of a command.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    findings: usize,
    took: Duration,
}

impl Summary {
    /// Runs a step and prints what it found. Returns whether it held.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Report) -> bool {
        println!("== {name}");
        let start = Instant::now();
        let report = work();
        for note in &report.notes {
            println!("   {note}");
        }
        for finding in &report.findings {
            println!("   FOUND {finding}");
        }
        self.steps.push(Step { name, findings: report.findings.len(), took: start.elapsed() });
        report.findings.is_empty()
    }

    /// Prints the steps with their times.
    pub(crate) fn print(&self) {
        println!("== summary");
        for Step { name, findings, took } in &self.steps {
            let verdict = if *findings == 0 { "ok".to_owned() } else { format!("FAILED ({findings})") };
            println!("   {name:<28} {:>7.1} s  {verdict}", took.as_secs_f64());
        }
    }

    /// Success only if every step held.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.steps.iter().all(|step| step.findings == 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
