//! The three seams: one file spawns, one reads the clock, one touches the disk.

use super::flowcore_source::{LibraryFile, library_files};
use crate::report::Report;
use crate::workspace::SourceFile;

struct Seam {
    /// The one file that may.
    file: &'static str,
    /// What it does that no other does: names that stand next to each other somewhere in a path.
    owns: &'static [&'static [&'static str]],
    /// What the others use.
    instead: &'static str,
}

const SEAMS: [Seam; 3] = [
    Seam {
        file: "flowcore/src/base/spawn.rs",
        owns: &[
            &["tokio", "spawn"],
            &["task", "spawn"],
            &["task", "spawn_blocking"],
            &["task", "spawn_local"],
            &["task", "block_in_place"],
            &["JoinSet"],
            &["LocalSet"],
            &["tokio", "runtime"],
            &["thread", "spawn"],
            &["thread", "scope"],
            &["thread", "Builder"],
        ],
        instead: "spawn through base::TaskSet, or block through base::blocking",
    },
    Seam {
        file: "flowcore/src/base/clock.rs",
        owns: &[
            &["time", "Instant"],
            &["time", "SystemTime"],
            &["Instant", "now"],
            &["SystemTime", "now"],
            &["time", "sleep"],
            &["time", "sleep_until"],
            &["time", "interval"],
            &["time", "interval_at"],
            &["thread", "sleep"],
        ],
        instead: "read base::Clock, or measure with base::Stopwatch",
    },
    Seam {
        file: "flowcore/src/base/local_disk.rs",
        owns: &[&["std", "fs"], &["tokio", "fs"], &["File", "open"], &["File", "create"]],
        instead: "go through base::Disk",
    },
];

/// Checks every file of the library.
pub(crate) fn check(files: &[SourceFile]) -> Report {
    let mut report = Report::default();
    let library = library_files(files);
    for seam in &SEAMS {
        if !library.iter().any(|file| file.path == seam.file) {
            report.finding(seam.file, 0, "is missing; say in xtask/src/check/seams.rs where the seam is now");
        }
        for file in library.iter().filter(|file| file.path != seam.file) {
            check_file(file, seam, &mut report);
        }
    }
    report
}

fn check_file(file: &LibraryFile<'_>, seam: &Seam, report: &mut Report) {
    for name in &file.names {
        let crosses = |owned: &&[&str]| name.parts.windows(owned.len()).any(|parts| *parts == **owned);
        if seam.owns.iter().any(crosses) {
            let message = format!("`{}` belongs to {}; {}", name.parts.join("::"), seam.file, seam.instead);
            report.finding(file.path, name.line, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn findings(text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let mut files: Vec<_> = SEAMS.iter().map(|seam| file(seam.file, "")).collect();
        files.push(file("flowcore/src/ingest/writer.rs", text));
        check(&files).findings
    }

    #[test]
    fn each_seam_has_one_file_and_others_are_told_what_to_use() {
        let found = findings("use std::{\n  fs::File,\n};");
        assert_eq!(
            found,
            ["flowcore/src/ingest/writer.rs:2: `std::fs::File` belongs to flowcore/src/base/local_disk.rs; \
             go through base::Disk"]
        );
    }

    #[test]
    fn every_way_across_a_seam_is_seen() {
        for text in [
            "fn f() { tokio::spawn(async {}); }",
            "use tokio::task; fn f() { task::spawn_blocking(|| ()); }",
            "use tokio::task::JoinSet;",
            "fn f() { std::thread::spawn(|| ()); }",
            "use std::time::{Duration, Instant};",
            "fn f() { tokio::time::sleep(d); }",
            "use tokio::{fs, sync::watch};",
        ] {
            assert_eq!(findings(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_allowed() {
        for text in [
            "use std::os::unix::fs::MetadataExt;",
            "use std::time::Duration; use tokio::sync::watch;",
            "use tokio::process::Command; fn f(c: Command) { c.spawn(); }",
            "fn f() { tokio::time::timeout(d, x); }",
            "// std::fs::read\n const X: &str = \"std::fs::read\";",
            "#[cfg(test)] mod tests { use std::fs; }",
        ] {
            assert_eq!(findings(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_seam_that_has_moved_must_be_named_here() {
        assert_eq!(check(&[]).findings.len(), SEAMS.len());
    }

    #[test]
    fn the_library_keeps_its_seams() -> std::io::Result<()> {
        let report = check(&Workspace::locate().files(&["rs"])?);
        assert_eq!(report.findings, Vec::<String>::new());
        Ok(())
    }
}
