//! Who may import whom inside the library. The same lines are in `ARCHITECTURE.md`.

use super::flowcore_source::{LibraryFile, library_files};
use crate::report::Report;
use crate::workspace::SourceFile;

/// An area, and what it may import beside itself. A new area needs a line here.
const MAY_IMPORT: [(&str, &[&str]); 5] = [
    ("base", &[]),
    ("event", &["base"]),
    ("ingest", &["event", "base"]),
    ("process", &["base"]),
    ("bridge", &["ingest", "process", "event", "base"]),
];

/// Checks every file of the library.
pub(crate) fn check(files: &[SourceFile]) -> Report {
    let mut report = Report::default();
    let library = library_files(files);
    for file in &library {
        check_file(file, &mut report);
    }
    report.findings.dedup();
    if library.is_empty() {
        report.finding("flowcore/src", 0, "has no Rust files; the import rules checked nothing");
    }
    report
}

fn check_file(file: &LibraryFile<'_>, report: &mut Report) {
    // The root only says which areas there are.
    let Some(area) = file.area() else { return };
    let Some(allowed) = allowed_for(area) else {
        let message = format!(
            "`{area}` is a new area; say in xtask/src/check/imports.rs and in ARCHITECTURE.md what it may import"
        );
        return report.finding(file.path, 1, message);
    };
    for name in file.names.iter().filter(|name| name.parts[0] == "crate") {
        let target = name.parts[1].as_str();
        if target == area || allowed.contains(&target) {
            continue;
        }
        let path = name.parts.join("::");
        report.finding(file.path, name.line, advice(area, target, &path));
    }
}

fn allowed_for(area: &str) -> Option<&'static [&'static str]> {
    MAY_IMPORT.iter().find(|(name, _)| *name == area).map(|(_, allowed)| *allowed)
}

fn advice(area: &str, target: &str, path: &str) -> String {
    match (area, target) {
        ("ingest", "process") | ("process", "ingest" | "event") => {
            format!("`{area}` imports `{path}`; what knows both halves belongs into `bridge`")
        }
        ("base", _) => {
            format!("`base` imports `{path}`; it stands below everything, move what needs it upwards")
        }
        _ if allowed_for(target).is_none() => {
            format!("`{path}` is imported from the root; name the module that it lives in")
        }
        _ => format!("`{area}` imports `{path}`; it may import only what stands below it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&[SourceFile { path: path.to_owned(), text: text.to_owned() }]).findings
    }

    #[test]
    fn ingest_and_process_may_not_import_each_other() {
        let found = findings("flowcore/src/ingest/sink/mod.rs", "use std::fmt;\nuse crate::process::Bolt;");
        assert_eq!(
            found,
            ["flowcore/src/ingest/sink/mod.rs:2: `ingest` imports `crate::process::Bolt`; \
             what knows both halves belongs into `bridge`"]
        );
        assert_eq!(findings("flowcore/src/process/spout.rs", "use crate::{base::A, ingest::B};").len(), 1);
        assert_eq!(
            findings("flowcore/src/process/spout.rs", "fn f() { crate::event::Event::new(1); }").len(),
            1
        );
    }

    #[test]
    fn base_imports_nothing_and_event_only_base() {
        assert_eq!(findings("flowcore/src/base/token.rs", "use crate::event::Event;").len(), 1);
        assert_eq!(
            findings("flowcore/src/event/mod.rs", "use crate::ingest::Sink; use crate::base::Clock;").len(),
            1
        );
    }

    #[test]
    fn super_does_not_hide_an_import() {
        assert_eq!(findings("flowcore/src/ingest/sink/mod.rs", "use super::super::process::Bolt;").len(), 1);
        assert_eq!(findings("flowcore/src/ingest/sink/null.rs", "use super::super::channel::Take;").len(), 0);
    }

    #[test]
    fn nobody_imports_bridge_or_the_root() {
        assert_eq!(findings("flowcore/src/ingest/mod.rs", "use crate::bridge::ChannelSpout;").len(), 1);
        let found = findings("flowcore/src/ingest/mod.rs", "use crate::Bolt;");
        assert!(found[0].contains("name the module"), "{found:?}");
    }

    #[test]
    fn bridge_may_import_all_areas() {
        let text = "use crate::{base::A, event::B, ingest::C, process::D};";
        assert!(findings("flowcore/src/bridge/mod.rs", text).is_empty());
    }

    #[test]
    fn tests_may_import_what_they_want() {
        let text = "#[cfg(test)] mod tests { use crate::process::Bolt; }";
        assert!(findings("flowcore/src/ingest/sink/mod.rs", text).is_empty());
        let owner =
            SourceFile { path: "flowcore/src/ingest/mod.rs".into(), text: "#[cfg(test)] mod model;".into() };
        let model = SourceFile {
            path: "flowcore/src/ingest/model.rs".into(),
            text: "use crate::process::Bolt;".into(),
        };
        assert!(check(&[owner, model]).findings.is_empty());
    }

    #[test]
    fn a_new_area_must_be_given_its_place() {
        assert!(findings("flowcore/src/helpers/mod.rs", "")[0].contains("new area"));
    }

    #[test]
    fn rules_that_find_no_file_to_check_do_not_pass() {
        assert_eq!(check(&[]).findings.len(), 1);
    }

    #[test]
    fn the_library_keeps_its_import_rules() -> std::io::Result<()> {
        let report = check(&Workspace::locate().files(&["rs"])?);
        assert_eq!(report.findings, Vec::<String>::new());
        Ok(())
    }
}
