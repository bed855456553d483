use std::time::Duration;

use flowcore::base::{DeliveryError, LossKind};
use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{StreamSink, StreamSinkConfig, StreamSource, StreamSourceConfig, StreamStart};
use flowcore_testkit::{Driven, bodies_of, events, first_occurrences, numbers, pause, started, until};
use redis::Value;

use crate::proxy::CuttingProxy;
use crate::server::Server;

fn config(server: &Server, consumer: &str) -> StreamSourceConfig {
    StreamSourceConfig::new(server.config(), "stream", "group", consumer).batch(4)
}

fn source(config: StreamSourceConfig) -> Driven {
    Driven::new(StreamSource::new(config))
}

/// Entries that were read by the group and not acknowledged.
pub(crate) async fn pending(server: &Server) -> i64 {
    let answer: Vec<Value> = server.ask(&["XPENDING", "stream", "group"]).await;
    match answer.first() {
        Some(Value::Int(count)) => *count,
        other => panic!("XPENDING answered {other:?}"),
    }
}

async fn add(server: &Server, bodies: &[String]) {
    let mut sink = started(StreamSink::new(StreamSinkConfig::new(server.config(), "stream"))).await;
    sink.deliver(&events(bodies)).await.unwrap();
}

#[tokio::test]
async fn events_come_out_as_they_went_in() {
    let server = Server::start().await;
    let sent = [
        Event::new("one").with_header("host", "web1").with_header("body", "a header of that name"),
        Event::new(vec![0, 255, 10]),
        Event::new(""),
    ];
    let mut sink = started(StreamSink::new(StreamSinkConfig::new(server.config(), "stream"))).await;
    sink.deliver(&sent).await.unwrap();
    let mut source = source(config(&server, "a"));
    let batch = source.batch().await;
    assert_eq!(batch.events, sent);
    assert_eq!(pending(&server).await, 3);
    batch.token.ack();
    until(async || pending(&server).await == 0).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn an_entry_that_arrives_at_an_idle_consumer_is_read() {
    let server = Server::start().await;
    let mut source = source(config(&server, "a").id_header("id"));
    pause(300).await;
    server.tell(&["XADD", "stream", "7-1", "body", "x"]).await;
    let batch = source.batch().await;
    assert_eq!(batch.events, [Event::new("x").with_header("id", "7-1")]);
    source.crash().await;
}

#[tokio::test]
async fn a_restart_under_the_same_name_reads_what_was_not_acknowledged() {
    let server = Server::start().await;
    add(&server, &numbers(0..10)).await;
    let mut first = source(config(&server, "a"));
    let (one, _two) = (first.batch().await, first.batch().await);
    one.token.ack();
    // The last batch that was read waits in the hands of the source or was read ahead.
    until(async || pending(&server).await <= 6).await;
    first.crash().await;
    let mut second = source(config(&server, "a"));
    assert_eq!(second.acked(6).await, numbers(4..10));
    until(async || pending(&server).await == 0).await;
    second.stop().await.unwrap();
}

#[tokio::test]
async fn entries_of_a_dead_consumer_are_claimed_and_those_of_ours_are_not_read_twice() {
    let server = Server::start().await;
    add(&server, &numbers(0..8)).await;
    let mut dead = source(config(&server, "dead"));
    let _held = [dead.batch().await, dead.batch().await];
    dead.crash().await;
    let mut alive = source(config(&server, "alive").claim_after(Duration::from_millis(300)));
    let held = [alive.batch().await, alive.batch().await];
    let bodies: Vec<_> = held.iter().flat_map(|batch| bodies_of(&batch.events)).collect();
    assert_eq!(bodies, numbers(0..8));
    // They are idle for longer than that now, and stay in our hands.
    assert!(alive.batch_within(Duration::from_secs(1)).await.is_none());
    for batch in held {
        batch.token.ack();
    }
    until(async || pending(&server).await == 0).await;
    alive.stop().await.unwrap();
}

#[tokio::test]
async fn a_batch_that_failed_is_read_again() {
    let server = Server::start().await;
    add(&server, &numbers(0..6)).await;
    let mut source = source(config(&server, "a"));
    let (first, second) = (source.batch().await, source.batch().await);
    second.token.ack();
    first.token.fail(DeliveryError::new("test", LossKind::Failed));
    assert_eq!(source.acked(4).await, numbers(0..4));
    until(async || pending(&server).await == 0).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn no_more_is_read_than_may_be_pending() {
    let server = Server::start().await;
    add(&server, &numbers(0..20)).await;
    let mut source = source(config(&server, "a").max_pending(8));
    let (first, _second) = (source.batch().await, source.batch().await);
    assert!(source.batch_within(Duration::from_millis(300)).await.is_none());
    first.token.ack();
    assert_eq!(bodies_of(&source.batch().await.events), numbers(8..12));
    source.crash().await;
}

#[tokio::test]
async fn a_group_may_begin_with_new_entries() {
    let server = Server::start().await;
    add(&server, &numbers(0..3)).await;
    let mut source = source(config(&server, "a").start(StreamStart::New));
    assert!(source.batch_within(Duration::from_millis(300)).await.is_none());
    add(&server, &numbers(3..5)).await;
    assert_eq!(source.acked(2).await, numbers(3..5));
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_group_that_vanishes_is_made_again() {
    let server = Server::start().await;
    let mut source = source(config(&server, "a").claim_after(Duration::from_millis(400)));
    add(&server, &numbers(0..1)).await;
    assert_eq!(source.acked(1).await, numbers(0..1));
    server.tell(&["DEL", "stream"]).await;
    add(&server, &numbers(1..2)).await;
    assert_eq!(source.acked(1).await, numbers(1..2));
    source.stop().await.unwrap();
}

#[tokio::test]
async fn entries_that_were_trimmed_before_they_were_read_again_are_given_up() {
    let server = Server::start().await;
    add(&server, &numbers(0..4)).await;
    let mut first = source(config(&server, "a"));
    let _held = first.batch().await;
    first.crash().await;
    server.tell(&["XTRIM", "stream", "MAXLEN", "1"]).await;
    let mut second = source(config(&server, "a"));
    assert_eq!(second.acked(1).await, numbers(3..4));
    until(async || pending(&server).await == 0).await;
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_stream_is_trimmed_to_about_what_is_to_be_kept() {
    let server = Server::start().await;
    let config = StreamSinkConfig::new(server.config(), "stream").keep_about(200);
    let mut sink = started(StreamSink::new(config)).await;
    for part in 0..20 {
        sink.deliver(&events(&numbers(part * 100..part * 100 + 100))).await.unwrap();
    }
    let length = server.ask::<i64>(&["XLEN", "stream"]).await;
    assert!((200..400).contains(&length), "{length}");
}

#[tokio::test]
async fn answers_that_are_lost_deliver_each_entry_once_in_order() {
    for seed in 0..5 {
        let server = Server::start().await;
        add(&server, &numbers(0..300)).await;
        let proxy = CuttingProxy::before(server.port(), seed, 5, 25).await;
        let config = StreamSourceConfig::new(proxy.config(), "stream", "group", "a").batch(7);
        let mut source = source(config);
        assert_eq!(source.acked(300).await, numbers(0..300));
        until(async || pending(&server).await == 0).await;
        assert!(proxy.cuts() > 3, "{} cuts", proxy.cuts());
        source.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_sink_whose_answers_are_lost_loses_nothing_and_keeps_the_order() {
    let server = Server::start().await;
    let proxy = CuttingProxy::before(server.port(), 3, 4, 10).await;
    let mut sink = started(StreamSink::new(StreamSinkConfig::new(proxy.config(), "stream"))).await;
    for part in 0..40 {
        sink.deliver(&events(&numbers(part * 5..part * 5 + 5))).await.unwrap();
    }
    assert!(proxy.cuts() > 3);
    let length = usize::try_from(server.ask::<i64>(&["XLEN", "stream"]).await).unwrap();
    let mut source = source(config(&server, "a"));
    assert_eq!(first_occurrences(source.acked(length).await), numbers(0..200));
    source.stop().await.unwrap();
}
