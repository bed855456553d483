use bytes::Bytes;
use flowcore_redis::{ErrorKind, ListConsumer, ListConsumerConfig, RedisConfig, Settled};
use flowcore_testkit::{Driven, numbers, until};

use crate::proxy::CuttingProxy;
use crate::server::Server;

fn consumer(redis: RedisConfig) -> ListConsumer {
    ListConsumer::new(ListConsumerConfig::new(redis, "queue", "a").batch(8).settled_elsewhere())
}

async fn taken(source: &mut Driven) -> Vec<Bytes> {
    source.batch().await.events.into_iter().map(|event| event.body).collect()
}

fn count(transaction: &mut flowcore_redis::Pipeline, by: usize) {
    transaction.cmd("HINCRBY").arg("counts").arg("orders").arg(by);
}

#[tokio::test]
async fn commands_and_removal_are_one_transaction() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..8)).await;
    let consumer = consumer(server.config());
    let mut source = Driven::new(consumer.source());
    let entries = taken(&mut source).await;
    let settled = consumer.settle_with(&entries[..6], "1", |transaction| count(transaction, 6)).await;
    assert_eq!(settled.unwrap(), Settled::Now);
    assert_eq!(server.list("queue:pending:a").await, numbers(6..8));
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 6);
    source.stop().await.unwrap();
    assert_eq!(server.list("queue:pending:a").await, numbers(6..8));
    consumer.release().await.unwrap();
    assert_eq!(server.list("queue").await, numbers(6..8));
}

#[tokio::test]
async fn a_commit_that_is_repeated_changes_nothing() {
    let server = Server::start().await;
    server.push("queue", &vec!["same".to_owned(); 8]).await;
    let consumer = consumer(server.config());
    let mut source = Driven::new(consumer.source());
    let entries = taken(&mut source).await;
    for expected in [Settled::Now, Settled::Before] {
        let settled = consumer.settle_with(&entries[..2], "1", |transaction| count(transaction, 2)).await;
        assert_eq!(settled.unwrap(), expected);
    }
    assert_eq!(server.list("queue:pending:a").await.len(), 6);
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 2);
    source.crash().await;
}

#[tokio::test]
async fn answers_that_are_lost_apply_every_transaction_once() {
    for seed in 0..5 {
        let server = Server::start().await;
        server.push("queue", &vec!["same".to_owned(); 400]).await;
        let proxy = CuttingProxy::before(server.port(), seed, 5, 30).await;
        let consumer = consumer(proxy.config());
        let mut source = Driven::new(consumer.source());
        let (mut settled, mut commit) = (0, 0);
        while settled < 400 {
            let entries = taken(&mut source).await;
            commit += 1;
            let id = commit.to_string();
            consumer
                .settle_with(&entries, &id, |transaction| count(transaction, entries.len()))
                .await
                .unwrap();
            settled += entries.len();
        }
        assert!(proxy.cuts() > 5, "{} cuts", proxy.cuts());
        assert_eq!(server.ask::<usize>(&["HGET", "counts", "orders"]).await, 400);
        until(async || server.list("queue:pending:a").await.is_empty()).await;
        source.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_command_that_the_server_refuses_is_an_error_that_does_not_pass() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..1)).await;
    server.tell(&["SET", "counts", "text"]).await;
    let consumer = consumer(server.config());
    let mut source = Driven::new(consumer.source());
    let entries = taken(&mut source).await;
    let error = consumer.settle_with(&entries, "1", |transaction| count(transaction, 1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongType);
    source.crash().await;
}

#[tokio::test]
async fn a_consumer_that_was_released_settles_nothing_more() {
    let server = Server::start().await;
    server.push("queue", &numbers(0..8)).await;
    let consumer = consumer(server.config());
    let mut source = Driven::new(consumer.source());
    let entries = taken(&mut source).await;
    source.stop().await.unwrap();
    consumer.release().await.unwrap();
    let error = consumer.settle_with(&entries, "1", |transaction| count(transaction, 8)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced);
    consumer.release().await.unwrap();
    assert_eq!(server.list("queue").await, numbers(0..8));
    assert_eq!(server.ask::<i64>(&["EXISTS", "counts"]).await, 0);
}
