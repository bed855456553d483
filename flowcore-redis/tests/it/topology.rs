//! The same components inside running topologies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::bridge::SinkBolt;
use flowcore::event::Event;
use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, RetryPolicy, RunningTopology};
use flowcore::process::{Spout, Topology, TopologyBuilder, for_each, map};
use flowcore_redis::{
    ListConsumer, ListConsumerConfig, ListSink, ListSinkConfig, ListSpout, StreamSink, StreamSinkConfig,
    StreamSourceConfig, StreamSpout, SubscribeSourceConfig, SubscribeSpout,
};
use flowcore_testkit::{
    Random, bodies_of, events, first_occurrences, numbers, pause, started, until, within,
};

use crate::server::Server;

/// From a spout into a list, through a bolt.
fn copy<S: Spout<Out = Emitter<Event>>>(
    factory: impl Fn() -> S + Send + Sync + 'static,
    to: ListSinkConfig,
) -> Topology {
    let mut topology = TopologyBuilder::new("copy").max_pending(200).grace(Duration::from_mins(1));
    let entries = topology.spout("entries", factory);
    let same = topology.bolt("same", || map(|event: &Event| event.clone())).global(&entries);
    let sink = move || SinkBolt::with_batch(ListSink::new(to.clone()), 20, Duration::from_millis(5));
    topology.bolt("to", sink).global(&same);
    topology.build().unwrap()
}

fn list(server: &Server) -> ListConsumerConfig {
    ListConsumerConfig::new(server.config(), "from", "a").batch(16)
}

