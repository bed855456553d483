//! With a real Flume 1.11 and its own client.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Channel, Sink, SinkError};
use flowcore_avro::wire::Status;
use flowcore_avro::{AvroError, AvroSink, AvroSinkConfig, Compression};

use crate::agent::{Running, config, drain};
use crate::java::{Java, free_port};

/// Two ways through one agent: plain in and packed out, packed in and plain out. Nothing leaves `full`.
fn configuration(ports: [u16; 5]) -> String {
    let [plain, packed, full, to_packed, to_plain] = ports;
    let source = |name: &str, port: u16, channel: &str, compression: &str| {
        format!(
            "a1.sources.{name}.type = avro\na1.sources.{name}.bind = 127.0.0.1\na1.sources.{name}.port = {port}\n\
             a1.sources.{name}.channels = {channel}\na1.sources.{name}.compression-type = {compression}\n"
        )
    };
    let sink = |name: &str, port: u16, channel: &str, compression: &str| {
        format!(
            "a1.sinks.{name}.type = avro\na1.sinks.{name}.hostname = 127.0.0.1\na1.sinks.{name}.port = {port}\n\
             a1.sinks.{name}.channel = {channel}\na1.sinks.{name}.compression-type = {compression}\n\
             a1.sinks.{name}.batch-size = 30\n"
        )
    };
    let channel = |name: &str, capacity: usize| {
        format!(
            "a1.channels.{name}.type = memory\na1.channels.{name}.capacity = {capacity}\n\
             a1.channels.{name}.transactionCapacity = {capacity}\na1.channels.{name}.keep-alive = 0\n"
        )
    };
    [
        "a1.sources = plain packed full\na1.channels = c1 c2 c3\na1.sinks = k1 k2\n".to_owned(),
        source("plain", plain, "c1", "none"),
        source("packed", packed, "c2", "deflate"),
        source("full", full, "c3", "none"),
        sink("k1", to_packed, "c1", "deflate"),
        sink("k2", to_plain, "c2", "none"),
        channel("c1", 10_000),
        channel("c2", 10_000),
        channel("c3", 10),
    ]
    .concat()
}

fn events(count: usize) -> Vec<Event> {
    let event = |at: usize| {
        Event::new(vec![u8::try_from(at % 251).unwrap(); at % 700])
            .with_header("at", at.to_string())
            .with_header("größe", "✓")
    };
    (0..count).map(event).collect()
}

/// By their header `at`: Flume's maps have no order, and a batch may come twice.
fn by_number(events: &[Event]) -> BTreeMap<usize, (Option<String>, Vec<u8>)> {
    let entry = |event: &Event| {
        let header = |name: &str| event.headers.get(name).map(str::to_owned);
        (header("at").unwrap().parse().unwrap(), (header("größe"), event.body.to_vec()))
    };
    events.iter().map(entry).collect()
}

/// Delivers all of them, however long the other side takes to be there.
async fn deliver(sink: &mut AvroSink, events: &[Event], agent: &mut Java) {
    for batch in events.chunks(200) {
        for attempt in 0.. {
            match sink.deliver(batch).await {
                Ok(()) => break,
                Err(error) => {
                    assert!(agent.end().is_none() && attempt < 600, "{error:?}: {}", agent.log());
                    Clock::system().sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// Waits until a source has put so many events.
async fn arrive(source: &Running, count: usize, agent: &mut Java) {
    for _ in 0..6000 {
        if source.channel.state().waiting >= count {
            return;
        }
        assert!(agent.end().is_none(), "{}", agent.log());
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("only {} of {count} arrived within 60 s: {}", source.channel.state().waiting, agent.log());
}

#[tokio::test]
async fn events_go_through_a_real_flume_and_come_back_as_they_were() {
    let to_packed = Running::start(config().compression(Compression::DEFLATE)).await;
    let to_plain = Running::start(config()).await;
    let [plain, packed, full] = [free_port(), free_port(), free_port()];
    let ports = [plain, packed, full, to_packed.address.port(), to_plain.address.port()];
    let mut agent = Java::agent(&configuration(ports));

    let sent = events(1000);
    let mut to_plain_source = AvroSink::new(AvroSinkConfig::new("127.0.0.1", plain).batch_size(70));
    let packing = AvroSinkConfig::new("127.0.0.1", packed).compression(Compression::DEFLATE);
    let mut to_packed_source = AvroSink::new(packing);
    deliver(&mut to_plain_source, &sent, &mut agent).await;
    deliver(&mut to_packed_source, &sent, &mut agent).await;
    arrive(&to_packed, 1000, &mut agent).await;
    arrive(&to_plain, 1000, &mut agent).await;
    for source in [to_packed, to_plain] {
        assert_eq!(source.monitor.broken_connections(), 0);
        assert_eq!(by_number(&drain(&source.stop().await).await), by_number(&sent));
    }

    let mut to_full = AvroSink::new(AvroSinkConfig::new("127.0.0.1", full));
    deliver(&mut to_full, &sent[..8], &mut agent).await;
    let Err(SinkError::Retry(cause)) = to_full.deliver(&sent[..8]).await else { panic!("it was full") };
    let refusal = cause.downcast_ref::<AvroError>();
    assert!(matches!(refusal, Some(AvroError::NotTaken { status: Status::Failed, .. })), "{refusal:?}");
}

#[tokio::test]
async fn the_client_of_flume_sends_a_file_with_headers() {
    let source = Running::start(config()).await;
    let lines: Vec<String> = (0..500).map(|at| format!("line {at} ✓")).collect();
    let port = source.address.port().to_string();
    let arguments = ["-H", "127.0.0.1", "-p", &port, "-F", "lines.txt", "-R", "headers.properties"];
    let files = [("lines.txt", &*lines.join("\n")), ("headers.properties", "host = a\nkind = b\n")];
    let mut client = Java::start("org.apache.flume.client.avro.AvroCLIClient", &arguments, &files);
    arrive_or_end(&source, lines.len(), &mut client).await;
    let events = drain(&source.stop().await).await;
    let bodies: Vec<_> = events.iter().map(|event| String::from_utf8(event.body.to_vec()).unwrap()).collect();
    assert_eq!(bodies, lines);
    for event in &events {
        assert_eq!((event.headers.get("host"), event.headers.get("kind")), (Some("a"), Some("b")));
    }
}

async fn arrive_or_end(source: &Running, count: usize, client: &mut Java) {
    for _ in 0..6000 {
        if let Some(is_well) = client.end() {
            assert!(is_well && source.channel.state().waiting == count, "{}", client.log());
            return;
        }
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("the client did not end within 60 s: {}", client.log());
}
