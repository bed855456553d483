//! Servers that go away and come back, with what they answered on their disk. Most of the time is waited: the
//! seeds of a test go through it together.

use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_redis::{
    ListConsumer, ListConsumerConfig, ListSink, ListSinkConfig, ListSource, RedisConfig, Settled,
    StreamSource, StreamSourceConfig,
};
use flowcore_testkit::{
    Driven, Random, events, first_occurrences, for_seeds, free_port, numbers, pause, started, until,
};

use crate::server::Server;

/// Kills the server with -9 after a while, leaves it away for another, and starts it again.
async fn outages(server: &mut Server, random: &mut Random, times: usize) {
    for _ in 0..times {
        pause(random.below(150)).await;
        server.kill();
        pause(random.below(600)).await;
        server.up().await;
    }
}

async fn a_list_sink_with_positions_pushes_everything_once_over_outages_by(seed: u64) {
    let mut server = Server::durable().await;
    let mut random = Random::seeded(seed);
    let config = ListSinkConfig::new(server.config(), "queue").exactly_once("from", "at");
    let mut sink = started(ListSink::new(config)).await;
    let delivery = async {
        for at in 0..300_u64 {
            let event = |at: u64| Event::new(at.to_string()).with_header("from", "a");
            let batch: Vec<_> = (0..5).map(|i| at * 5 + i).collect();
            let batch: Vec<_> = batch.iter().map(|&at| event(at).with_header("at", at.to_string())).collect();
            sink.deliver(&batch).await.unwrap();
            pause(1).await;
        }
    };
    tokio::join!(delivery, outages(&mut server, &mut random, 3));
    let expected: Vec<_> = (0..1500).map(|at| at.to_string()).collect();
    assert_eq!(server.list("queue").await, expected);
}

#[tokio::test]
async fn a_list_sink_with_positions_pushes_everything_once_over_outages() {
    for_seeds(3, a_list_sink_with_positions_pushes_everything_once_over_outages_by).await;
}

#[tokio::test]
async fn a_list_sink_loses_nothing_and_keeps_the_order_over_an_outage() {
    let mut server = Server::durable().await;
    let mut random = Random::seeded(7);
    let mut sink = started(ListSink::new(ListSinkConfig::new(server.config(), "queue"))).await;
    let delivery = async {
        for batch in 0..200 {
            sink.deliver(&events(&numbers(batch * 5..batch * 5 + 5))).await.unwrap();
            pause(1).await;
        }
    };
    tokio::join!(delivery, outages(&mut server, &mut random, 2));
    assert_eq!(first_occurrences(server.list("queue").await), numbers(0..1000));
}

async fn a_list_source_delivers_each_entry_once_in_order_over_outages_by(seed: u64) {
    let mut server = Server::durable().await;
    let mut random = Random::seeded(seed);
    server.push("queue", &numbers(0..2000)).await;
    // The lease ends in every outage; nobody else takes over.
    let config =
        ListConsumerConfig::new(server.config(), "queue", "a").batch(3).lease(Duration::from_millis(200));
    let mut source = Driven::new(ListSource::from_config(config));
    let (bodies, ()) = tokio::join!(source.acked(2000), outages(&mut server, &mut random, 3));
    assert_eq!(bodies, numbers(0..2000));
    until(async || server.list("queue:pending:a").await.is_empty()).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_list_source_delivers_each_entry_once_in_order_over_outages() {
    for_seeds(3, a_list_source_delivers_each_entry_once_in_order_over_outages_by).await;
}

#[tokio::test]
async fn a_server_that_forgets_everything_is_taken_as_it_is() {
    let mut server = Server::start().await;
    server.push("queue", &numbers(0..8)).await;
    let config = ListConsumerConfig::new(server.config(), "queue", "a").batch(4).settled_elsewhere();
    let consumer = ListConsumer::new(config);
    let mut source = Driven::new(consumer.source());
    let held = source.batch().await.events.into_iter().map(|event| event.body).collect::<Vec<_>>();
    source.batch().await;
    server.kill();
    server.up().await;
    let settled = consumer.settle_with(&held, "1", |transaction| {
        transaction.cmd("HINCRBY").arg("counts").arg("orders").arg(4);
    });
    assert_eq!(settled.await.unwrap(), Settled::Now);
    server.push("queue", &numbers(8..20)).await;
    let mut bodies = source.acked(12).await;
    bodies.sort_by_key(|body| body[6..].parse::<u32>().unwrap());
    assert_eq!(bodies, numbers(8..20));
    assert_eq!(server.list("queue:pending:a").await, numbers(8..20));
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 4);
    source.stop().await.unwrap();
}