async fn stop(running: RunningTopology) {
    running.handle().stop();
    let report = within(running.wait()).await.unwrap();
    assert!(report.unsettled.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_list_is_copied_in_order_and_removed_when_it_is_delivered() {
    let server = Server::start().await;
    server.push("from", &numbers(0..1000)).await;
    let config = list(&server);
    let running =
        copy(move || ListSpout::from_config(config.clone()), ListSinkConfig::new(server.config(), "to"))
            .start();
    until(async || server.list("to").await.len() == 1000).await;
    until(async || server.list("from:pending:a").await.is_empty()).await;
    stop(running).await;
    assert_eq!(server.list("to").await, numbers(0..1000));
    assert_eq!(server.ask::<Vec<String>>(&["KEYS", "from:[^o]*"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_stop_in_the_middle_leaves_each_entry_in_one_place() {
    for seed in 0..3 {
        let server = Server::start().await;
        let mut random = Random::seeded(seed);
        server.push("from", &numbers(0..3000)).await;
        let config = list(&server);
        let running =
            copy(move || ListSpout::from_config(config.clone()), ListSinkConfig::new(server.config(), "to"));
        let running = running.start();
        pause(20 + random.below(60)).await;
        stop(running).await;
        let mut both = server.list("to").await;
        both.extend(server.list("from").await);
        assert_eq!(both, numbers(0..3000));
    }
}

#[tokio::test]
async fn an_outage_in_the_middle_loses_nothing_and_keeps_the_order() {
    let mut server = Server::durable().await;
    server.push("from", &numbers(0..2000)).await;
    let consumer = ListConsumer::new(list(&server));
    let running = copy(move || consumer.spout(), ListSinkConfig::new(server.config(), "to")).start();
    for _ in 0..2 {
        pause(100).await;
        server.kill();
        pause(1000).await;
        server.up().await;
    }
    until(async || server.list("from:pending:a").await.is_empty() && server.list("from").await.is_empty())
        .await;
    stop(running).await;
    assert_eq!(first_occurrences(server.list("to").await), numbers(0..2000));
}

#[tokio::test]
async fn what_a_bolt_refuses_for_a_while_is_removed_when_it_is_through() {
    let server = Server::start().await;
    server.push("from", &numbers(0..300)).await;
    let config = list(&server);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (counted, mut calls) = (seen.clone(), 0);
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(10));
    let mut topology = TopologyBuilder::new("flaky").retry(RetryPolicy { max_attempts: 50, backoff });
    let entries = topology.spout("entries", move || ListSpout::from_config(config.clone()));
    let flaky = Arc::new(Mutex::new(move |event: &Event| {
        calls += 1;
        if calls % 7 == 0 {
            return Err(BoltError::retry("not now"));
        }
        counted.lock().unwrap().extend(bodies_of(std::slice::from_ref(event)));
        Ok(())
    }));
    topology.bolt("flaky", move || Flaky(flaky.clone())).shuffle(&entries).parallelism(2);
    let running = topology.build().unwrap().start();
    until(async || server.list("from:pending:a").await.is_empty() && server.list("from").await.is_empty())
        .await;
    stop(running).await;
    let mut seen = first_occurrences(seen.lock().unwrap().clone());
    seen.sort_by_key(|body| body[6..].parse::<u32>().unwrap());
    assert_eq!(seen, numbers(0..300));
}

struct Flaky<F>(Arc<Mutex<F>>);

impl<F: FnMut(&Event) -> Result<(), BoltError> + Send + 'static> Bolt<Event> for Flaky<F> {
    type Out = NoOutput;

    async fn execute(&mut self, event: &Event, _out: &mut Self::Out) -> Result<(), BoltError> {
        (self.0.lock().unwrap())(event)
    }
}

#[tokio::test]
async fn a_stream_is_copied_in_order_and_acknowledged_when_it_is_delivered() {
    let server = Server::start().await;
    let mut sink = started(StreamSink::new(StreamSinkConfig::new(server.config(), "stream"))).await;
    flowcore::ingest::Sink::deliver(&mut sink, &events(&numbers(0..1000))).await.unwrap();
    let config = StreamSourceConfig::new(server.config(), "stream", "group", "a").batch(16);
    let running =
        copy(move || StreamSpout::new(config.clone()), ListSinkConfig::new(server.config(), "to")).start();
    until(async || server.list("to").await.len() == 1000 && crate::stream::pending(&server).await == 0).await;
    stop(running).await;
    assert_eq!(server.list("to").await, numbers(0..1000));
}

#[tokio::test]
async fn a_subscription_is_copied_in_order() {
    let server = Server::start().await;
    let config = SubscribeSourceConfig::new(server.config()).channel("live");
    let running =
        copy(move || SubscribeSpout::new(config.clone()), ListSinkConfig::new(server.config(), "to")).start();
    until(async || server.ask::<(String, i64)>(&["PUBSUB", "NUMSUB", "live"]).await.1 == 1).await;
    for body in numbers(0..50) {
        server.tell(&["PUBLISH", "live", &body]).await;
    }
    until(async || server.list("to").await.len() == 50).await;
    stop(running).await;
    assert_eq!(server.list("to").await, numbers(0..50));
}

#[tokio::test]
async fn what_does_not_pass_stops_the_topology_and_says_why() {
    let server = Server::start().await;
    server.tell(&["SET", "from", "text"]).await;
    let mut topology = TopologyBuilder::new("refused");
    let config = list(&server);
    let entries = topology.spout("entries", move || ListSpout::from_config(config.clone()));
    topology.bolt("end", || for_each(|_: &Event| {})).global(&entries);
    let error = within(topology.build().unwrap().run()).await.unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    assert!(text.contains("consumer a of list from at 127.0.0.1:"), "{text}");
    assert!(text.contains(": the key holds another type: "), "{text}");
}

#[tokio::test]
async fn a_zombie_stops_its_topology() {
    let server = Server::start().await;
    let config = list(&server);
    let first =
        copy(move || ListSpout::from_config(config.clone()), ListSinkConfig::new(server.config(), "to"))
            .start();
    until(async || server.ask::<i64>(&["EXISTS", "from:lease:a"]).await == 1).await;
    let config = list(&server);
    let second =
        copy(move || ListSpout::from_config(config.clone()), ListSinkConfig::new(server.config(), "to"))
            .start();
    within(first.wait()).await.unwrap_err();
    server.push("from", &numbers(0..10)).await;
    until(async || server.list("to").await.len() == 10).await;
    stop(second).await;
}
