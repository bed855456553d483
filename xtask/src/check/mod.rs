//! `cargo xtask check`: everything that can be said about the code without running it.

mod advisories;
mod crates;
mod flowcore_source;
mod guide;
mod imports;
mod lexer;
mod licences;
mod metadata;
mod paths;
mod seams;
mod sizes;
mod spdx;
mod test_code;
mod tools;
mod words;
mod yanked;

use std::process::ExitCode;

use crate::report::{Report, Summary};
use crate::workspace::{SourceFile, Workspace};

/// Runs all checks, the quick ones first.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut summary = Summary::default();
    summary.step("format", || tools::format(workspace));
    check_text(workspace, &mut summary);
    check_packages(workspace, &mut summary);
    summary.step("advisories", || advisories::deny(workspace));
    summary.step("clippy", || tools::clippy(workspace));
    summary.step("docs", || tools::docs(workspace));
    summary.print();
    summary.exit_code()
}

fn check_text(workspace: &Workspace, summary: &mut Summary) {
    const TEXT: [&str; 9] = ["rs", "md", "toml", "sh", "yml", "json", "js", "css", "html"];
    let mut files: Vec<SourceFile> = Vec::new();
    summary.step("files", || match workspace.files(&TEXT) {
        Ok(found) => {
            files = found;
            Report::of(!files.is_empty(), "no files to check")
        }
        Err(error) => Report::failed(format!("cannot read the workspace: {error}")),
    });
    summary.step("imports", || imports::check(&files));
    summary.step("seams", || seams::check(&files));
    summary.step("words", || words::check(&files));
    summary.step("guide", || guide::check(workspace, &files));
    summary.step("file sizes", || sizes::check(&files));
}

fn check_packages(workspace: &Workspace, summary: &mut Summary) {
    let mut packages = Vec::new();
    summary.step("packages", || match metadata::packages(workspace) {
        Ok(found) => {
            packages = found;
            Report::default()
        }
        Err(error) => Report::failed(error),
    });
    summary.step("dependencies between crates", || crates::check(workspace, &packages));
    summary.step("licences", || licences::check(&packages));
    summary.step("withdrawn versions", || advisories::yanked(&packages));
    summary.step("several versions", || advisories::duplicates(&packages));
}
