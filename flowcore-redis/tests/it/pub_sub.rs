use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{PublishSink, PublishSinkConfig, SubscribeSource, SubscribeSourceConfig};
use flowcore_testkit::{Driven, bodies_of, events, numbers, pause, started, until};

use crate::server::Server;

async fn subscribers(server: &Server, channel: &str) -> i64 {
    server.ask::<(String, i64)>(&["PUBSUB", "NUMSUB", channel]).await.1
}

async fn received(source: &mut Driven, count: usize) -> Vec<Event> {
    let mut received = Vec::new();
    while received.len() < count {
        received.extend(source.batch().await.events);
    }
    received
}

#[tokio::test]
async fn what_is_published_is_received_in_order() {
    let server = Server::start().await;
    let config = SubscribeSourceConfig::new(server.config()).channel("live").batch(7);
    let mut source = Driven::new(SubscribeSource::new(config));
    until(async || subscribers(&server, "live").await == 1).await;
    let mut sink = started(PublishSink::new(PublishSinkConfig::new(server.config(), "live"))).await;
    sink.deliver(&events(&numbers(0..100))).await.unwrap();
    assert_eq!(bodies_of(&received(&mut source, 100).await), numbers(0..100));
    source.stop().await.unwrap();
    until(async || subscribers(&server, "live").await == 0).await;
}

#[tokio::test]
async fn an_event_names_its_channel_on_both_ways() {
    let server = Server::start().await;
    let config = SubscribeSourceConfig::new(server.config()).pattern("live.*").channel_header("channel");
    let mut source = Driven::new(SubscribeSource::new(config));
    until(async || server.ask::<i64>(&["PUBSUB", "NUMPAT"]).await == 1).await;
    let config = PublishSinkConfig::new(server.config(), "live.other").channel_header("channel");
    let mut sink = started(PublishSink::new(config)).await;
    sink.deliver(&[Event::new("1").with_header("channel", "live.sunae"), Event::new("2")]).await.unwrap();
    let expected = [
        Event::new("1").with_header("channel", "live.sunae"),
        Event::new("2").with_header("channel", "live.other"),
    ];
    assert_eq!(received(&mut source, 2).await, expected);
    source.stop().await.unwrap();
}

#[tokio::test]
async fn it_subscribes_again_when_the_server_is_back() {
    let mut server = Server::start().await;
    let config = SubscribeSourceConfig::new(server.config()).channel("live");
    let mut source = Driven::new(SubscribeSource::new(config));
    until(async || subscribers(&server, "live").await == 1).await;
    server.kill();
    pause(700).await;
    server.up().await;
    until(async || subscribers(&server, "live").await == 1).await;
    server.tell(&["PUBLISH", "live", "again"]).await;
    assert_eq!(bodies_of(&received(&mut source, 1).await), ["again"]);
    source.stop().await.unwrap();
}

#[tokio::test]
async fn what_does_not_fit_the_buffer_is_dropped_and_what_fits_stays_in_order() {
    let server = Server::start().await;
    let config = SubscribeSourceConfig::new(server.config()).channel("live").buffer(20).batch(10);
    let mut source = Driven::new(SubscribeSource::new(config));
    until(async || subscribers(&server, "live").await == 1).await;
    let mut sink = started(PublishSink::new(PublishSinkConfig::new(server.config(), "live"))).await;
    // Nobody takes: eight batches are in the channel, one in the hands of the source, two in the buffer.
    for part in 0..40 {
        sink.deliver(&events(&numbers(part * 10..part * 10 + 10))).await.unwrap();
        pause(5).await;
    }
    let mut bodies = Vec::new();
    while let Some(batch) = source.batch_within(Duration::from_millis(300)).await {
        bodies.extend(bodies_of(&batch.events));
    }
    assert!((20..400).contains(&bodies.len()), "{}", bodies.len());
    assert_eq!(bodies[..20], numbers(0..20));
    // The last ones may come when there is room again.
    let positions = bodies.iter().map(|body| body[6..].parse::<usize>().unwrap());
    assert!(positions.is_sorted_by(|one, next| one < next), "{bodies:?}");
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_subscription_to_nothing_is_an_error() {
    let server = Server::start().await;
    let mut source = Driven::new(SubscribeSource::new(SubscribeSourceConfig::new(server.config())));
    assert!(!source.end().await.unwrap_err().retries());
}
