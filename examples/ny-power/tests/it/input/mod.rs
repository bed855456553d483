//! Saved files: what is read of them, what is refused, what `compute` prints.

mod clock_change;
mod corruption;
mod files;
mod model;
mod month;
mod program;
mod zips;

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::LocalDisk;
use ny_power::generator::Day;
use ny_power::input::Input;
use ny_power::interval::Interval;
use ny_power::reading::Reading;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The operator's own month, where it is.
pub(crate) fn real_month() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nyiso");
    let path = data.join("20160401rtfuelmix_csv.zip");
    let is_there = path.exists();
    if !is_there {
        println!("{} is not there: generated data stands for it", path.display());
    }
    is_there.then_some(path)
}

/// A day that is generated.
fn day(date: &str, seed: u64) -> Day {
    Day::new(date.parse().unwrap(), seed)
}

/// A zip with these members.
fn zip_of(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What was read, in order.
#[derive(Debug, Default, PartialEq)]
struct Read {
    intervals: Vec<Interval>,
    refused: Vec<String>,
}

fn read(path: &Path) -> Read {
    let mut read = Read::default();
    for reading in Input::open(Arc::new(LocalDisk), path).unwrap() {
        match reading {
            Reading::Interval(interval) => read.intervals.push(interval),
            Reading::Refused(refusal) => read.refused.push(refusal.to_string()),
            Reading::UnknownFuel(fuel) => read.refused.push(format!("unknown {fuel}")),
        }
    }
    read
}

/// What is read of a file with this name and content.
fn read_file(name: &str, bytes: &[u8]) -> Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path)
}
