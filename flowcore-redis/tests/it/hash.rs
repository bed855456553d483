use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{HashSink, HashSinkConfig, HashWrite};
use flowcore_testkit::started;

use crate::proxy::CuttingProxy;
use crate::server::Server;

async fn hash(server: &Server, key: &str) -> BTreeMap<String, String> {
    server.ask(&["HGETALL", key]).await
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_batch_that_comes_again_changes_nothing() {
    let server = Server::start().await;
    let mut sink = started(HashSink::new(HashSinkConfig::new(server.config()))).await;
    let writes = [
        HashWrite::new("orders").set("Espresso", "1").set("Americano", "2"),
        HashWrite::new("empty"),
        HashWrite::new("orders").set("Espresso", "10"),
    ];
    for _ in 0..2 {
        sink.deliver(&writes).await.unwrap();
        assert_eq!(hash(&server, "orders").await, map(&[("Espresso", "10"), ("Americano", "2")]));
    }
    assert_eq!(server.ask::<i64>(&["EXISTS", "empty"]).await, 0);
}

#[tokio::test]
async fn events_are_written_as_the_mapper_says() {
    let server = Server::start().await;
    let config = HashSinkConfig::new(server.config()).expire_after(Duration::from_secs(100));
    let mut sink = started(HashSink::mapped(config, |event: &Event| {
        let key = event.headers.get("key").ok_or("an event has no header key")?;
        Ok(HashWrite::new(key).set("last", event.body.clone()))
    }))
    .await;
    sink.deliver(&[Event::new("1").with_header("key", "a"), Event::new("2").with_header("key", "a")])
        .await
        .unwrap();
    assert_eq!(hash(&server, "a").await, map(&[("last", "2")]));
    assert!((90..=100).contains(&server.ask::<i64>(&["TTL", "a"]).await));
    let error = sink.deliver(&[Event::new("3")]).await.unwrap_err();
    assert!(!error.retries());
    assert_eq!(hash(&server, "a").await, map(&[("last", "2")]));
}

#[tokio::test]
async fn answers_that_are_lost_leave_the_last_value() {
    let server = Server::start().await;
    let proxy = CuttingProxy::before(server.port(), 1, 4, 20).await;
    let mut sink = started(HashSink::new(HashSinkConfig::new(proxy.config()))).await;
    for number in 0..100 {
        sink.deliver(&[HashWrite::new("h").set("field", number.to_string())]).await.unwrap();
    }
    assert!(proxy.cuts() > 5);
    assert_eq!(hash(&server, "h").await, map(&[("field", "99")]));
}
