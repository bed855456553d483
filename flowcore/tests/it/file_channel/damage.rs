//! Bytes that are not what was written.

use std::path::PathBuf;

use flowcore::base::LocalDisk;
use flowcore::ingest::{Channel, ChannelError, FileChannelError};

use super::world::{Lines, World};
use crate::seeds::Seed;

async fn filled(seed: u64, puts: usize) -> World {
    let mut world = World::new(seed);
    let channel = world.open().await.unwrap();
    for _ in 0..puts {
        assert!(world.put_items(&channel, 3, 800).await);
    }
    drop(channel);
    world.disk = world.disk.kill();
    world
}

fn segments(world: &World) -> Vec<(PathBuf, usize)> {
    let files = world.disk.files().into_iter();
    files.filter(|(path, _)| path.extension().is_some_and(|end| end == "segment")).collect()
}

/// Takes all; returns how many events were lost, or cut off at the end.
async fn take_all(world: &mut World, channel: &Lines) -> (u64, u64) {
    while channel.state().waiting > 0 {
        let Some(take) = world.take(channel).await else { break };
        world.deliver(take).await;
    }
    let status = channel.status();
    (status.lost_events, status.torn_bytes)
}

#[tokio::test(start_paused = true)]
async fn a_flipped_bit_never_makes_a_wrong_event_and_what_it_costs_is_told() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut world = filled(seed, 30).await;
        let files = segments(&world);
        let (path, length) = files[world.random.index(files.len())].clone();
        let at = world.random.index(length * 8);
        world.disk.damage(&path, |bytes| bytes[at / 8] ^= 1 << (at % 8));
        let channel = world.open().await.unwrap();
        let (lost, torn) = take_all(&mut world, &channel).await;
        let missing = world.missing().len() as u64;
        assert!(
            missing == lost || torn > 0,
            "{missing} are missing, {lost} are counted, {torn} bytes are torn"
        );
        assert!(missing <= 3, "a bit costs one put");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hole_costs_no_more_than_the_puts_in_it() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut world = filled(seed, 40).await;
        let (path, length) = segments(&world)[0].clone();
        let (from, hole) = (world.random.index(length - 9_000), world.random.index(9_000));
        world.disk.damage(&path, |bytes| bytes[from..from + hole].fill(0x55));
        let channel = world.open().await.unwrap();
        let (lost, _) = take_all(&mut world, &channel).await;
        assert_eq!(world.missing().len() as u64, lost);
        assert!(lost <= 3 * (hole as u64 / 2_400 + 2), "{lost} events for {hole} bytes");
        let damage = channel.status().damage;
        assert!(damage.iter().all(|damage| damage.path == path && damage.offset <= (from + hole) as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_snapshots_all_is_read_and_nothing_is_lost() {
    for kept in 0..4 {
        let mut world = filled(5, 120).await;
        let files = segments(&world);
        assert!(files.len() > 4);
        for (path, _) in &files[kept..] {
            world.disk.damage(path, |bytes| bytes[70] ^= 1);
        }
        let channel = world.open().await.unwrap();
        assert_eq!(take_all(&mut world, &channel).await, (0, 0));
        assert_eq!(world.missing(), Vec::<&str>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_segment_that_is_gone_is_counted() {
    let mut world = filled(6, 120).await;
    let (path, _) = segments(&world)[1].clone();
    flowcore::base::Disk::remove(&world.disk, &path).unwrap();
    let channel = world.open().await.unwrap();
    let (lost, _) = take_all(&mut world, &channel).await;
    assert!(lost > 0 && lost == world.missing().len() as u64, "{lost}");
    assert_eq!(channel.status().damage[0].path, path);
}

#[tokio::test(start_paused = true)]
async fn strict_recovery_refuses_damage_and_names_it() {
    let world = filled(7, 20).await;
    let (path, _) = segments(&world)[0].clone();
    world.disk.damage(&path, |bytes| bytes[5_000] ^= 1);
    let error = world.builder().strict_recovery(true).open("strict").await.unwrap_err();
    assert!(matches!(error, FileChannelError::Damaged { events: 3, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn damage_is_told_once_and_not_again_after_the_next_start() {
    let mut world = filled(8, 20).await;
    let (path, _) = segments(&world)[0].clone();
    world.disk.damage(&path, |bytes| bytes[5_000] ^= 1);
    let channel = world.open().await.unwrap();
    assert_eq!(channel.status().lost_events, 3);
    drop(channel);
    let channel = world.open().await.unwrap();
    assert_eq!((channel.status().lost_events, channel.state().waiting), (0, 57));
}

#[tokio::test]
async fn the_files_of_flume_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log-3"), b"flume").unwrap();
    let builder = flowcore::ingest::FileChannel::<String>::builder([folder.path()]);
    let error = builder.on_disk(std::sync::Arc::new(LocalDisk)).open("foreign").await.unwrap_err();
    assert!(matches!(&error, FileChannelError::Foreign { path } if path.ends_with("log-3")), "{error}");
    assert_eq!(std::fs::read(folder.path().join("log-3")).unwrap(), b"flume");
}

#[tokio::test(start_paused = true)]
async fn a_later_version_is_refused() {
    let world = filled(9, 2).await;
    let (path, _) = segments(&world)[0].clone();
    world.disk.damage(&path, |bytes| {
        bytes[8] = 3;
        let checksum = crc32c(&bytes[..60]);
        bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    });
    let error = world.builder().open("later").await.unwrap_err();
    assert!(matches!(error, FileChannelError::Version { version: 3, .. }), "{error}");
}

/// Bit by bit: not the code that is tested.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[tokio::test(start_paused = true)]
async fn events_that_wait_on_a_disk_that_fails_to_read_are_not_lost() {
    let mut world = filled(10, 20).await;
    let channel = world.open().await.unwrap();
    world.disk.fail_reads(true);
    for _ in 0..3 {
        let error = channel.take(9).await.unwrap_err();
        assert!(matches!(error, ChannelError::Storage { .. }), "{error}");
    }
    world.disk.fail_reads(false);
    assert_eq!(take_all(&mut world, &channel).await, (0, 0));
    assert_eq!(world.missing(), Vec::<&str>::new());
}

#[tokio::test(start_paused = true)]
async fn the_numbers_of_events_that_were_taken_and_cannot_be_read_are_not_used_again() {
    let mut world = filled(9, 1).await;
    let channel = world.open().await.unwrap();
    take_all(&mut world, &channel).await;
    drop(channel);
    // When it is open again, what was taken is recorded.
    drop(world.open().await.unwrap());
    world.disk = world.disk.kill();
    for (path, _) in segments(&world) {
        world.disk.damage(&path, |bytes| break_all_but_takes(bytes));
    }
    let channel = world.open().await.unwrap();
    assert!(world.put_items(&channel, 1, 10).await);
    drop(channel);
    world.disk = world.disk.kill();
    let channel = world.open().await.unwrap();
    take_all(&mut world, &channel).await;
    assert_eq!(world.missing(), Vec::<&str>::new());
}

fn break_all_but_takes(segment: &mut [u8]) {
    for at in (64..segment.len() - 48).step_by(8) {
        if segment[at..].starts_with(b"FcR1") && segment[at + 4] != 2 {
            segment[at + 48] ^= 1;
        }
    }
}
