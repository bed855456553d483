//! A file channel with a million events in it, killed and opened again.

use std::fs;
use std::path::Path;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Channel, FileChannel};

use crate::disk::events_in;
use crate::process::{Running, configure, until};

const EVENTS: u64 = 1_000_000;
const CONF: &str = "\
a1.sources = r1
a1.channels = c1
a1.sources.r1.type = seq
a1.sources.r1.batchSize = 1000
a1.sources.r1.channels = c1
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/data
a1.channels.c1.checkpointDir = {dir}/checkpoint
a1.channels.c1.capacity = 1000000
a1.channels.c1.transactionCapacity = 1000
a1.channels.c1.maxFileSize = 8388608
a1.channels.c1.minimumRequiredSpace = 1048576
";

#[test]
fn a_channel_with_a_million_events_is_read_in_small_part_before_the_first_take() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, "agent", CONF);
    let running = Running::start(folder, "agent");
    let data = folder.join("data");
    until("a million events", || events_in(&data) == EVENTS);
    running.kill();
    let bytes: u64 = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    let scanned = first_take(&data);
    println!("{scanned} of {bytes} bytes were scanned");
    assert!(scanned <= 8 << 20, "more than a segment was scanned: {scanned} of {bytes} bytes");
}

/// How many bytes are read before it.
fn first_take(data: &Path) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let watch = Clock::system().stopwatch();
        let builder = FileChannel::<Event>::builder([data]).segment_bytes(8 << 20).least_free_space(0);
        let channel = builder.open("million").await.unwrap();
        let take = channel.take(100).await.unwrap();
        println!("the first take came after {:?}", watch.elapsed());
        assert_eq!(take.events()[0].body, "0");
        let state = channel.state();
        assert_eq!((state.waiting + state.taken) as u64, EVENTS);
        channel.status().scanned_bytes
    })
}
