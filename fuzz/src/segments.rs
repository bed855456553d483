use std::path::{Path, PathBuf};

use flowcore::base::Disk;
use flowcore_testkit::CrashDisk;

/// What a segment begins with, and a record.
const SEGMENT: &[u8] = b"flowcore";
const RECORD: &[u8] = b"FcR1";
const START: usize = 64;
const HEADER: usize = 48;

/// Files of a file channel, each beginning where `flowcore` stands in the input.
pub struct Segments(Vec<Vec<u8>>);

impl Segments {
    /// At most eight.
    pub fn of(input: &[u8]) -> Self {
        let mut starts: Vec<usize> = input
            .windows(SEGMENT.len())
            .enumerate()
            .filter(|(_, w)| *w == SEGMENT)
            .map(|(at, _)| at)
            .collect();
        starts.truncate(8);
        if starts.first() != Some(&0) {
            starts.insert(0, 0);
        }
        let ends = starts[1..].iter().copied().chain([input.len()]);
        Self(starts.iter().zip(ends).map(|(&from, to)| input[from..to].to_vec()).collect())
    }

    /// Makes all checksums right: what the records say is believed.
    pub fn seal(&mut self) {
        self.seal_from(1);
    }

    /// One file, whatever is in it.
    pub fn one(content: Vec<u8>) -> Self {
        Self(vec![content])
    }

    /// As [`seal`](Self::seal), for files numbered from `id` on.
    pub fn seal_from(&mut self, id: u64) {
        for (at, segment) in self.0.iter_mut().enumerate() {
            seal(segment, at as u64 + id);
        }
    }

    /// The content of the first file.
    pub fn into_first(self) -> Vec<u8> {
        self.0.into_iter().next().unwrap_or_default()
    }

    /// Makes each so long as a segment is from its beginning.
    pub fn pad(&mut self, length: usize) {
        self.0.iter_mut().for_each(|segment| segment.resize(segment.len().max(length), 0));
    }

    /// A disk with them in `folder`.
    pub fn disk(&self, folder: &Path) -> CrashDisk {
        let disk = CrashDisk::new();
        for (at, bytes) in self.0.iter().enumerate() {
            let path: PathBuf = folder.join(format!("{:016x}.segment", at + 1));
            let mut file = disk.open_write(&path).expect("a file is made");
            file.write_at(0, bytes).expect("it is written");
        }
        disk
    }
}

fn seal(segment: &mut [u8], id: u64) {
    if segment.len() >= START {
        segment[16..24].copy_from_slice(&id.to_le_bytes());
        let checksum = crc32c::crc32c(&segment[..60]);
        segment[60..START].copy_from_slice(&checksum.to_le_bytes());
    }
    let mut at = START;
    while at + HEADER <= segment.len() {
        at += if segment[at..].starts_with(RECORD) {
            seal_record(&mut segment[at..], id, at as u64)
        } else {
            8
        };
    }
}

/// Returns where the next may begin.
fn seal_record(record: &mut [u8], id: u64, offset: u64) -> usize {
    let length = record[8..12].try_into().map_or(0, u32::from_le_bytes) as usize;
    let body = record.get(HEADER..HEADER + length).map(crc32c::crc32c);
    if let Some(checksum) = body {
        record[40..44].copy_from_slice(&checksum.to_le_bytes());
    }
    let place = crc32c::crc32c_append(crc32c::crc32c(&id.to_le_bytes()), &offset.to_le_bytes());
    let checksum = crc32c::crc32c_append(place, &record[..44]);
    record[44..HEADER].copy_from_slice(&checksum.to_le_bytes());
    if body.is_some() { (HEADER + length).next_multiple_of(8) } else { 8 }
}
