//! What is there when the channel is opened again.

use flowcore::base::LocalDisk;
use flowcore::base::Token;
use flowcore::ingest::{Channel, FileChannel, FileChannelError};
use std::sync::Arc;

use super::world::World;

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
