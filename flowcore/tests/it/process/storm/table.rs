//! `README.md` and the tests say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("README.md");

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Every source below `dir`.
fn sources(dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// Every function of the tests.
fn functions() -> BTreeSet<String> {
    let mut found = Vec::new();
    sources(&tests().join("it"), &mut found);
    let lines = found.iter().flat_map(|source| source.lines());
    let names = lines.filter_map(|line| line.trim().strip_prefix("fn ")?.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// Tests that are named after a row of the table: `storm_4_…`. Those of `storm_8_4_…` have the number of their
/// row in their name.
fn is_of_a_row(name: &str) -> bool {
    name.starts_with("storm_") && !name.starts_with("storm_8_4_")
}

/// What each row says beside its promise.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.contains("| Shown by |"));
    rows.map(|row| row.trim_matches(['|', ' ']).rsplit_once(" | ").unwrap_or_else(|| panic!("{row}")))
}

fn named(cell: &str) -> Vec<&str> {
    cell.split(", ").filter_map(|name| name.strip_prefix('`')?.strip_suffix('`')).collect()
}

#[test]
fn every_test_named_after_a_section_is_in_the_table_and_every_one_in_the_table_exists() {
    let in_table = rows().flat_map(|(_, cell)| named(cell)).filter(|name| !name.starts_with("ui/"));
    let in_table: BTreeSet<String> = in_table.map(str::to_owned).collect();
    let functions = functions();
    let of_rows: BTreeSet<String> = functions.iter().filter(|name| is_of_a_row(name)).cloned().collect();
    assert!(of_rows.len() > 40, "only {} were found", of_rows.len());
    let missing: Vec<_> = in_table.difference(&functions).collect();
    let unnamed: Vec<_> = of_rows.difference(&in_table).collect();
    assert!(missing.is_empty(), "the table names tests that do not exist: {missing:#?}");
    assert!(unnamed.is_empty(), "tests/it/process/storm/README.md has no row for {unnamed:#?}");
}

#[test]
fn every_promise_has_a_test_or_a_program_that_does_not_compile_or_a_reason_why_not() {
    for (promise, cell) in rows() {
        let reason = cell.strip_prefix("not applicable: ");
        let names = named(cell);
        let programs = names.iter().filter_map(|name| name.strip_prefix("ui/"));
        for program in programs {
            assert!(tests().join("ui").join(program).is_file(), "{promise}: there is no {program}");
        }
        let complete = names.len() == cell.split(", ").count();
        assert!(reason.is_some_and(|reason| !reason.is_empty()) || complete, "{promise}: {cell}");
    }
}
