//! A full disk, and limits that change.

use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet, Token};
use flowcore::ingest::{Channel, PutErrorKind};

use super::world::{Lines, World};

const SEGMENT: u64 = 64 << 10;

async fn put(channel: &Lines, length: usize) -> Result<(), PutErrorKind> {
    let mut put = channel.begin_put().await.unwrap();
    put.put(vec!["x".repeat(length)]).await.map_err(|error| error.kind)?;
    put.commit(Token::untracked()).await.unwrap();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_puts_wait_takes_go_on_and_what_they_free_is_used() {
    let mut world = World::new(1);
    world.disk.limit_space(Some(2 * SEGMENT + 100));
    let channel = world.open().await.unwrap();
    let mut waiting = TaskSet::new();
    let other = channel.clone();
    waiting.spawn("putter", async move {
        for _ in 0..60 {
            let mut put = other.begin_put().await.unwrap();
            while let Err(error) = put.put(vec!["x".repeat(5_000)]).await {
                assert_eq!(error.kind, PutErrorKind::Full);
            }
            put.commit(Token::untracked()).await.unwrap();
        }
    });
    let mut taken = 0;
    while taken < 60 {
        while !channel.status().disk_full && taken + channel.state().waiting < 60 {
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        let take = channel.take(100).await.unwrap();
        taken += take.events().len();
        take.commit().await.unwrap();
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(waiting.next().await, Some((_, TaskEnd::Done(())))));
    assert!(!channel.status().disk_full);
}

#[tokio::test(start_paused = true)]
async fn a_put_on_a_full_disk_is_refused_as_full_and_given_back() {
    let mut world = World::new(2);
    world.disk.limit_space(Some(SEGMENT + 100));
    let channel = world.open().await.unwrap();
    let mut waiting = TaskSet::new();
    let other = channel.clone();
    waiting.spawn("filler", async move {
        for _ in 0..7 {
            put(&other, 9_000).await.unwrap();
        }
    });
    while !channel.status().disk_full {
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(put(&channel, 10).await, Err(PutErrorKind::Full));
    let take = channel.take(2).await.unwrap();
    take.rollback();
    world.disk.limit_space(None);
    while channel.status().disk_full {
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(waiting.next().await, Some((_, TaskEnd::Done(())))));
    put(&channel, 10).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn capacity_and_segments_may_change_from_one_opening_to_the_next() {
    let mut world = World::new(3);
    let channel = world.open().await.unwrap();
    for _ in 0..100 {
        assert!(world.put_items(&channel, 2, 700).await);
    }
    drop(channel);
    for segment in [200 << 10, 64 << 10, 1 << 20] {
        world.segment = segment;
        let channel = world.builder().capacity(150).open("smaller").await.unwrap();
        assert!(channel.state().waiting > 150);
        assert_eq!(put(&channel, 1).await, Err(PutErrorKind::Full));
    }
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn space_comes_back_when_everything_was_taken() {
    let mut world = World::new(4);
    let channel = world.open().await.unwrap();
    for _ in 0..400 {
        assert!(world.put_items(&channel, 2, 3_000).await);
        let take = world.take(&channel).await.unwrap();
        world.deliver(take).await;
    }
    world.drain(&channel).await;
    while channel.status().segments > 1 {
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    let files = world.disk.files();
    assert!(files.len() <= 4, "one segment and a few spares: {files:?}");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_at_the_start_is_told_and_puts_go_on_when_there_is_room() {
    let mut world = World::new(5);
    let channel = world.open().await.unwrap();
    assert!(world.put_items(&channel, 3, 100).await);
    drop(channel);
    Clock::system().sleep(Duration::from_secs(1)).await;
    world.disk.limit_space(Some(0));
    let channel = world.open().await.unwrap();
    let health = channel.health().unwrap();
    assert!(health.is_disk_full && health.is_unhealthy && health.is_open, "{health:?}");
    assert_eq!(put(&channel, 10).await, Err(PutErrorKind::Full));
    let take = world.take(&channel).await.unwrap();
    world.deliver(take).await;
    world.disk.limit_space(None);
    while channel.health().unwrap().is_disk_full {
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert!(world.put_items(&channel, 3, 100).await);
    world.drain(&channel).await;
}

#[tokio::test(start_paused = true)]
async fn limits_change_while_it_runs_and_other_settings_do_not() {
    let mut world = World::new(6);
    let channel = world.builder().capacity(10).open("resized").await.unwrap();
    assert!(world.put_items(&channel, 10, 50).await);
    assert_eq!(put(&channel, 1).await, Err(PutErrorKind::Full));
    world.builder().capacity(12).transaction(2).resize(&channel);
    assert_eq!(channel.state().capacity, 12);
    assert!(!world.put_items(&channel, 3, 50).await, "a transaction has 2");
    assert!(world.put_items(&channel, 2, 50).await);
    assert_eq!(channel.take(100).await.unwrap().events().len(), 2);
    world.builder().capacity(5).resize(&channel);
    assert_eq!(put(&channel, 1).await, Err(PutErrorKind::Full));
    world.drain(&channel).await;
    put(&channel, 1).await.unwrap();
    assert!(!world.builder().least_free_space(1).can_resize(&channel));
    assert!(!world.builder().encrypt_with(super::world::key(7)).can_resize(&channel));
    world.folders.push("two".into());
    assert!(!world.builder().can_resize(&channel));
}

#[tokio::test(start_paused = true)]
async fn a_put_that_is_longer_than_a_segment_has_a_segment_of_its_length() {
    for seed in 7..11 {
        let mut world = World::new(seed);
        let channel = world.open().await.unwrap();
        for length in [10, 100_000, 10, 400_000, 70_000, 10] {
            assert!(world.put_items(&channel, 2, length).await, "seed {seed}");
        }
        drop(channel);
        world.crash();
        world.check().await;
        let channel = world.open().await.unwrap();
        assert!(world.put_items(&channel, 1, 10).await);
        world.drain(&channel).await;
        let longest = world.disk.files().into_iter().map(|(_, length)| length).max();
        assert!(longest.is_some_and(|longest| longest < 2_000_000), "{longest:?}");
    }
}