#[tokio::test]
async fn an_outage_longer_than_the_lease_makes_no_consumer_a_zombie() {
    let mut server = Server::durable().await;
    server.push("queue", &numbers(0..20)).await;
    let config = |name| {
        // Connects again well within the time between two looks.
        let redis = server.config().backoff(Duration::from_millis(20), Duration::from_millis(100));
        ListConsumerConfig::new(redis, "queue", name).batch(10).max_pending(10).lease(Duration::from_secs(3))
    };
    let (one, two) = (config("one"), config("two"));
    let mut one = Driven::new(ListSource::from_config(one));
    let held_by_one = one.batch().await;
    let mut two = Driven::new(ListSource::from_config(two));
    let held_by_two = two.batch().await;
    server.kill();
    pause(3200).await;
    server.up().await;
    // Two looks.
    pause(3200).await;
    held_by_one.token.ack();
    held_by_two.token.ack();
    until(async || server.list("queue:pending:one").await.is_empty()).await;
    until(async || server.list("queue:pending:two").await.is_empty()).await;
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    assert!(server.list("queue").await.is_empty());
}

async fn every_transaction_is_applied_once_over_outages_by(seed: u64) {
    let mut server = Server::durable().await;
    let mut random = Random::seeded(seed);
    server.push("queue", &vec!["same".to_owned(); 900]).await;
    let config = ListConsumerConfig::new(server.config(), "queue", "a").batch(3).settled_elsewhere();
    let consumer = ListConsumer::new(config);
    let mut source = Driven::new(consumer.source());
    let store = async {
        for commit in 0..300 {
            let batch = source.batch().await;
            let entries: Vec<_> = batch.events.into_iter().map(|event| event.body).collect();
            let id = commit.to_string();
            let settled = consumer.settle_with(&entries, &id, |transaction| {
                transaction.cmd("HINCRBY").arg("counts").arg("orders").arg(entries.len());
            });
            settled.await.unwrap();
        }
    };
    tokio::join!(store, outages(&mut server, &mut random, 3));
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 900);
    assert!(server.list("queue:pending:a").await.is_empty());
    source.stop().await.unwrap();
}

#[tokio::test]
async fn every_transaction_is_applied_once_over_outages() {
    for_seeds(3, every_transaction_is_applied_once_over_outages_by).await;
}

/// Freezes the server for longer than the client waits for an answer: what was asked is done later.
async fn freezes(server: &Server, random: &mut Random, times: usize) {
    for _ in 0..times {
        pause(random.below(60)).await;
        server.freeze(true);
        pause(150 + random.below(300)).await;
        server.freeze(false);
    }
}

async fn answers_that_come_too_late_deliver_and_remove_each_entry_once_by(seed: u64) {
    let server = Server::start().await;
    let mut random = Random::seeded(seed);
    server.push("queue", &vec!["same".to_owned(); 600]).await;
    let redis = server.config().response_timeout(Duration::from_millis(100));
    let mut source =
        Driven::new(ListSource::from_config(ListConsumerConfig::new(redis, "queue", "a").batch(3)));
    let deliver = async {
        let mut kept = Vec::new();
        for number in 0..200 {
            let batch = source.batch().await;
            if number % 2 == 0 {
                batch.token.ack();
            } else {
                kept.push(batch);
            }
            pause(2).await;
        }
        kept
    };
    let (_kept, ()) = tokio::join!(deliver, freezes(&server, &mut random, 5));
    until(async || server.list("queue:pending:a").await.len() <= 300).await;
    pause(200).await;
    assert_eq!(server.list("queue:pending:a").await.len(), 300);
    source.crash().await;
}

#[tokio::test]
async fn answers_that_come_too_late_deliver_and_remove_each_entry_once() {
    for_seeds(3, answers_that_come_too_late_deliver_and_remove_each_entry_once_by).await;
}

