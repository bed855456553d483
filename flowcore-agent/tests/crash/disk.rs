//! What lies in the folder of a file channel, read by its description.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes before the first record, and before the body of each.
const START: u64 = 64;
const HEADER: u64 = 48;
const PUT: u8 = 1;

/// How many events were put into segments that are still there.
pub(crate) fn events_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|end| end == "segment"))
        .map(|path| events(&path))
        .sum()
}

fn events(segment: &Path) -> u64 {
    let Ok(mut file) = File::open(segment) else { return 0 };
    let (mut at, mut events) = (START, 0);
    let mut header = [0; 48];
    while file.seek(SeekFrom::Start(at)).is_ok() && file.read_exact(&mut header).is_ok() {
        if header[..4] != *b"FcR1" {
            break;
        }
        let number = |at: usize| u64::from(u32::from_le_bytes(header[at..at + 4].try_into().unwrap()));
        events += if header[4] == PUT { number(12) } else { 0 };
        at += (HEADER + number(8)).next_multiple_of(8);
    }
    events
}
