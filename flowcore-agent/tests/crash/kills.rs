//! taildir, file channel and `file_roll`, killed a hundred times.

use std::path::Path;

use flowcore::event::Event;
use flowcore::ingest::{Channel, FileChannel};
use flowcore_testkit::Random;

use crate::lines::{Arrived, Written, length, positions};
use crate::process::{Running, configure, pause, report, until};

/// Before all was done.
const KILLS: usize = 100;
const FILES: usize = 3;
/// Segments are small, so that they are rolled, let go and used again.
const CONF: &str = "\
a1.sources = r1
a1.channels = c1
a1.sinks = k1
a1.sources.r1.type = TAILDIR
a1.sources.r1.filegroups = g
a1.sources.r1.filegroups.g = {dir}/in/.*log
a1.sources.r1.positionFile = {dir}/position.json
a1.sources.r1.writePosInterval = 1
a1.sources.r1.batchSize = 50
a1.sources.r1.channels = c1
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/data
a1.channels.c1.checkpointDir = {dir}/checkpoint
a1.channels.c1.capacity = 5000
a1.channels.c1.transactionCapacity = 100
a1.channels.c1.maxFileSize = 262144
a1.channels.c1.minimumRequiredSpace = 1048576
a1.sinks.k1.type = file_roll
a1.sinks.k1.sink.directory = {dir}/out
a1.sinks.k1.batchSize = 70
a1.sinks.k1.channel = c1
";

#[test]
fn an_agent_that_is_killed_a_hundred_times_under_load_loses_nothing() {
    let seed = 0x5eed_0011;
    println!("seed {seed:#x}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("out")).unwrap();
    configure(folder, "agent", CONF);
    let mut written = Written::new(folder.join("in"), FILES);
    let mut arrived = Arrived::new(folder.join("out"), FILES);
    let (mut under_load, mut kills) = (0, 0);
    while under_load < KILLS {
        written.append(random.index(FILES), 1000 + random.below(1000));
        kill_once(folder, &mut written, &mut random);
        kills += 1;
        under_load += usize::from(arrived.look() < written.total());
        if kills % 10 == 0 {
            assert_agreement(folder, &written, &arrived);
        }
        assert!(kills < 2 * KILLS, "only {under_load} of {kills} kills came before all was done");
    }
    assert_agreement(folder, &written, &arrived);
    let running = Running::start(folder, "agent");
    until("the last line", || arrived.look() == written.total());
    running.stop();
    arrived.look();
    arrived.assert_complete(&written);
    report(&format!(
        "{} lines, {} of them came again, {under_load} of {kills} kills under load, seed {seed:#x}",
        written.total(),
        arrived.duplicates()
    ));
}

/// Most deaths are in the middle of the work, some in the middle of a start.
fn kill_once(folder: &Path, written: &mut Written, random: &mut Random) {
    let mut running = Running::start(folder, "agent");
    if random.percent(80) {
        running.until_it_runs();
        written.append(random.index(FILES), random.below(500));
    }
    pause(random.below(60));
    assert!(running.is_running(), "it ended by itself: {}", running.log());
    running.kill();
}

/// What the position file counts as done has arrived or is in the channel.
fn assert_agreement(folder: &Path, written: &Written, arrived: &Arrived) {
    let mut all = Arrived::new(folder.join("out"), FILES);
    all.look();
    assert_eq!(all.different(), arrived.different());
    for event in waiting(&folder.join("data")) {
        all.count(str::from_utf8(&event.body).unwrap());
    }
    let positions = positions(&folder.join("position.json"));
    for file in 0..FILES {
        let done = positions.get(&written.path(file)).copied().unwrap_or(0);
        assert_eq!(done % length(), 0, "{file}.log: the position is inside a line");
        assert!(done / length() <= written.counts()[file], "{file}.log: the position is behind its end");
        let lost = (0..done / length()).find(|number| !all.has(file, *number));
        assert_eq!(lost, None, "{file}.log: a line before the position is nowhere");
    }
}

/// What is in a channel, which is left as it is.
fn waiting(folder: &Path) -> Vec<Event> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let builder = FileChannel::<Event>::builder([folder]).segment_bytes(256 << 10).transaction(5000);
        let channel = builder.least_free_space(0).open("looked at").await.unwrap();
        channel.close();
        // One take has all: a transaction may be as large as the channel.
        match channel.take(usize::MAX).await {
            Ok(take) => take.events().to_vec(),
            Err(_) => Vec::new(),
        }
    })
}
