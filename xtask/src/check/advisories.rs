//! What is known against dependencies: advisories, versions that were withdrawn, versions twice.

use std::collections::BTreeMap;

use super::metadata::Package;
use super::yanked::{Standing, standing};
use crate::report::Report;
use crate::workspace::{Workspace, find_program, succeeds};

/// Runs `cargo deny` where it is installed.
pub(crate) fn deny(workspace: &Workspace) -> Report {
    if find_program("cargo-deny").is_none() {
        let mut report = Report::default();
        report.note("cargo-deny is not installed: the advisory database was not checked");
        return report;
    }
    let mut report = Report::of(
        succeeds(&mut workspace.cargo(&["deny", "check", "bans", "sources"])),
        "cargo deny has findings; they are above, its rules are in deny.toml",
    );
    advisories(workspace, &mut report);
    report
}

/// The database comes from the network: without one, that is said and not failed.
fn advisories(workspace: &Workspace, report: &mut Report) {
    let output = match workspace.cargo(&["deny", "check", "advisories"]).output() {
        Ok(output) => output,
        Err(error) => return report.findings.push(format!("cannot start cargo deny: {error}")),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        report.note("the advisory database was checked");
    } else if said.contains("failed to fetch advisory database") {
        report.note("the advisory database could not be fetched and was not checked");
    } else {
        eprint!("{said}");
        report.findings.push("cargo deny knows advisories; they are above".to_owned());
    }
}

/// Versions that were withdrawn, as far as cargo's copy of the index says.
pub(crate) fn yanked(packages: &[Package]) -> Report {
    let mut report = Report::default();
    let mut unknown = Vec::new();
    let foreign = packages.iter().filter(|package| !package.is_ours);
    for package in foreign.clone() {
        match standing(package) {
            Standing::Good => {}
            Standing::Yanked => report.finding("Cargo.lock", 1, yanked_advice(package)),
            Standing::Unknown => unknown.push(package.name.as_str()),
        }
    }
    let known = foreign.count() - unknown.len();
    report.note(format!("{known} versions looked up in cargo's copy of the index"));
    if !unknown.is_empty() {
        report.note(format!("{} are not in it and were not checked: {}", unknown.len(), unknown.join(", ")));
    }
    report
}

fn yanked_advice(package: &Package) -> String {
    let Package { name, version, .. } = package;
    format!("{name} {version} was withdrawn by its authors; run `cargo update -p {name}`")
}

/// Names packages that are there in several versions: each is built for itself.
pub(crate) fn duplicates(packages: &[Package]) -> Report {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let mut report = Report::default();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        report.note(format!("{name}: {}", versions.join(", ")));
    }
    if report.notes.is_empty() {
        report.note("none");
    }
    report
}
