//! With a real Flume 1.11 and its own client.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};
use flowcore_avro::wire::Status;
use flowcore_avro::{AvroError, AvroSink, AvroSinkConfig, ClientTls, Compression};
use flowcore_testkit::{Certificate, Flume, Java, free_port};

use crate::agent::{Running, config};
use crate::certificate::{server, trusted};

/// The one of the build folder.
fn real() -> Flume {
    Flume::installed(env!("CARGO_TARGET_TMPDIR"))
}

/// One way into an agent, and one out of it.
struct Way<'a> {
    name: &'a str,
    port: u16,
    /// Keys of the source alone.
    input: &'a [String],
    output: Option<u16>,
    /// Keys of the sink alone.
    output_keys: &'a [String],
    capacity: usize,
}

fn configuration(ways: &[Way<'_>]) -> String {
    let names = |of: &mut dyn Iterator<Item = &Way<'_>>| of.map(|way| way.name).collect::<Vec<_>>().join(" ");
    let (all, leaving) =
        (names(&mut ways.iter()), names(&mut ways.iter().filter(|way| way.output.is_some())));
    let mut lines =
        vec![format!("a1.sources = {all}"), format!("a1.channels = {all}"), format!("a1.sinks = {leaving}")];
    for Way { name, port, input, output, output_keys, capacity } in ways {
        let source =
            [format!("type = avro\nbind = 127.0.0.1\nport = {port}\nchannels = {name}"), input.join("\n")];
        lines.extend(keys(&format!("a1.sources.{name}"), &source));
        let limits = format!("capacity = {capacity}\ntransactionCapacity = {capacity}");
        lines.extend(keys(
            &format!("a1.channels.{name}"),
            &["type = memory\nkeep-alive = 0".to_owned(), limits],
        ));
        if let Some(port) = output {
            let to = format!(
                "type = avro\nhostname = 127.0.0.1\nport = {port}\nchannel = {name}\nbatch-size = 30"
            );
            lines.extend(keys(&format!("a1.sinks.{name}"), &[to, output_keys.join("\n")]));
        }
    }
    lines.join("\n")
}

fn keys(of: &str, texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| text.lines()).map(|line| format!("{of}.{line}")).collect()
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
        if source.waiting() >= count {
            return;
        }
        assert!(agent.end().is_none(), "{}", agent.log());
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("only {} of {count} arrived within 60 s: {}", source.waiting(), agent.log());
}

#[tokio::test]
async fn events_go_through_a_real_flume_and_come_back_as_they_were() {
    let certificate = Certificate::make();
    let deflating = || config().compression(Compression::DEFLATE);
    let out = [
        Running::start(deflating()).await,
        Running::start(config()).await,
        Running::start(deflating().tls(server(&certificate))).await,
        Running::start(config().tls(server(&certificate))).await,
    ];
    let to = |at: usize| Some(out[at].address.port());
    let [none, deflate] = ["none", "deflate"].map(|kind| format!("compression-type = {kind}"));
    let tls = format!(
        "ssl = true\nkeystore-type = PKCS12\nkeystore = {}\nkeystore-password = {}",
        certificate.store().display(),
        Certificate::PASSWORD
    );
    let trusting = "ssl = true\ntrust-all-certs = true".to_owned();
    let way = |name, input, output, output_keys| Way {
        name,
        port: free_port(),
        input,
        output,
        output_keys,
        capacity: 10_000,
    };
    let (plain, packed) = ([none.clone()], [deflate.clone()]);
    let (sealed, packed_sealed) = ([none.clone(), tls.clone()], [deflate.clone(), tls]);
    let (to_sealed, to_packed_sealed) = ([none, trusting.clone()], [deflate, trusting]);
    let full = Way { capacity: 10, ..way("full", &plain, None, &[]) };
    let ways = [
        way("plain", &plain, to(0), &packed),
        way("packed", &packed, to(1), &plain),
        way("sealed", &sealed, to(2), &to_packed_sealed),
        way("both", &packed_sealed, to(3), &to_sealed),
        full,
    ];
    let mut agent = real().agent(&configuration(&ways));

    let sent = events(1000);
    // The certificate names the host otherwise.
    let client_tls = || ClientTls::new().truststore(trusted(&certificate)).verify_hostname(false);
    for (at, way) in ways[..4].iter().enumerate() {
        let mut config = AvroSinkConfig::new("127.0.0.1", way.port).batch_size(70);
        if at % 2 == 1 {
            config = config.compression(Compression::DEFLATE);
        }
        if at >= 2 {
            config = config.tls(client_tls());
        }
        deliver(&mut AvroSink::new(config), &sent, &mut agent).await;
    }
    for source in out {
        arrive(&source, 1000, &mut agent).await;
        assert_eq!(source.monitor.broken_connections(), 0);
        assert_eq!(by_number(&source.stop().await), by_number(&sent));
    }

    let mut to_full = AvroSink::new(AvroSinkConfig::new("127.0.0.1", ways[4].port));
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
    let mut client = real().run("org.apache.flume.client.avro.AvroCLIClient", &arguments, &files);
    arrive_or_end(&source, lines.len(), &mut client).await;
    let events = source.stop().await;
    let bodies: Vec<_> = events.iter().map(|event| String::from_utf8(event.body.to_vec()).unwrap()).collect();
    assert_eq!(bodies, lines);
    for event in &events {
        assert_eq!((event.headers.get("host"), event.headers.get("kind")), (Some("a"), Some("b")));
    }
}

async fn arrive_or_end(source: &Running, count: usize, client: &mut Java) {
    for _ in 0..6000 {
        if let Some(is_well) = client.end() {
            assert!(is_well && source.waiting() == count, "{}", client.log());
            return;
        }
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("the client did not end within 60 s: {}", client.log());
}
