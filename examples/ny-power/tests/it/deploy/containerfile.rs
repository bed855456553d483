//! The Containerfile builds with the pinned toolchain, from what it copies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Its instructions, without comments, each on a line of its own.
fn instructions() -> Vec<String> {
    let text = fs::read_to_string(super::folder().join("Containerfile")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    lines.replace("\\\n", " ").lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

/// The rest of the last instruction of this kind.
pub(super) fn one(instruction: &str) -> String {
    let found = instructions().into_iter().rev().find_map(|line| {
        line.strip_prefix(instruction).and_then(|rest| rest.strip_prefix(' ')).map(str::to_owned)
    });
    found.unwrap_or_else(|| panic!("there is no {instruction}"))
}

#[test]
fn it_builds_with_the_pinned_toolchain() {
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let pinned =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    assert!(instructions().contains(&format!("ARG RUST_VERSION={pinned}")), "not {pinned}");
}

#[test]
fn it_runs_as_nobody_in_particular_and_in_the_folder_for_data() {
    assert_eq!(one("USER"), "10001:10001");
    assert_eq!(one("ENTRYPOINT"), r#"["/usr/local/bin/ny-power"]"#);
    assert_eq!(one("WORKDIR"), "/data");
    assert_eq!(one("VOLUME"), "/data");
}

/// The folders and files that come from outside, as `(from, to)`.
fn copies() -> Vec<(String, String)> {
    let copies = instructions().into_iter().filter_map(|line| line.strip_prefix("COPY ").map(str::to_owned));
    let from_outside = copies.filter(|line| !line.starts_with("--from"));
    let pairs = from_outside.flat_map(|line| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let (to, from) = words.split_last().unwrap();
        from.iter().map(|from| (from.clone(), to.clone())).collect::<Vec<_>>()
    });
    pairs.collect()
}

/// Names that stay out wherever they are.
fn left_out() -> Vec<String> {
    let text = fs::read_to_string(root().join(".dockerignore")).unwrap();
    text.lines().map(|line| line.trim_start_matches("**/").to_owned()).collect()
}

#[test]
fn what_it_copies_is_the_whole_workspace_without_what_was_built_or_recorded() {
    for name in [".git", "target"] {
        assert!(left_out().iter().any(|left| left == name), "{name} is copied");
    }
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in copies() {
        let to = folder.path().join(to);
        let is_folder = root().join(&from).is_dir();
        let target = if is_folder { to } else { to.join(&from) };
        copy(&root().join(&from), &target);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--offline", "--locked", "--format-version=1", "--filter-platform"]);
    let output = cargo.arg("host-tuple").current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    // What cargo has built inside is large; it stays out by its name, or by its mark if it has another one.
    let is_left_out = from.file_name().is_some_and(|name| left_out().iter().any(|left| name == &**left));
    if is_left_out || from.join("CACHEDIR.TAG").exists() {
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
