//! What is done to files in a folder that an agent reads, and what must come of it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::NamedTempFile;

use crate::program::{Program, until};

/// What is done to the files, and what must come of it.
pub(crate) enum Step {
    Append(&'static str, &'static str),
    /// Bytes that need not be text.
    Bytes(&'static str, &'static [u8]),
    /// When a file was written, in seconds.
    Written(&'static str, u64),
    /// Writes over the first bytes, and after them.
    Overwrite(&'static str, &'static str),
    CutOff(&'static str, &'static str),
    Rename(&'static str, &'static str),
    /// The lines that arrived since the start, in their order.
    Lines(&'static [&'static str]),
    /// A file is there, and holds this text.
    Holds(&'static str, &'static str),
    Missing(&'static str),
    /// The same, after a while.
    Gone(&'static str),
    Logs(&'static str),
    Stop,
}

pub(crate) struct Row {
    key: &'static str,
    settings: &'static str,
    before: &'static [Step],
    after: &'static [Step],
}

pub(crate) const fn row(
    key: &'static str,
    settings: &'static str,
    before: &'static [Step],
    after: &'static [Step],
) -> Row {
    Row { key, settings, before, after }
}

/// `conf` makes a configuration of settings; the files are in `{dir}/in`.
pub(crate) fn run(row: &Row, conf: fn(&str) -> String) {
    let Row { key, settings, before, after } = row;
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("in");
    fs::create_dir(&files).unwrap();
    let mut program = None;
    before.iter().for_each(|step| take(step, key, &files, &mut program));
    program = Some(Program::start_in(folder, &conf(settings), &[]));
    after.iter().for_each(|step| take(step, key, &files, &mut program));
}

fn take(step: &Step, key: &str, files: &Path, program: &mut Option<Program>) {
    let path = |name: &str| files.join(name);
    match step {
        Step::Append(name, text) => append(&path(name), text),
        Step::Bytes(name, bytes) => fs::write(path(name), bytes).unwrap(),
        Step::Written(name, seconds) => {
            let file = File::options().write(true).open(path(name)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(*seconds)).unwrap();
        }
        Step::Overwrite(name, text) => {
            let file = OpenOptions::new().write(true).open(path(name)).unwrap();
            file.write_all_at(text.as_bytes(), 0).unwrap();
        }
        Step::CutOff(name, text) => fs::write(path(name), text).unwrap(),
        Step::Rename(from, to) => fs::rename(path(from), path(to)).unwrap(),
        Step::Lines(expected) => program
            .as_ref()
            .unwrap()
            .until(&format!("{key}: {expected:?}"), || lines(&running_folder(files)) == *expected),
        Step::Holds(name, text) => {
            let file = path("..").join(name);
            until(&format!("{key}: {text} in {name}"), || {
                fs::read_to_string(&file).is_ok_and(|content| content.contains(text))
            });
        }
        Step::Missing(name) => {
            assert!(!path("..").join(name).exists(), "{key}: {name} is there");
        }
        Step::Gone(name) => until(&format!("{key}: no {name}"), || !path("..").join(name).exists()),
        Step::Logs(text) => program.as_ref().unwrap().until(key, || running_log(files).contains(text)),
        Step::Stop => program.as_mut().unwrap().stop(),
    }
}

fn running_folder(files: &Path) -> PathBuf {
    files.with_file_name("out")
}

fn running_log(files: &Path) -> String {
    fs::read_to_string(files.with_file_name("log")).unwrap()
}

/// A new file comes with all of it: one that grows is no file for a spool folder.
pub(crate) fn append(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if let Ok(mut file) = OpenOptions::new().append(true).open(path) {
        return file.write_all(text.as_bytes()).unwrap();
    }
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.persist(path).unwrap();
}

/// The lines in the files of a folder, in their order.
pub(crate) fn lines(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text: Vec<String> = paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    text.concat().split_terminator('\n').map(str::to_owned).collect()
}
