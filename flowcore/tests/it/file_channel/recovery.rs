//! What is there when the channel is opened again.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, LocalDisk, Receipts, Token};
use flowcore::ingest::{Channel, FileChannel, FileChannelError, SyncPolicy};

use super::world::World;
use crate::seeds::Seed;

#[tokio::test(start_paused = true)]
async fn what_was_committed_is_there_again_and_what_was_taken_is_not() {
    let mut world = World::new(1);
    let channel = world.open().await.unwrap();
    for _ in 0..20 {
        assert!(world.put_items(&channel, 2, 9).await);
    }
    let take = channel.take(7).await.unwrap();
    world.deliver(take).await;
    let open = channel.take(3).await.unwrap();
    drop((channel, open));
    let channel = world.open().await.unwrap();
    assert_eq!(channel.state().waiting, 33);
    let take = channel.take(100).await.unwrap();
    assert!(take.events()[0].starts_with("3.1."), "{:?}", take.events()[0]);
    assert_eq!(take.events().len(), 33);
}

#[tokio::test]
async fn two_channels_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let builder =
        || FileChannel::<String>::builder([folder.path()]).segment_bytes(1 << 16).least_free_space(0);
    let first = builder().open("first").await.unwrap();
    let error = builder().open("second").await.unwrap_err();
    assert!(matches!(error, FileChannelError::Locked { .. }), "{error}");
    drop(first);
    builder().open("second").await.unwrap();
}

#[tokio::test]
async fn events_are_there_again_on_the_machines_disk() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || {
        let builder = FileChannel::<String>::builder([folder.path().join("a"), folder.path().join("b")]);
        builder.segment_bytes(1 << 16).least_free_space(0).on_disk(Arc::new(LocalDisk)).memory(10_000)
    };
    let lines: Vec<String> = (0..5_000).map(|line| format!("{line:0>100}")).collect();
    let channel = builder().open("lines").await.unwrap();
    for lines in lines.chunks(50) {
        let mut put = channel.begin_put().await.unwrap();
        put.put(lines.to_vec()).await.unwrap();
        put.commit(Token::untracked()).await.unwrap();
    }
    drop(channel);
    let channel = builder().open("lines").await.unwrap();
    let mut got = Vec::new();
    while channel.state().waiting > 0 {
        let take = channel.take(77).await.unwrap();
        got.extend(take.events().iter().cloned());
        take.commit().await.unwrap();
    }
    assert!(got == lines);
    assert!(channel.status().lost_events == 0 && channel.state().bytes == 0, "{:?}", channel.state());
}

#[tokio::test(start_paused = true)]
async fn under_an_interval_a_crash_of_the_machine_loses_only_what_is_younger() {
    for seed in 0..20 {
        let _seed = Seed(seed);
        let mut world = World::new(seed);
        let interval = Duration::from_secs(5);
        let channel = world.builder().sync(SyncPolicy::Interval(interval)).open("interval").await.unwrap();
        for _ in 0..10 {
            assert!(world.put_items(&channel, 2, 300).await);
        }
        Clock::system().sleep(2 * interval).await;
        drop(channel);
        world.disk = world.disk.crash(&mut world.random);
        world.check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_sync_a_crash_of_the_process_loses_nothing() {
    let mut world = World::new(1);
    let channel = world.builder().sync(SyncPolicy::Never).open("never").await.unwrap();
    for _ in 0..100 {
        assert!(world.put_items(&channel, 2, 900).await);
    }
    drop(channel);
    world.disk = world.disk.kill();
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn the_start_reads_one_segment_however_many_there_are() {
    let mut world = World::new(1);
    let channel = world.open().await.unwrap();
    for _ in 0..300 {
        assert!(world.put_items(&channel, 3, 900).await);
    }
    drop(channel);
    let channel = world.open().await.unwrap();
    let status = channel.status();
    assert!(status.segments > 10 && status.scanned_bytes <= world.segment, "{status:?}");
    drop(channel);
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_put_that_is_submitted_is_answered_by_its_token_and_a_commit_waits() {
    let mut world = World::new(1);
    let (channel, receipts) = (world.open().await.unwrap(), Receipts::new());
    for id in 0..50 {
        let mut put = channel.begin_put().await.unwrap();
        put.put(vec!["x".repeat(100)]).await.unwrap();
        put.submit(receipts.token(id)).await.unwrap();
    }
    for _ in 0..50 {
        assert!(receipts.next().await.outcome.is_ok());
    }
    assert_eq!(channel.state().waiting, 50);
    let mut put = channel.begin_put().await.unwrap();
    put.put(vec!["y".to_owned()]).await.unwrap();
    put.commit(receipts.token(50)).await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok());
}
