use std::time::Duration;

use flowcore::base::{TaskEnd, TaskSet};
use flowcore::ingest::MemoryChannel;
use flowcore_testkit::{drain, take, until};

use crate::lines::Lines;
use crate::peer::Peer;
use crate::running::{Running, config, words};

#[tokio::test]
async fn what_is_answered_is_in_the_channel_in_the_order_of_its_calls() {
    let source = Running::start(config()).await;
    let mut peer = Peer::connect(source.address).await;
    assert_eq!(peer.ask("w0 w1").await.as_deref(), Some("taken"));
    assert_eq!(source.waiting(), 2);
    peer.send("w2\nping\n\nw3 w4\n").await;
    for expected in ["taken", "pong", "taken", "taken"] {
        assert_eq!(peer.answer().await.as_deref(), Some(expected));
    }
    assert_eq!(source.stop().await, words(0..5));
}

#[tokio::test]
async fn a_full_channel_refuses_and_nothing_of_the_batch_is_in_it() {
    let channel = MemoryChannel::builder().capacity(4).keep_alive(Duration::from_millis(1)).build("small");
    let source = Running::of(Lines::new(config()), channel).await;
    let mut peer = Peer::connect(source.address).await;
    assert_eq!(peer.ask("w0 w1 w2").await.as_deref(), Some("taken"));
    assert_eq!(peer.ask("w3 w4 w5").await.as_deref(), Some("refused"));
    assert_eq!(source.monitor.refused_calls(), 1);
    assert_eq!(take(source.source.channel(), 3).await, words(0..3));
    assert_eq!(peer.ask("w3 w4 w5").await.as_deref(), Some("taken"));
    assert_eq!(source.stop().await, words(3..6));
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_one_that_goes() {
    let source = Running::start(config().max_connections(2)).await;
    let mut one = Peer::connect(source.address).await;
    let mut two = Peer::connect(source.address).await;
    assert_eq!(one.ask("w0").await.as_deref(), Some("taken"));
    assert_eq!(two.ask("w1").await.as_deref(), Some("taken"));
    let mut three = Peer::connect(source.address).await;
    three.send("w2\n").await;
    assert_eq!(source.monitor.open_connections(), 2);
    drop(one);
    assert_eq!(three.answer().await.as_deref(), Some("taken"));
    assert_eq!(source.stop().await, words(0..3));
}

#[tokio::test]
async fn a_source_that_stops_closes_its_connections_and_breaks_none() {
    let source = Running::start(config()).await;
    let mut peer = Peer::connect(source.address).await;
    assert_eq!(peer.ask("w0").await.as_deref(), Some("taken"));
    let monitor = source.monitor.clone();
    assert_eq!(source.stop().await, words(0..1));
    assert_eq!(peer.answer().await, None);
    until(async || monitor.open_connections() == 0).await;
    assert_eq!(monitor.broken_connections(), 0);
}

#[tokio::test]
async fn a_frame_that_does_not_end_closes_its_connection_and_no_other() {
    let source = Running::start(config().frame_timeout(Duration::from_millis(100))).await;
    let mut idle = Peer::connect(source.address).await;
    assert_eq!(idle.ask("ping").await.as_deref(), Some("pong"));
    let mut half = Peer::connect(source.address).await;
    half.send("half").await;
    assert_eq!(half.answer().await, None);
    until(async || source.monitor.broken_connections() == 1).await;
    assert_eq!(idle.ask("w0").await.as_deref(), Some("taken"));
    assert_eq!(source.stop().await, words(0..1));
}

#[tokio::test]
async fn a_frame_that_drips_closes_its_connection_though_it_is_never_silent() {
    let source = Running::start(config().frame_timeout(Duration::from_millis(200))).await;
    let mut slow = Peer::connect(source.address).await;
    until(async || {
        let is_broken = source.monitor.broken_connections() == 1;
        if !is_broken {
            slow.send("x").await;
        }
        is_broken
    })
    .await;
    assert!(source.stop().await.is_empty());
}

#[tokio::test]
async fn a_frame_beyond_the_limit_closes_its_connection() {
    let source = Running::start(config()).await;
    let mut peer = Peer::connect(source.address).await;
    peer.send(&"x".repeat(2000)).await;
    assert_eq!(peer.answer().await, None);
    until(async || source.monitor.broken_connections() == 1).await;
}

#[tokio::test]
async fn frames_that_are_held_in_memory_are_bounded_for_all_connections_together() {
    // Room for two frames: five that arrive bit by bit at once take a part of it each, and none waits for ever.
    let lines = Lines { config: config().max_memory(0), longest: 1 << 20 };
    let channel = MemoryChannel::builder().capacity(100).build("memory");
    let source = Running::of(lines, channel).await;
    let (begin, end) = ("x".repeat(100 << 10), "x".repeat(800 << 10));
    let mut peers = Vec::new();
    for _ in 0..5 {
        let mut peer = Peer::connect(source.address).await;
        peer.send(&begin).await;
        peers.push(peer);
    }
    let mut calls = TaskSet::new();
    for mut peer in peers {
        let end = end.clone();
        calls.spawn("peer", async move { peer.ask(&end).await });
    }
    while let Some((_, end)) = calls.next().await {
        assert!(matches!(&end, TaskEnd::Done(Some(answer)) if answer == "taken"), "{end:?}");
    }
    assert_eq!(source.stop().await.len(), 5);
}

#[tokio::test]
async fn a_source_that_is_killed_has_put_what_it_answered() {
    let source = Running::start(config()).await;
    let mut peer = Peer::connect(source.address).await;
    assert_eq!(peer.ask("w0 w1").await.as_deref(), Some("taken"));
    let channel = source.source.kill();
    assert_eq!(peer.answer().await, None);
    assert_eq!(drain(&channel).await, words(0..2));
}
