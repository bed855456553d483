use std::time::Duration;

use flowcore::base::{DeliveryError, LossKind};
use flowcore_redis::{Error, ErrorKind, ListConsumer, ListConsumerConfig, ListSource};
use flowcore_testkit::{Driven, bodies_of, numbers, pause, until};

use crate::proxy::CuttingProxy;
use crate::server::Server;

fn config(server: &Server, consumer: &str) -> ListConsumerConfig {
    ListConsumerConfig::new(server.config(), "queue", consumer).batch(4)
}

fn source(config: ListConsumerConfig) -> Driven {
    Driven::new(ListSource::from_config(config))
}

pub(crate) fn kind_of(error: &dyn std::error::Error) -> ErrorKind {
    error.source().and_then(|cause| cause.downcast_ref::<Error>()).expect("an error of this crate").kind()
}

#[tokio::test]
async fn an_entry_is_pending_until_it_is_acknowledged() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..6)).await;
    let mut source = source(config(&server, "a"));
    let (first, second) = (source.batch().await, source.batch().await);
    assert_eq!(bodies_of(&first.events), numbers(0..4));
    assert_eq!(server.list("queue:pending:a").await, numbers(0..6));
    second.token.ack();
    until(async || server.list("queue:pending:a").await == numbers(0..4)).await;
    first.token.ack();
    until(async || server.list("queue:pending:a").await.is_empty()).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn an_entry_that_arrives_at_an_idle_consumer_is_taken() {
    let server = Server::start().await;
    let mut source = source(config(&server, "a"));
    pause(600).await;
    server.push("queue", &numbers(0..1)).await;
    assert_eq!(source.acked(1).await, numbers(0..1));
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_gives_back_what_was_not_delivered_and_leaves_no_keys() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..10)).await;
    let mut source = source(config(&server, "a"));
    let (first, second) = (source.batch().await, source.batch().await);
    first.token.ack();
    drop(second);
    source.stop().await.unwrap();
    assert_eq!(server.list("queue").await, numbers(4..10));
    assert_eq!(server.ask::<Vec<String>>(&["KEYS", "queue:[^o]*"]).await, Vec::<String>::new());
    assert_eq!(server.ask::<String>(&["GET", "queue:owner:a"]).await, "released");
    assert!(server.ask::<i64>(&["TTL", "queue:owner:a"]).await > 0);
}

#[tokio::test]
async fn batches_that_failed_come_again_in_their_order() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..12)).await;
    let mut source = source(config(&server, "a"));
    let batches = [source.batch().await, source.batch().await, source.batch().await];
    for batch in batches {
        batch.token.fail(DeliveryError::new("test", LossKind::Failed));
    }
    assert_eq!(source.acked(12).await, numbers(0..12));
    source.stop().await.unwrap();
}

#[tokio::test]
async fn no_more_is_taken_than_may_be_pending() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..20)).await;
    let mut source = source(config(&server, "a").max_pending(8));
    let (first, _second) = (source.batch().await, source.batch().await);
    assert!(source.batch_within(Duration::from_millis(300)).await.is_none());
    first.token.ack();
    assert_eq!(bodies_of(&source.batch().await.events), numbers(8..12));
    source.crash().await;
}

#[tokio::test]
async fn a_restart_under_the_same_name_takes_its_entries_back_at_once() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..10)).await;
    let mut first = source(config(&server, "a").lease(Duration::from_hours(1)));
    let (one, _two) = (first.batch().await, first.batch().await);
    one.token.ack();
    until(async || server.list("queue:pending:a").await == numbers(4..10)).await;
    first.crash().await;
    let mut second = source(config(&server, "a"));
    assert_eq!(second.acked(6).await, numbers(4..10));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn the_entries_of_a_dead_consumer_come_back_in_their_order() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..10)).await;
    let mut dead = source(config(&server, "dead").max_pending(8));
    let _held = [dead.batch().await, dead.batch().await];
    dead.crash().await;
    let mut alive = source(config(&server, "alive").lease(Duration::from_millis(400)));
    assert_eq!(alive.acked(2).await, numbers(8..10));
    // Its lease ends, at a moment of our choice.
    server.tell(&["DEL", "queue:lease:dead"]).await;
    assert_eq!(alive.acked(8).await, numbers(0..8));
    until(async || server.ask::<Vec<String>>(&["SMEMBERS", "queue:consumers"]).await == ["alive"]).await;
    alive.stop().await.unwrap();
}

