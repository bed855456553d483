use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{ListSink, ListSinkConfig};
use flowcore_testkit::{context, events, first_occurrences, numbers, started};

use crate::proxy::CuttingProxy;
use crate::server::Server;

fn positioned(source: &str, positions: impl IntoIterator<Item = u64>) -> Vec<Event> {
    let event = |at: u64| Event::new(format!("{source} {at}")).with_header("from", source);
    positions.into_iter().map(|at| event(at).with_header("at", at.to_string())).collect()
}

#[tokio::test]
async fn bodies_are_pushed_in_their_order() {
    let server = Server::start().await;
    let mut sink = started(ListSink::new(ListSinkConfig::new(server.config(), "queue"))).await;
    sink.deliver(&events(&numbers(0..3))).await.unwrap();
    sink.deliver(&[]).await.unwrap();
    sink.deliver(&events(&numbers(3..2500))).await.unwrap();
    assert_eq!(server.list("queue").await, numbers(0..2500));
}

#[tokio::test]
async fn a_body_may_hold_any_bytes_and_none() {
    let server = Server::start().await;
    let mut sink = started(ListSink::new(ListSinkConfig::new(server.config(), "queue"))).await;
    let every: Vec<u8> = (0..=255).collect();
    sink.deliver(&[Event::new(every.clone()), Event::new("")]).await.unwrap();
    let stored: Vec<Vec<u8>> = server.ask(&["LRANGE", "queue", "0", "-1"]).await;
    assert_eq!(stored, [every, Vec::new()]);
}

#[tokio::test]
async fn a_batch_that_comes_again_is_pushed_once_when_positions_are_kept() {
    let server = Server::start().await;
    let config = ListSinkConfig::new(server.config(), "queue").exactly_once("from", "at");
    let mut sink = started(ListSink::new(config.clone())).await;
    sink.deliver(&positioned("a", 0..5)).await.unwrap();
    sink.deliver(&positioned("b", [3])).await.unwrap();
    // A new instance, as after a crash; the batch that comes again is cut elsewhere.
    let mut sink = started(ListSink::new(config)).await;
    sink.deliver(&positioned("a", 2..7)).await.unwrap();
    let expected = ["a 0", "a 1", "a 2", "a 3", "a 4", "b 3", "a 5", "a 6"];
    assert_eq!(server.list("queue").await, expected);
    assert_eq!(server.ask::<String>(&["HGET", "queue:positions", "a"]).await, "6");
}

#[tokio::test]
async fn positions_are_compared_in_all_their_digits() {
    let server = Server::start().await;
    let config = ListSinkConfig::new(server.config(), "queue").exactly_once("from", "at");
    let mut sink = started(ListSink::new(config)).await;
    let positions = [9, 10, (1 << 53) + 1, (1 << 53) + 2, u64::MAX - 1, u64::MAX, u64::MAX, 11];
    sink.deliver(&positioned("a", positions)).await.unwrap();
    let expected: Vec<_> = positions[..6].iter().map(|at| format!("a {at}")).collect();
    assert_eq!(server.list("queue").await, expected);
}

#[tokio::test]
async fn an_event_without_a_position_stops_the_sink_and_names_the_header() {
    let server = Server::start().await;
    let config = ListSinkConfig::new(server.config(), "queue").exactly_once("from", "at");
    let mut sink = started(ListSink::new(config)).await;
    let error = sink.deliver(&[Event::new("x").with_header("from", "a")]).await.unwrap_err();
    assert!(!error.retries());
    let cause = std::error::Error::source(std::error::Error::source(&error).unwrap()).unwrap();
    assert_eq!(cause.to_string(), "an event has no header at");
    assert!(server.list("queue").await.is_empty());
}

#[tokio::test]
async fn answers_that_are_lost_push_nothing_twice_when_positions_are_kept() {
    for seed in 0..5 {
        let server = Server::start().await;
        let proxy = CuttingProxy::before(server.port(), seed, 4, 15).await;
        let config = ListSinkConfig::new(proxy.config(), "queue").exactly_once("from", "at");
        let mut sink = ListSink::new(config);
        sink.start(&context()).await.unwrap();
        for batch in 0..60 {
            sink.deliver(&positioned("a", batch * 10..batch * 10 + 10)).await.unwrap();
        }
        assert!(proxy.cuts() > 5, "{} cuts", proxy.cuts());
        let expected: Vec<_> = (0..600).map(|at| format!("a {at}")).collect();
        assert_eq!(server.list("queue").await, expected);
    }
}

#[tokio::test]
async fn answers_that_are_lost_lose_nothing_and_keep_the_order() {
    for seed in 0..3 {
        let server = Server::start().await;
        let proxy = CuttingProxy::before(server.port(), seed, 4, 15).await;
        let mut sink = ListSink::new(ListSinkConfig::new(proxy.config(), "queue"));
        sink.start(&context()).await.unwrap();
        for batch in 0..60 {
            sink.deliver(&events(&numbers(batch * 10..batch * 10 + 10))).await.unwrap();
        }
        assert!(proxy.cuts() > 5, "{} cuts", proxy.cuts());
        assert_eq!(first_occurrences(server.list("queue").await), numbers(0..600));
    }
}
