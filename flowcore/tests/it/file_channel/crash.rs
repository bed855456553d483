//! Crashes at every operation of the disk.

use std::io::ErrorKind;

use flowcore::ingest::Take;
use flowcore_testkit::DiskFault;

use super::world::{Lines, World};
use crate::seeds::Seed;

/// Some of everything, until it is done or the machine is off.
async fn work(world: &mut World, channel: &Lines, steps: usize) {
    let mut open: Vec<Take<String>> = Vec::new();
    for _ in 0..steps {
        if world.disk.is_off() {
            return;
        }
        match world.random.below(10) {
            0..5 => drop(world.put(channel).await),
            5..8 => open.extend(world.take(channel).await),
            8 if !open.is_empty() => {
                let at = world.random.index(open.len());
                open.swap_remove(at).rollback();
            }
            _ if !open.is_empty() => {
                let at = world.random.index(open.len());
                let take = open.swap_remove(at);
                world.deliver(take).await;
            }
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_committed_is_lost_wherever_the_only_crash_is() {
    let mut crash_at = 0;
    loop {
        let _seed = Seed(crash_at);
        let mut world = World::new(crash_at / 7);
        world.disk.inject(crash_at, DiskFault::Crash);
        if let Ok(channel) = world.open().await {
            // The workload is the same for every crash point of a group of seven.
            for step in 0..14 {
                if world.disk.is_off() {
                    break;
                }
                world.put_items(&channel, 3, 900 * step).await;
                if step % 2 == 1
                    && let Some(take) = world.take(&channel).await
                {
                    world.deliver(take).await;
                }
            }
        }
        let has_crashed = world.disk.is_off();
        world.crash();
        world.check().await;
        if !has_crashed {
            assert!(crash_at > 40, "there were {crash_at} operations");
            return;
        }
        crash_at += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_committed_is_lost_in_random_schedules_with_many_crashes() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        if world.random.percent(50) {
            world.folders.push("two".into());
        }
        if world.random.percent(50) {
            world.memory = 3_000;
        }
        for _ in 0..6 {
            world.segment = (64 + world.random.below(64)) << 10;
            let at = world.disk.operations() + world.random.below(120);
            world.disk.inject(at, DiskFault::Crash);
            if let Ok(channel) = world.open().await {
                work(&mut world, &channel, 60).await;
            }
            world.crash();
        }
        world.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_committed_is_lost_when_writes_fail_or_are_cut_short() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        if world.random.percent(50) {
            world.folders.push("two".into());
        }
        for _ in 0..4 {
            for _ in 0..8 {
                let at = world.disk.operations() + world.random.below(150);
                let fault = match world.random.below(3) {
                    0 => DiskFault::Short,
                    1 => DiskFault::Fail(ErrorKind::Other),
                    _ => DiskFault::Fail(ErrorKind::StorageFull),
                };
                world.disk.inject(at, fault);
            }
            if let Ok(channel) = world.open().await {
                work(&mut world, &channel, 80).await;
            }
            world.crash();
        }
        world.check().await;
    }
}
