//! taildir, file channel and avro sink; the agent that they send to is killed and started again for a minute.

use std::path::Path;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_testkit::{Random, free_port};

use crate::lines::{Arrived, Written};
use crate::process::{Running, configure, pause, report, until};

const FILES: usize = 2;
const NEAR: &str = "\
a1.sources = r1
a1.channels = c1
a1.sinks = k1
a1.sources.r1.type = TAILDIR
a1.sources.r1.filegroups = g
a1.sources.r1.filegroups.g = {dir}/in/.*log
a1.sources.r1.positionFile = {dir}/position.json
a1.sources.r1.channels = c1
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/near
a1.channels.c1.checkpointDir = {dir}/near-checkpoint
a1.channels.c1.maxFileSize = 1048576
a1.channels.c1.minimumRequiredSpace = 1048576
a1.sinks.k1.type = avro
a1.sinks.k1.hostname = 127.0.0.1
a1.sinks.k1.port = {port}
a1.sinks.k1.batch-size = 100
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
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/far
a1.channels.c1.checkpointDir = {dir}/far-checkpoint
a1.channels.c1.maxFileSize = 1048576
a1.channels.c1.minimumRequiredSpace = 1048576
a1.sinks.k1.type = file_roll
a1.sinks.k1.sink.directory = {dir}/out
a1.sinks.k1.batchSize = 100
a1.sinks.k1.channel = c1
";

#[test]
fn all_lines_arrive_though_the_far_agent_is_killed_and_restarted_for_a_minute() {
    let seed = 0x5eed_0012;
    println!("seed {seed:#x}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("out")).unwrap();
    let port = free_port().to_string();
    configure(folder, "near", &NEAR.replace("{port}", &port));
    configure(folder, "far", &FAR.replace("{port}", &port));
    let mut written = Written::new(folder.join("in"), FILES);
    let mut arrived = Arrived::new(folder.join("out"), FILES);
    let mut near = Running::start(folder, "near");
    let kills = kill_for_a_minute(folder, &mut written, &mut arrived, &mut random);
    let far = Running::start(folder, "far");
    until("the last line", || arrived.look() == written.total());
    assert!(near.is_running(), "{}", near.log());
    near.stop();
    far.stop();
    arrived.look();
    arrived.assert_complete(&written);
    report(&format!(
        "{} lines, {} of them came again, {kills} kills of the far agent, seed {seed:#x}",
        written.total(),
        arrived.duplicates()
    ));
}

/// Lines are written all the time. A far agent lives at least until something new has arrived.
fn kill_for_a_minute(
    folder: &Path,
    written: &mut Written,
    arrived: &mut Arrived,
    random: &mut Random,
) -> usize {
    let (watch, mut kills) = (Clock::system().stopwatch(), 0);
    while watch.elapsed() < Duration::from_mins(1) {
        let mut far = Running::start(folder, "far");
        let before = arrived.look();
        until("a line", || {
            written.append(random.index(FILES), random.below(200));
            arrived.look() > before
        });
        for _ in 0..random.below(10) {
            written.append(random.index(FILES), 1 + random.below(500));
            pause(random.below(30));
        }
        assert!(far.is_running(), "{}", far.log());
        far.kill();
        kills += 1;
        written.append(random.index(FILES), random.below(1000));
        pause(random.below(200));
    }
    kills
}
