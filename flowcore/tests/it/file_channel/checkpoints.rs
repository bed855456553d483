//! Checkpoints beside the log; the crash tests have them in every third world.

use std::path::Path;
use std::time::Duration;

use flowcore::base::{Clock, Disk};
use flowcore::ingest::{Channel, Checkpoints};

use super::world::{Lines, World};
use crate::seeds::Seed;

const FILE: &str = "marks/flowcore.checkpoint";
const COPY: &str = "copy/flowcore.checkpoint";

fn checkpoints() -> Checkpoints {
    Checkpoints::new("marks").copy_to("copy").every(Duration::from_secs(30))
}

async fn open(world: &mut World, checkpoints: Checkpoints) -> Lines {
    world.checkpoints = Some(checkpoints);
    world.open().await.unwrap()
}

async fn put(world: &mut World, channel: &Lines, puts: usize) {
    for _ in 0..puts {
        assert!(world.put_items(channel, 2, 400).await);
    }
}

fn has(world: &World, path: &str) -> bool {
    world.disk.read(Path::new(path), 1 << 20).is_ok()
}

async fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if is_so() {
            return;
        }
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to pass");
}

/// Bytes that a start reads of a log, with the puts in one segment.
async fn scanned(world: &mut World, checkpoints: Checkpoints) -> u64 {
    open(world, checkpoints).await.status().scanned_bytes
}

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.segment = 1 << 20;
    world
}

#[tokio::test(start_paused = true)]
async fn after_a_clean_end_nothing_is_read_again() {
    let mut world = world(2);
    let channel = open(&mut world, checkpoints()).await;
    put(&mut world, &channel, 100).await;
    assert!(!has(&world, FILE), "it was not time for one");
    drop(channel);
    until(|| has(&world, FILE) && has(&world, COPY)).await;
    assert!(scanned(&mut world, checkpoints()).await < 1_000);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_settled_has_its_checkpoint_though_it_is_still_held() {
    let mut world = world(2);
    let channel = open(&mut world, checkpoints()).await;
    put(&mut world, &channel, 100).await;
    channel.settle().await;
    assert!(has(&world, FILE) && has(&world, COPY));
    let first = world.disk.read(Path::new(FILE), 1 << 20).unwrap();
    // What comes after it waits for its interval again, or for the next end.
    put(&mut world, &channel, 1).await;
    assert_eq!(world.disk.read(Path::new(FILE), 1 << 20).unwrap(), first);
    channel.settle().await;
    assert_ne!(world.disk.read(Path::new(FILE), 1 << 20).unwrap(), first);
    drop(channel);
    assert!(scanned(&mut world, checkpoints()).await < 1_000);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn without_one_at_the_end_the_segment_is_read() {
    let mut world = world(2);
    let channel = open(&mut world, checkpoints().on_close(false)).await;
    put(&mut world, &channel, 100).await;
    drop(channel);
    world.disk = world.disk.kill();
    assert!(!has(&world, FILE));
    assert!(scanned(&mut world, checkpoints().on_close(false)).await > 80_000);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn the_interval_says_how_much_a_start_after_a_crash_reads() {
    let mut world = world(2);
    let channel = open(&mut world, checkpoints()).await;
    put(&mut world, &channel, 100).await;
    Clock::system().sleep(Duration::from_secs(31)).await;
    until(|| has(&world, FILE)).await;
    put(&mut world, &channel, 10).await;
    world.crash();
    drop(channel);
    let scanned = scanned(&mut world, checkpoints()).await;
    assert!((8_000..20_000).contains(&scanned), "{scanned} bytes");
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn the_copy_is_read_when_the_checkpoint_is_damaged_and_the_log_when_both_are() {
    let mut world = world(2);
    let channel = open(&mut world, checkpoints()).await;
    put(&mut world, &channel, 100).await;
    drop(channel);
    until(|| has(&world, COPY)).await;
    world.disk.damage(Path::new(FILE), |bytes| bytes[50] ^= 1);
    assert!(scanned(&mut world, checkpoints().on_close(false)).await < 2_000);
    world.disk.damage(Path::new(FILE), |bytes| bytes.truncate(9));
    world.disk.damage(Path::new(COPY), |bytes| bytes[50] ^= 1);
    assert!(scanned(&mut world, checkpoints().on_close(false)).await > 80_000);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_of_another_log_is_not_believed() {
    for seed in 0..10 {
        let _seed = Seed(seed);
        let mut world = world(seed);
        let channel = open(&mut world, checkpoints()).await;
        put(&mut world, &channel, 50).await;
        drop(channel);
        until(|| has(&world, FILE)).await;
        let old = world.disk.read(Path::new(FILE), 1 << 20).unwrap();
        let mut other = self::world(seed);
        let channel = open(&mut other, checkpoints()).await;
        put(&mut other, &channel, 3 + usize::try_from(seed).unwrap() * 10).await;
        drop(channel);
        other.disk.replace(Path::new(FILE), &old).unwrap();
        other.disk.replace(Path::new(COPY), &old).unwrap();
        other.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_folder_of_checkpoints_is_one_channels_alone() {
    let mut world = world(1);
    let _first = open(&mut world, checkpoints()).await;
    for folder in ["marks", "copy"] {
        let builder = flowcore::ingest::FileChannel::<String>::builder(["other"]).least_free_space(0);
        let builder = builder.on_disk(std::sync::Arc::new(world.disk.clone()));
        let error = builder.checkpoints(Checkpoints::new(folder)).open("second").await.unwrap_err();
        assert!(error.to_string().contains(folder), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn checkpoints_that_cannot_be_written_are_counted_and_harm_nothing() {
    let mut world = world(1);
    let channel = open(&mut world, checkpoints().every(Duration::ZERO)).await;
    put(&mut world, &channel, 3).await;
    let fault = flowcore_testkit::DiskFault::Fail(std::io::ErrorKind::PermissionDenied);
    while channel.status().checkpoint_errors == 0 {
        world.disk.inject(world.disk.operations() + world.random.below(6), fault);
        world.put_items(&channel, 2, 100).await;
        Clock::system().sleep(Duration::from_millis(5)).await;
    }
    drop(channel);
    world.check().await;
}
