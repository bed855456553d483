//! A disk that is full while an agent runs.

use std::fs;
use std::path::PathBuf;

use flowcore_testkit::free_port;

use crate::lines::{Arrived, Written, length, positions};
use crate::process::{Running, configure, until};

const DISK: u64 = 8 << 20;
const BALLAST: u64 = 3 << 20;
/// In all more than the disk has.
const LINES: u64 = 200_000;
/// The near agent has its channel on a small disk.
const NEAR: &str = "\
a1.sources = r1
a1.channels = c1
a1.sinks = k1
a1.sources.r1.type = TAILDIR
a1.sources.r1.filegroups = g
a1.sources.r1.filegroups.g = {dir}/in/.*log
a1.sources.r1.positionFile = {dir}/position.json
a1.sources.r1.writePosInterval = 100
a1.sources.r1.channels = c1
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/disk/data
a1.channels.c1.checkpointDir = {dir}/checkpoint
a1.channels.c1.maxFileSize = 262144
a1.channels.c1.minimumRequiredSpace = 1048576
a1.channels.c1.keep-alive = 1
a1.sinks.k1.type = avro
a1.sinks.k1.hostname = 127.0.0.1
a1.sinks.k1.port = {port}
a1.sinks.k1.batch-size = 1000
a1.sinks.k1.channel = c1
";
const FAR: &str = "\
a1.sources = r1
a1.channels = c1
a1.sinks = k1
a1.sources.r1.type = avro
a1.sources.r1.bind = 127.0.0.1
a1.sources.r1.port = {port}
a1.sources.r1.channels = c1
a1.channels.c1.type = memory
a1.channels.c1.capacity = 10000
a1.channels.c1.transactionCapacity = 1000
a1.sinks.k1.type = file_roll
a1.sinks.k1.sink.directory = {dir}/out
a1.sinks.k1.batchSize = 1000
a1.sinks.k1.channel = c1
";

#[test]
fn a_full_disk_holds_the_source_back_and_all_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["out", "disk"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let port = free_port().to_string();
    configure(folder, "near", &NEAR.replace("{port}", &port));
    configure(folder, "far", &FAR.replace("{port}", &port));
    let mut written = Written::new(folder.join("in"), 1);
    written.append(0, LINES);
    let (mut near, disk) = start_on_small_disk(folder);
    let done =
        || positions(&folder.join("position.json")).get(&written.path(0)).map_or(0, |at| at / length());

    until("the full disk", || near.log().contains("the disk is full: puts wait"));
    assert!(near.is_running(), "{}", near.log());
    let before = settled(done);
    assert!(before < LINES, "the source was not held back");

    fs::remove_file(disk.join("ballast")).unwrap();
    until("more lines", || done() > before);
    let full = settled(done);
    assert!(full < LINES, "the source was not held back");

    let far = Running::start(folder, "far");
    let mut arrived = Arrived::new(folder.join("out"), 1);
    until("the last line", || arrived.look() == LINES);
    near.stop();
    far.stop();
    arrived.look();
    arrived.assert_complete(&written);
    println!("{before} lines, {full} with more room, then all; {} came again", arrived.duplicates());
}

/// An agent that alone sees a disk of its own, which ends with it, and where others find that disk.
fn start_on_small_disk(folder: &std::path::Path) -> (Running, PathBuf) {
    let disk = folder.join("disk");
    let script = format!(
        "mount -t tmpfs -o size={DISK} small {disk} && head -c {BALLAST} /dev/zero > {disk}/ballast && exec setpriv --pdeathsig KILL \"$@\"",
        disk = disk.display()
    );
    let by = ["unshare", "--map-root-user", "--mount", "sh", "-c", &script, "sh"];
    let mut running = Running::start_by(&by, folder, "near");
    running.until_it_runs();
    let seen = PathBuf::from(format!("/proc/{}/root{}", running.id(), disk.display()));
    (running, seen)
}

/// A count that does not change any more.
fn settled(count: impl Fn() -> u64) -> u64 {
    let mut last = (count(), 0);
    until("rest", || {
        let now = count();
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        last.1 == 50
    });
    last.0
}
