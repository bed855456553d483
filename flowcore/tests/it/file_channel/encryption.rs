//! Events at rest; the other tests of this folder encrypt in every second world.

use std::path::PathBuf;

use flowcore::base::Disk;
use flowcore::ingest::{Channel, EncryptionKey, FileChannelError};

use super::world::{Lines, World, key};
use crate::seeds::Seed;

async fn put(world: &mut World, channel: &Lines, puts: usize) {
    for _ in 0..puts {
        assert!(world.put_items(channel, 3, 800).await);
    }
}

fn bytes_of(world: &World) -> Vec<(PathBuf, Vec<u8>)> {
    let files = world
        .disk
        .files()
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|end| end != "checkpoint"));
    files.map(|(path, _)| (path.clone(), world.disk.read(&path, 1 << 30).unwrap())).collect()
}

/// Whether a file has a piece of an item in it.
fn shows_events(world: &World) -> bool {
    bytes_of(world).iter().any(|(_, bytes)| bytes.windows(20).any(|part| part == [b'x'; 20]))
}

#[tokio::test(start_paused = true)]
async fn no_byte_of_an_event_is_on_disk_in_the_clear() {
    let mut world = World::new(1);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 100).await;
    assert!(!shows_events(&world));
    drop(channel);
    world.check().await;
    assert!(!shows_events(&world));
}

#[tokio::test(start_paused = true)]
async fn what_was_written_before_a_key_was_given_is_read_and_its_files_go() {
    let mut world = World::new(2);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 100).await;
    drop(channel);
    assert!(shows_events(&world));
    world.key = Some(key(1));
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 50).await;
    world.drain(&channel).await;
    // What was taken is recorded with the next puts.
    put(&mut world, &channel, 100).await;
    world.drain(&channel).await;
    assert!(!shows_events(&world));
    drop(channel);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn keys_are_changed_and_taken_away_without_losing_anything() {
    let mut world = World::new(3);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 60).await;
    drop(channel);
    world.key = Some(key(2));
    let channel = world.builder().decrypt_with([key(1)]).open("changed").await.unwrap();
    put(&mut world, &channel, 60).await;
    drop(channel);
    world.key = None;
    let channel = world.builder().decrypt_with([key(1), key(2)]).open("plain").await.unwrap();
    put(&mut world, &channel, 60).await;
    assert!(shows_events(&world));
    world.drain(&channel).await;
    assert!(world.missing().is_empty());
    drop(channel);
    let channel = world.builder().open("no keys").await.unwrap();
    assert_eq!(channel.state().waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_missing_or_wrong_is_named_with_its_file_and_nothing_is_touched() {
    let mut world = World::new(5);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 10).await;
    drop(channel);
    let before = bytes_of(&world);
    let named = |error: &FileChannelError| {
        let text = error.to_string();
        text.contains("key-1") && text.contains("one/0000000000000001.segment")
    };
    world.key = None;
    let error = world.open().await.unwrap_err();
    assert!(matches!(error, FileChannelError::MissingKey { .. }) && named(&error), "{error}");
    world.key = Some(key(2));
    let error = world.open().await.unwrap_err();
    assert!(matches!(error, FileChannelError::MissingKey { .. }) && named(&error), "{error}");
    world.key = Some(EncryptionKey::new("key-1", [9; 32]).unwrap());
    let error = world.open().await.unwrap_err();
    assert!(matches!(error, FileChannelError::WrongKey { .. }) && named(&error), "{error}");
    assert!(bytes_of(&world) == before);
    world.key = Some(key(1));
    world.check().await;
}

/// Of all whole sealed records: salt and nonce, and what was sealed with them.
fn sealed(world: &World) -> Vec<([u8; 28], Vec<u8>)> {
    let mut found = Vec::new();
    for (_, bytes) in bytes_of(world) {
        for at in (64..bytes.len().saturating_sub(60)).step_by(8) {
            let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
            let is_sealed = bytes[at..at + 5] == *b"FcR1\x01" && bytes[at + 6] == 1;
            let Some(body) = bytes.get(at + 48..at + 48 + length).filter(|_| is_sealed) else { continue };
            if crc32c(body).to_le_bytes() == bytes[at + 40..at + 44] {
                let nonce = [&bytes[24..40], &body[..12]].concat();
                found.push((nonce.try_into().unwrap(), body.to_vec()));
            }
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn no_nonce_is_used_twice_whatever_dies_and_fails() {
    let mut world = World::new(7);
    let mut seen = std::collections::BTreeMap::new();
    for round in 0..12 {
        let _seed = Seed(round);
        let Ok(channel) = world.open().await else { continue };
        for _ in 0..6 {
            if world.random.percent(30) {
                let at = world.disk.operations() + world.random.below(3);
                let full = flowcore_testkit::DiskFault::Fail(std::io::ErrorKind::StorageFull);
                let fault = if world.random.percent(50) { full } else { flowcore_testkit::DiskFault::Short };
                world.disk.inject(at, fault);
            }
            world.put_items(&channel, 2, 200).await;
            for (nonce, body) in sealed(&world) {
                assert!(*seen.entry(nonce).or_insert_with(|| body.clone()) == body, "a nonce is used twice");
            }
        }
        drop(channel);
        world.crash();
    }
    assert!(seen.len() > 40, "{}", seen.len());
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_sector_at_the_beginning_of_an_encrypted_segment_costs_its_own_puts_only() {
    let mut world = World::new(9);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 60).await;
    drop(channel);
    let (path, _) = bytes_of(&world)[0].clone();
    world.disk.damage(&path, |bytes| bytes[..4096].fill(0x55));
    let channel = world.open().await.unwrap();
    while channel.state().waiting > 0 {
        let Some(take) = world.take(&channel).await else { break };
        world.deliver(take).await;
    }
    let (missing, lost) = (world.missing().len(), channel.status().lost_events);
    assert!(missing as u64 == lost && lost <= 6, "{missing} are missing, {lost} are counted");
}

#[tokio::test(start_paused = true)]
async fn events_that_somebody_moved_to_another_place_are_damage() {
    let mut world = World::new(11);
    let channel = world.open().await.unwrap();
    put(&mut world, &channel, 4).await;
    drop(channel);
    let (path, bytes) = bytes_of(&world)[0].clone();
    let at = (64..bytes.len()).step_by(8).find(|&at| bytes[at..at + 5] == *b"FcR1\x01").unwrap();
    let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
    world.disk.damage(&path, |bytes| {
        // Another ciphertext, with checksums that fit: only the tag can tell.
        bytes[at + 60] ^= 1;
        let body = crc32c(&bytes[at + 48..at + 48 + length]);
        bytes[at + 40..at + 44].copy_from_slice(&body.to_le_bytes());
        let place = [1u64.to_le_bytes(), (at as u64).to_le_bytes()].concat();
        let header = crc32c(&[&place[..], &bytes[at..at + 44]].concat());
        bytes[at + 44..at + 48].copy_from_slice(&header.to_le_bytes());
    });
    let channel = world.open().await.unwrap();
    let take = world.take(&channel).await.unwrap();
    world.deliver(take).await;
    world.drain(&channel).await;
    assert_eq!((world.missing().len(), channel.status().lost_events), (3, 3));
}

/// The checksum of the format, computed slowly.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg()))
    })
}
