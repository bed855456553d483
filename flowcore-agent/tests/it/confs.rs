//! Configurations with real mistakes, and what is said about each: `expected/` has one file for each.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flowcore_agent::check::{Options, Surroundings};
use flowcore_agent::check_files;

use crate::said::{Bare, line};

fn here(folder: &str) -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is");
    PathBuf::from(root).join(folder)
}

/// Compares with the expected file, or writes it when `UPDATE_EXPECTED` is set.
fn compare(conf: &Path, surroundings: &dyn Surroundings) {
    let name = conf.file_stem().unwrap().to_str().unwrap();
    let folder = conf.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let expected = here("tests/it/expected").join(format!("{folder}-{name}.txt"));
    let content = fs::read(conf).unwrap();
    let checked = check_files([(name, content.as_slice())], Options::default(), surroundings).unwrap();
    let found: String = checked.diagnostics.iter().map(|said| line(said) + "\n").collect();
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        return fs::write(expected, found).unwrap();
    }
    let known =
        fs::read_to_string(&expected).unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
    assert_eq!(found, known, "{}", conf.display());
}

fn confs(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut confs: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "conf")).collect();
    confs.sort();
    confs
}

#[test]
fn our_own_configurations_are_said_what_is_expected() {
    let confs = confs(&here("tests/confs"));
    assert!(confs.len() >= 3, "{confs:?}");
    for conf in &confs {
        compare(conf, &Bare);
    }
}

#[test]
fn the_mistakes_of_real_configurations_are_all_found_and_nothing_else() {
    let shared = here("../../shared/data/flume-confs");
    if !shared.exists() {
        println!("{} is not there: our own configurations stand for it", shared.display());
        return our_own_configurations_are_said_what_is_expected();
    }
    for folder in [shared.clone(), shared.join("fixed"), shared.join("repo-later")] {
        let confs = confs(&folder);
        assert!(!confs.is_empty(), "{}", folder.display());
        for conf in &confs {
            compare(conf, &Bare);
        }
    }
}

/// The codes of what is said in the expected files whose names begin with one of these.
fn said_in(starts: &[&str]) -> BTreeSet<String> {
    let files = fs::read_dir(here("tests/it/expected")).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: &PathBuf| {
        starts.iter().any(|start| path.file_name().unwrap().to_str().unwrap().starts_with(start))
    };
    let texts = files.filter(of).map(|path| fs::read_to_string(path).unwrap());
    let code = |line: &str| line.split(' ').nth(1).unwrap().to_owned();
    texts.flat_map(|text| text.lines().map(code).collect::<Vec<_>>()).collect()
}

#[test]
fn our_own_configurations_have_all_the_mistakes_of_the_real_ones() {
    let (real, own) = (said_in(&["flume-confs-", "fixed-", "repo-later-"]), said_in(&["confs-"]));
    assert!(real.len() > 10, "{real:?}");
    let missing: Vec<&String> = real.difference(&own).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
