//! Flume's position file and the one beside it: what can be read of them is believed, and saved as it was read.
#![no_main]

use std::path::Path;

use flowcore::base::Disk;
use flowcore::ingest::source::tail::fuzzing::{flume_positions, flume_positions_again};
use flowcore_testkit::CrashDisk;

const FILE: &str = "state/position.json";
const BESIDE: &str = "state/position.json.ext";

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // What stands behind a zero is the second file.
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let disk = CrashDisk::new();
    disk.replace(Path::new(FILE), parts.next().unwrap_or_default()).expect("the disk is well");
    if let Some(beside) = parts.next() {
        disk.replace(Path::new(BESIDE), beside).expect("the disk is well");
    }
    let path = Path::new(FILE);
    let read = flume_positions(&disk, path).expect("no content is an error").expect("there is a file");
    assert!(read.len() <= input.len(), "files that nobody named");
    let again = flume_positions_again(&disk, path).expect("the disk is well");
    assert_eq!(sorted(read), sorted(again.expect("it was saved")), "what was saved is read");
    // What Flume does not know makes its reader fail.
    let text = disk.read(path, u64::MAX).expect("it was saved");
    assert!(text.starts_with(b"[") && text.ends_with(b"]"), "an array");
});

fn sorted<T: Ord>(mut entries: Vec<T>) -> Vec<T> {
    entries.sort();
    entries
}