async fn transactions_that_are_answered_too_late_are_applied_once_by(seed: u64) {
    let server = Server::start().await;
    let mut random = Random::seeded(seed);
    server.push("queue", &vec!["same".to_owned(); 600]).await;
    let redis = server.config().response_timeout(Duration::from_millis(100));
    let consumer =
        ListConsumer::new(ListConsumerConfig::new(redis, "queue", "a").batch(3).settled_elsewhere());
    let mut source = Driven::new(consumer.source());
    let store = async {
        for commit in 0..200 {
            let batch = source.batch().await;
            let id = commit.to_string();
            let entries: Vec<_> = batch.events.into_iter().map(|event| event.body).collect();
            let settled = consumer.settle_with(&entries, &id, |transaction| {
                transaction.cmd("HINCRBY").arg("counts").arg("orders").arg(entries.len());
            });
            settled.await.unwrap();
            pause(2).await;
        }
    };
    tokio::join!(store, freezes(&server, &mut random, 5));
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 600);
    assert!(server.list("queue:pending:a").await.is_empty());
    source.stop().await.unwrap();
}

#[tokio::test]
async fn transactions_that_are_answered_too_late_are_applied_once() {
    for_seeds(5, transactions_that_are_answered_too_late_are_applied_once_by).await;
}

async fn counts_are_exact_though_consumers_crash_between_take_and_commit_by(seed: u64) {
    let server = Server::start().await;
    let mut random = Random::seeded(seed);
    server.push("queue", &vec!["same".to_owned(); 500]).await;
    let mut commit = 0;
    while server.ask::<Option<u64>>(&["HGET", "counts", "orders"]).await < Some(500) {
        let config = ListConsumerConfig::new(server.config(), "queue", "a").batch(20).settled_elsewhere();
        let consumer = ListConsumer::new(config);
        let mut source = Driven::new(consumer.source());
        for _ in 0..random.below(4) {
            let Some(batch) = source.batch_within(Duration::from_millis(200)).await else { break };
            let entries: Vec<_> = batch.events.into_iter().map(|event| event.body).collect();
            let some = &entries[..usize::try_from(random.below(entries.len() as u64 + 1)).unwrap()];
            commit += 1;
            let id = commit.to_string();
            let settled = consumer.settle_with(some, &id, |transaction| {
                transaction.cmd("HINCRBY").arg("counts").arg("orders").arg(some.len());
            });
            assert_eq!(settled.await.unwrap(), Settled::Now);
        }
        source.crash().await;
    }
    assert_eq!(server.ask::<u64>(&["HGET", "counts", "orders"]).await, 500);
    assert!(server.list("queue").await.is_empty());
    assert!(server.list("queue:pending:a").await.is_empty());
}

#[tokio::test]
async fn counts_are_exact_though_consumers_crash_between_take_and_commit() {
    for_seeds(3, counts_are_exact_though_consumers_crash_between_take_and_commit_by).await;
}

async fn a_stream_source_loses_nothing_and_keeps_the_order_over_outages_by(seed: u64) {
    let mut server = Server::durable().await;
    let mut random = Random::seeded(seed);
    for body in numbers(0..600) {
        server.tell(&["XADD", "stream", "*", "body", &body]).await;
    }
    let config = StreamSourceConfig::new(server.config(), "stream", "group", "a").batch(3);
    let mut source = Driven::new(StreamSource::new(config));
    let (bodies, ()) = tokio::join!(source.acked(600), outages(&mut server, &mut random, 2));
    assert_eq!(bodies, numbers(0..600));
    until(async || crate::stream::pending(&server).await == 0).await;
    source.stop().await.unwrap();
}

#[tokio::test]
async fn a_stream_source_loses_nothing_and_keeps_the_order_over_outages() {
    for_seeds(3, a_stream_source_loses_nothing_and_keeps_the_order_over_outages_by).await;
}

#[tokio::test]
async fn a_sink_whose_server_stays_away_says_so_when_its_patience_is_over() {
    let url = format!("redis://127.0.0.1:{}", free_port());
    let config = RedisConfig::new(url).patience(Duration::from_millis(300));
    let mut sink = ListSink::new(ListSinkConfig::new(config, "queue"));
    let error = sink.deliver(&events(&numbers(0..1))).await.unwrap_err();
    assert!(error.retries());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.starts_with("list queue at 127.0.0.1:"), "{cause}");
    assert!(cause.ends_with(": the server is away"), "{cause}");
}
