//! A server that is killed with -9 in the middle of everything and stays away for ten seconds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore::process::{Bolt, BoltError, NoOutput, TopologyBuilder};
use flowcore_redis::{
    ListConsumerConfig, ListSink, ListSinkConfig, ListSpout, StreamSink, StreamSinkConfig, StreamSource,
    StreamSourceConfig,
};
use flowcore_testkit::{
    Driven, Random, bodies_of, events, first_occurrences, numbers, pause, started, until, within,
};

use crate::server::Server;

/// Each flow takes longer than the latest kill.
const ENTRIES: usize = 4_000;
const PART: usize = 5;

/// Kills the server somewhere in the flow and starts it again ten seconds later.
async fn away_for_ten_seconds(server: &mut Server, random: &mut Random) {
    pause(50 + random.below(700)).await;
    server.kill();
    pause(10_000).await;
    server.up().await;
}

/// Delivers all entries in parts. Most of them come after the server is `back`.
async fn deliver_all(sink: &mut impl Sink<Event>, back: &AtomicBool, event: impl Fn(usize) -> Event) {
    let mut before = 0;
    for part in 0..ENTRIES / PART {
        before += usize::from(!back.load(Ordering::Relaxed));
        let part: Vec<_> = (part * PART..(part + 1) * PART).map(&event).collect();
        sink.deliver(&part).await.unwrap();
        pause(1).await;
    }
    assert!((1..ENTRIES / PART).contains(&before), "killed in the middle, after {before} parts");
}

/// The flow beside the outage.
async fn over_the_outage<T>(server: &mut Server, seed: u64, flow: impl AsyncFnOnce(&AtomicBool) -> T) -> T {
    let (mut random, back) = (Random::seeded(seed), AtomicBool::new(false));
    let outage = async {
        away_for_ten_seconds(server, &mut random).await;
        back.store(true, Ordering::Relaxed);
    };
    tokio::join!(flow(&back), outage).0
}

fn body(number: usize) -> String {
    format!("entry {number}")
}

async fn a_list_sink_loses_nothing_and_keeps_the_order(seed: u64) {
    let mut server = Server::durable().await;
    let mut sink = started(ListSink::new(ListSinkConfig::new(server.config(), "queue"))).await;
    let flow = async |back: &AtomicBool| {
        deliver_all(&mut sink, back, |number| Event::new(body(number))).await;
    };
    over_the_outage(&mut server, seed, flow).await;
    assert_eq!(first_occurrences(server.list("queue").await), numbers(0..ENTRIES));
}

async fn a_list_sink_with_positions_pushes_everything_once(seed: u64) {
    let mut server = Server::durable().await;
    let config = ListSinkConfig::new(server.config(), "queue").exactly_once("from", "at");
    let mut sink = started(ListSink::new(config)).await;
    let event = |number: usize| {
        Event::new(body(number)).with_header("from", "a").with_header("at", number.to_string())
    };
    let flow = async |back: &AtomicBool| deliver_all(&mut sink, back, event).await;
    over_the_outage(&mut server, seed, flow).await;
    assert_eq!(server.list("queue").await, numbers(0..ENTRIES));
}

/// Remembers what it gets, and takes its time.
struct Record(Arc<Mutex<Vec<String>>>);

impl Bolt<Event> for Record {
    type Out = NoOutput;

    async fn execute(&mut self, event: &Event, _out: &mut Self::Out) -> Result<(), BoltError> {
        let recorded = {
            let mut seen = self.0.lock().unwrap();
            seen.extend(bodies_of(std::slice::from_ref(event)));
            seen.len()
        };
        if recorded % PART == 0 {
            pause(1).await;
        }
        Ok(())
    }
}

async fn a_list_spout_emits_everything_once_in_order(seed: u64) {
    let mut server = Server::durable().await;
    server.push("from", &numbers(0..ENTRIES)).await;
    let (log, config) = (Arc::default(), ListConsumerConfig::new(server.config(), "from", "a").batch(16));
    let mut topology = TopologyBuilder::new("record").max_pending(200);
    let entries = topology.spout("entries", move || ListSpout::from_config(config.clone()));
    let recorded = Arc::clone(&log);
    topology.bolt("record", move || Record(Arc::clone(&recorded))).global(&entries);
    let running = topology.build().unwrap().start();

    let count = async || log.lock().unwrap().len();
    let mut random = Random::seeded(seed);
    until(async || count().await > 0).await;
    pause(50 + random.below(700)).await;
    server.kill();
    let before = count().await;
    pause(10_000).await;
    assert!((1..ENTRIES).contains(&before) && count().await < ENTRIES, "killed after {before}");
    server.up().await;
    until(async || server.list("from").await.is_empty() && server.list("from:pending:a").await.is_empty())
        .await;
    running.handle().stop();
    assert!(within(running.wait()).await.unwrap().unsettled.is_empty());
    assert_eq!(*log.lock().unwrap(), numbers(0..ENTRIES));
}

async fn a_stream_carries_everything_in_order_from_sink_to_source(seed: u64) {
    let mut server = Server::durable().await;
    let mut sink = started(StreamSink::new(StreamSinkConfig::new(server.config(), "stream"))).await;
    let config = StreamSourceConfig::new(server.config(), "stream", "group", "a").batch(16);
    let mut source = Driven::new(StreamSource::new(config));
    let flow = async |back: &AtomicBool| {
        let write = async {
            deliver_all(&mut sink, back, |number| Event::new(body(number))).await;
            sink.deliver(&events(&["the end".to_owned()])).await.unwrap();
        };
        let read = async {
            let mut bodies = Vec::new();
            while bodies.last().is_none_or(|body| body != "the end") {
                bodies.extend(source.acked(1).await);
            }
            bodies
        };
        tokio::join!(write, read).1
    };
    let mut bodies = over_the_outage(&mut server, seed, flow).await;
    bodies.pop();
    assert_eq!(first_occurrences(bodies), numbers(0..ENTRIES));
    until(async || crate::stream::pending(&server).await == 0).await;
    source.stop().await.unwrap();
}

/// All at the same time: each of them waits most of it.
#[tokio::test]
async fn ten_seconds_without_the_server_lose_nothing_and_keep_the_order() {
    let outages = async {
        tokio::join!(
            a_list_sink_loses_nothing_and_keeps_the_order(1),
            a_list_sink_with_positions_pushes_everything_once(2),
            a_list_spout_emits_everything_once_in_order(3),
            a_stream_carries_everything_in_order_from_sink_to_source(4),
        )
    };
    let outcome = tokio::time::timeout(Duration::from_mins(5), Box::pin(outages)).await;
    assert!(outcome.is_ok(), "a flow never came to its end");
}