#[tokio::test]
async fn a_consumer_that_lives_keeps_its_entries_though_it_asks_for_no_more() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..8)).await;
    let lease = Duration::from_secs(2);
    let mut slow = source(config(&server, "slow").lease(lease).max_pending(8));
    let held = [slow.batch().await, slow.batch().await];
    let mut other = source(config(&server, "other").lease(lease));
    assert!(other.batch_within(Duration::from_secs(5)).await.is_none());
    for batch in held {
        batch.token.ack();
    }
    until(async || server.list("queue:pending:slow").await.is_empty()).await;
    slow.stop().await.unwrap();
    other.stop().await.unwrap();
}

#[tokio::test]
async fn a_zombie_is_fenced_and_removes_nothing() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..8)).await;
    let consumer = ListConsumer::new(config(&server, "a"));
    let mut zombie = Driven::new(consumer.source());
    let held = [zombie.batch().await, zombie.batch().await];
    let mut successor = source(config(&server, "a"));
    let taken = [successor.batch().await, successor.batch().await];
    let [first, second] = held;
    first.token.ack();
    let error = zombie.end().await.unwrap_err();
    assert_eq!(kind_of(&error), ErrorKind::Fenced);
    assert!(!error.retries());
    let error = consumer.settle_with(&[second.events[0].body.clone()], "1", |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced);
    assert_eq!(server.list("queue:pending:a").await, numbers(0..8));
    drop(taken);
    successor.stop().await.unwrap();
    assert_eq!(server.list("queue").await, numbers(0..8));
}

#[tokio::test]
async fn a_consumer_whose_entries_were_taken_back_is_fenced() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..4)).await;
    let consumer = ListConsumer::new(config(&server, "a").settled_elsewhere());
    let mut zombie = Driven::new(consumer.source());
    let held = zombie.batch().await;
    zombie.crash().await;
    // Its lease ends, as if it had hung for as long.
    server.tell(&["DEL", "queue:lease:a"]).await;
    let mut other = source(config(&server, "b").lease(Duration::from_millis(200)));
    assert_eq!(other.acked(4).await, numbers(0..4));
    let error = consumer.settle_with(&[held.events[0].body.clone()], "1", |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced);
    other.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_that_is_made_anew_by_the_same_consumer_goes_on() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..12)).await;
    let consumer = ListConsumer::new(config(&server, "a"));
    let mut first = Driven::new(consumer.source());
    let held = first.batch().await;
    first.crash().await;
    let mut second = Driven::new(consumer.source());
    let rest = second.acked(4).await;
    held.token.ack();
    until(async || !server.list("queue:pending:a").await.contains(&"entry 0".to_owned())).await;
    assert!(!rest.contains(&"entry 0".to_owned()));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn answers_that_are_lost_deliver_each_entry_once_in_order() {
    for seed in 0..5 {
        let server = Server::start().await;
        server.push("queue", &numbers(0..400)).await;
        let proxy = CuttingProxy::before(server.port(), seed, 6, 25).await;
        let mut source = source(ListConsumerConfig::new(proxy.config(), "queue", "a").batch(7));
        assert_eq!(source.acked(400).await, numbers(0..400));
        until(async || server.list("queue:pending:a").await.is_empty()).await;
        assert!(proxy.cuts() > 3, "{} cuts", proxy.cuts());
        source.stop().await.unwrap();
    }
}

#[tokio::test]
async fn equal_bodies_are_removed_once_for_each_though_answers_are_lost() {
    for seed in 0..5 {
        let server = Server::start().await;
        server.push("queue", &vec!["same".to_owned(); 200]).await;
        let proxy = CuttingProxy::before(server.port(), seed, 4, 25).await;
        let mut source = source(ListConsumerConfig::new(proxy.config(), "queue", "a").batch(5));
        let mut kept = Vec::new();
        for number in 0..40 {
            let batch = source.batch().await;
            if number % 2 == 0 { batch.token.ack() } else { kept.push(batch) }
        }
        until(async || server.list("queue:pending:a").await.len() <= 100).await;
        pause(100).await;
        assert_eq!(server.list("queue:pending:a").await.len(), 100);
        assert!(proxy.cuts() > 3, "{} cuts", proxy.cuts());
        source.crash().await;
    }
}
