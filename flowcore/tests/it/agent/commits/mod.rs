//! While an agent becomes another one, again and again, nobody sees what was not committed, and all that was
//! committed comes.

mod chance;
mod components;
mod ledger;
mod synced_disk;
mod watched;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flowcore::ingest::agent::Unchanged;
use flowcore::ingest::{
    Agent, AgentBuilder, AgentHandle, Channel, FileChannel, FileChannelBuilder, MemoryChannel,
};
use flowcore_testkit::{CrashDisk, Random};

use self::chance::Chance;
use self::components::{Asking, Numbers};
use self::ledger::{Ledger, out_of_order};
use self::synced_disk::SyncedDisk;
use self::watched::Watch;
use super::change::GRACE;
use super::parts::{Number, sleep};
use crate::seeds::Seed;

/// The parts that outlive what is done to the agent.
struct World {
    random: Random,
    chance: Chance,
    disk: CrashDisk,
    memory: Ledger,
    file: Ledger,
    sources: [Numbers; 3],
    /// Two sinks may share a channel: then order is not promised.
    sinks_each: u64,
}

/// What of the configuration changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    capacity: usize,
    transaction: usize,
    keep_alive: Duration,
    /// Of the file channel: another one makes it open its log anew.
    segment: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let chance = Chance::new(random.next_u64());
        Self {
            disk: CrashDisk::new(),
            memory: Ledger::default(),
            file: Ledger::of_a_disk(),
            sources: [1, 2, 3].map(|source| Numbers::of(source, &chance)),
            sinks_each: 1 + random.below(2),
            random,
            chance,
        }
    }

    fn limits(&mut self) -> Limits {
        let random = &mut self.random;
        Limits {
            capacity: 5 + random.index(60),
            // Less than some batches have: those are refused.
            transaction: 4 + random.index(20),
            keep_alive: Duration::from_millis(random.below(300)),
            segment: (64 + 64 * random.below(2)) << 10,
        }
    }

    fn file_channel(&self, limits: Limits, disk: CrashDisk) -> FileChannelBuilder<Number> {
        FileChannel::builder(["data"])
            .on_disk(Arc::new(SyncedDisk { disk, ledger: self.file.clone() }))
            .segment_bytes(limits.segment)
            .least_free_space(0)
            .memory(400)
            .capacity(limits.capacity)
            .transaction(limits.transaction)
            .keep_alive(limits.keep_alive)
    }

    fn watch<F>(&self, factory: F, ledger: &Ledger) -> Watch<F> {
        Watch { factory, ledger: ledger.clone(), chance: self.chance.clone() }
    }

    fn agent(&self, [memory, file]: [Limits; 2]) -> Agent<Number> {
        let in_memory = MemoryChannel::builder()
            .capacity(memory.capacity)
            .transaction(memory.transaction)
            .keep_alive(memory.keep_alive);
        let mut builder = AgentBuilder::new("test")
            .grace(GRACE)
            .channel("memory", self.watch(in_memory, &self.memory))
            .channel("file", self.watch(self.file_channel(file, self.disk.clone()), &self.file));
        let ways: [&[&str]; 3] = [&["memory"], &["file"], &["memory", "file"]];
        for (at, (source, way)) in self.sources.iter().zip(ways).enumerate() {
            let source = source.clone();
            builder = builder.source(format!("r{at}"), move || source.clone()).into(way.iter().copied());
        }
        for (channel, ledger) in [("memory", &self.memory), ("file", &self.file)] {
            for at in 0..self.sinks_each {
                let sink = Asking { ledger: ledger.clone(), chance: self.chance.clone() };
                builder = builder.sink(format!("{channel}{at}"), move || sink.clone()).batch(7).from(channel);
            }
        }
        builder.build().unwrap()
    }

    /// What of the next agent is said to be as it was.
    fn unchanged(&mut self, before: [Limits; 2], after: [Limits; 2]) -> Unchanged {
        let mut unchanged = Unchanged::new();
        for (name, before, after) in [("memory", before[0], after[0]), ("file", before[1], after[1])] {
            if before == after {
                unchanged = unchanged.channel(name);
            }
            for at in (0..self.sinks_each).filter(|_| self.random.percent(50)) {
                unchanged = unchanged.sink(format!("{name}{at}"));
            }
        }
        for at in (0..self.sources.len()).filter(|_| self.random.percent(50)) {
            unchanged = unchanged.source(format!("r{at}"));
        }
        unchanged
    }

    /// Lets it run for a while, and changes it, some times.
    async fn reload(&mut self, handle: &AgentHandle<Number>, mut limits: [Limits; 2], times: usize) {
        for _ in 0..times {
            sleep(Duration::from_millis(self.random.below(150))).await;
            let mut next = limits;
            for limits in &mut next {
                if self.random.percent(50) {
                    *limits = self.limits();
                }
            }
            let unchanged = self.unchanged(limits, next);
            let applied = handle.apply(self.agent(next), unchanged).await.unwrap();
            assert!(applied.failed.is_empty() && applied.left.is_empty(), "{applied:?}");
            limits = next;
        }
    }

    /// Nothing came that was not committed, and what came first came in the order of its source.
    fn check(&self) {
        for ledger in [&self.memory, &self.file] {
            assert_eq!(ledger.wrong(), Vec::<String>::new());
            if self.sinks_each == 1 {
                assert_eq!(ledger.out_of_order(), []);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_delivered_before_it_was_committed_and_all_that_was_is_delivered_while_the_agent_changes()
{
    let (mut committed, mut again, mut given_up) = (0, 0, 0);
    for seed in 0..60 {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        let limits = [world.limits(), world.limits()];
        let handle = world.agent(limits).start().await.unwrap();
        world.reload(&handle, limits, 12).await;
        world.chance.calm_down();
        handle.stop_sources().await;
        let channels = ["memory", "file"].map(|name| handle.channel(name).unwrap());
        while !channels.iter().all(|channel| channel.state().is_drained()) {
            sleep(Duration::from_millis(50)).await;
        }
        drop(channels);
        let report = handle.finish().await.unwrap();
        assert!(report.left.is_empty(), "{report:?}");
        world.check();
        for ledger in [&world.memory, &world.file] {
            let all = ledger.all_committed();
            assert_eq!(ledger.missing(&all), BTreeSet::new(), "lost");
            committed += all.len();
            again += ledger.again();
            given_up += ledger.given_up();
        }
    }
    let counts = format!("{committed} committed, {again} delivered again, {given_up} given up");
    assert!(committed > 10_000 && again > 100 && given_up > 50, "{counts}");
}

#[tokio::test(start_paused = true)]
async fn what_a_file_channel_committed_survives_a_loss_of_power_in_the_middle_of_a_change() {
    let mut found = 0;
    for seed in 0..60 {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        let limits = [world.limits(), world.limits()];
        let handle = world.agent(limits).start().await.unwrap();
        let power_lasts = Duration::from_millis(world.random.below(1000));
        tokio::select! {
            () = world.reload(&handle, limits, 1000) => panic!("it goes on for longer"),
            () = sleep(power_lasts) => {}
        }
        let committed = world.file.all_committed();
        let after = world.disk.crash(&mut world.random);
        drop(handle);
        world.check();
        let missing = world.file.missing(&committed);
        let left = drain(world.file_channel(limits[1], after)).await;
        assert!(left.iter().all(|number| world.file.knows(*number)), "nobody has put it");
        assert_eq!(out_of_order(&left), []);
        assert!(missing.iter().all(|number| left.contains(number)), "lost: {missing:x?} {left:x?}");
        found += missing.len();
    }
    assert!(found > 100, "only {found} were left to find");
}

/// Opens a channel and takes all that is in it.
async fn drain(builder: FileChannelBuilder<Number>) -> Vec<u64> {
    let channel = builder.open("file").await.unwrap();
    assert_eq!(channel.status().lost_events, 0, "{:?}", channel.status());
    let mut numbers = Vec::new();
    while channel.state().waiting > 0 {
        let take = channel.take(100).await.unwrap();
        numbers.extend(take.events().iter().map(|number| number.0));
        take.commit().await.unwrap();
    }
    numbers
}
