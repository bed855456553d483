//! From growing files through a memory channel into other files, under an agent.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::ingest::sink::RollingFileSink;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::{Agent, AgentBuilder, MemoryChannel};

use crate::seeds::{Random, Seed};

fn agent(folder: &Path) -> Agent {
    let (input, positions) = (folder.join("*.in"), folder.join("positions.json"));
    let out = folder.join("out");
    AgentBuilder::new("copy")
        .channel("memory", MemoryChannel::builder().capacity(300).transaction(100))
        .source("tail", move || TailSource::new([&input]).positions(&positions).watch(false))
        .into(["memory"])
        .sink("files", move || RollingFileSink::new(&out).roll_events(Some(500)))
        .from("memory")
        .build()
        .unwrap()
}

fn copied(folder: &Path) -> Vec<u32> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder.join("out")).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.extension().is_some_and(|end| end == "log"), "{} is finished", path.display());
        numbers.extend(fs::read_to_string(path).unwrap().lines().map(|line| line.parse::<u32>().unwrap()));
    }
    numbers.sort_unstable();
    numbers
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_stops_and_starts_again_copies_every_line_once() {
    for seed in 0..10 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut written = 0_u32;
        for part in 0..6 {
            let handle = agent(folder.path()).start().await.unwrap();
            for name in ["a.in", "b.in"] {
                let mut file =
                    fs::OpenOptions::new().append(true).create(true).open(folder.path().join(name)).unwrap();
                for _ in 0..random.below(1500) {
                    writeln!(file, "{written}").unwrap();
                    written += 1;
                }
            }
            if part == 3 {
                fs::rename(folder.path().join("a.in"), folder.path().join("a.in.1")).unwrap();
            }
            Clock::system().sleep(Duration::from_millis(random.next() % 3000)).await;
            let report = handle.stop().await.unwrap();
            assert!(report.is_clean(), "{report:?}");
        }
        let handle = agent(folder.path()).start().await.unwrap();
        Clock::system().sleep(Duration::from_secs(30)).await;
        handle.stop().await.unwrap();
        assert_eq!(copied(folder.path()), (0..written).collect::<Vec<_>>());
    }
}
