//! The tracker's file of spooldir, an Avro container of anybody's: read, cut off, and gone on with.
#![no_main]

use std::path::Path;
use std::sync::Arc;

use flowcore::base::Disk;
use flowcore_agent::fuzzing::{track, tracked};
use flowcore_testkit::CrashDisk;

const FOLDER: &str = "spool/.flumespool";
const FILE: &str = "spool/.flumespool/.flumespool-main.meta";

fn disk(bytes: &[u8]) -> Arc<CrashDisk> {
    let disk = CrashDisk::new();
    disk.replace(Path::new(FILE), bytes).expect("the disk is well");
    Arc::new(disk)
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([cut, offset], bytes)) = flowcore_fuzz::steered(input) else { return };
    let folder = Path::new(FOLDER);
    let whole = tracked(folder, disk(bytes)).expect("no content is an error");
    let less = &bytes[..bytes.len() * usize::from(cut) / 256];
    let cut_off = tracked(folder, disk(less)).expect("no content is an error");
    if let (Some((target, _)), Some((same, _))) = (&whole, &cut_off) {
        assert_eq!(target, same, "what was cut off at its end is of the same file");
    }
    // Whatever was there: what is noted now is read.
    let target = whole.map_or_else(|| "spool/a".into(), |(target, _)| target);
    let disk = disk(bytes);
    let noted = [u64::from(offset), u64::from(offset) << 31];
    track(folder, Arc::clone(&disk) as _, &target, &noted).expect("the disk is well");
    let read = tracked(folder, disk).expect("the disk is well");
    assert_eq!(read, Some((target, noted[1])), "what was noted is read");
});
