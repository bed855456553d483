//! With a real Flume 1.11 and its own client.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};
use flowcore_testkit::{Certificate, Flume, Java, free_port};
use flowcore_thrift::wire::Status;
use flowcore_thrift::{ClientTls, Protocol, ThriftError, ThriftSink, ThriftSinkConfig, ThriftSourceConfig};

use crate::agent::{Running, config};
use crate::tls::{server, store};

/// The one of the build folder.
fn real() -> Flume {
    Flume::installed(env!("CARGO_TARGET_TMPDIR"))
}

/// One way into an agent, and one out of it.
struct Way {
    name: &'static str,
    port: u16,
    /// Keys of the source alone.
    input: String,
    output: Option<u16>,
    /// Keys of the sink alone.
    output_keys: String,
    capacity: usize,
}

fn configuration(ways: &[Way]) -> String {
    let names = |of: &mut dyn Iterator<Item = &Way>| of.map(|way| way.name).collect::<Vec<_>>().join(" ");
    let all = names(&mut ways.iter());
    let leaving = names(&mut ways.iter().filter(|way| way.output.is_some()));
    let mut lines =
        vec![format!("a1.sources = {all}"), format!("a1.channels = {all}"), format!("a1.sinks = {leaving}")];
    for Way { name, port, input, output, output_keys, capacity } in ways {
        let source = format!("type = thrift\nbind = 127.0.0.1\nport = {port}\nchannels = {name}\n{input}");
        lines.extend(keys(&format!("a1.sources.{name}"), &source));
        let channel = format!("capacity = {capacity}\ntransactionCapacity = {capacity}");
        let channel = format!("type = memory\nkeep-alive = 0\n{channel}");
        lines.extend(keys(&format!("a1.channels.{name}"), &channel));
        if let Some(port) = output {
            let to = format!("type = thrift\nhostname = 127.0.0.1\nport = {port}\nchannel = {name}");
            let sink = format!("{to}\nbatch-size = 30\n{output_keys}");
            lines.extend(keys(&format!("a1.sinks.{name}"), &sink));
        }
    }
    lines.join("\n")
}

fn keys(of: &str, text: &str) -> Vec<String> {
    text.lines().map(|line| format!("{of}.{line}")).collect()
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
async fn deliver(sink: &mut ThriftSink, events: &[Event], agent: &mut Java) {
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
    let out = [
        Running::start(config().protocol(Protocol::Binary)).await,
        Running::start(config()).await,
        Running::start(config().tls(server(&certificate))).await,
        Running::start(config().tls(server(&certificate)).protocol(Protocol::Binary)).await,
    ];
    let way = |name, input: &str, output, output_keys: &str| Way {
        name,
        port: free_port(),
        input: input.to_owned(),
        output,
        output_keys: output_keys.to_owned(),
        capacity: 10_000,
    };
    let to = |at: usize| Some(out[at].address.port());
    let password = Certificate::PASSWORD;
    let sealed = |key: &str, file: &Path| {
        let file = file.display();
        format!("ssl = true\n{key}-type = PKCS12\n{key} = {file}\n{key}-password = {password}")
    };
    let (secret, trusting) =
        (sealed("keystore", &certificate.store()), sealed("truststore", &certificate.truststore()));
    let ways = [
        way("compact", "", to(0), "protocol = binary"),
        way("binary", "protocol = binary", to(1), "protocol = compact"),
        way("sealed", &secret, to(2), &trusting),
        way(
            "both",
            &format!("{secret}\nprotocol = binary"),
            to(3),
            &format!("{trusting}\nprotocol = binary"),
        ),
        Way { capacity: 10, ..way("full", "", None, "") },
    ];
    let mut agent = real().agent(&configuration(&ways));

    let sent = events(1000);
    for (at, way) in ways[..4].iter().enumerate() {
        // Both one call after the other, and several at once.
        let mut config = ThriftSinkConfig::new("localhost", way.port).batch_size(70).max_connections(1 + at);
        if at % 2 == 1 {
            config = config.protocol(Protocol::Binary);
        }
        if at >= 2 {
            config = config.tls(ClientTls::new().truststore(store(&certificate)));
        }
        deliver(&mut ThriftSink::new(config), &sent, &mut agent).await;
    }
    for source in out {
        arrive(&source, 1000, &mut agent).await;
        assert_eq!(source.monitor.broken_connections(), 0);
        assert_eq!(by_number(&source.stop().await), by_number(&sent));
    }

    let mut to_full = ThriftSink::new(ThriftSinkConfig::new("127.0.0.1", ways[4].port));
    deliver(&mut to_full, &sent[..8], &mut agent).await;
    let Err(SinkError::Retry(cause)) = to_full.deliver(&sent[..8]).await else { panic!("it was full") };
    let refusal = cause.downcast_ref::<ThriftError>();
    assert!(matches!(refusal, Some(ThriftError::NotTaken { status: Status::Failed, .. })), "{refusal:?}");
}

/// Sends lines with Flume's own client, to a source that is configured so.
async fn client_sends(listening: ThriftSourceConfig, keys: &str) {
    let lines: Vec<String> = (0..500).map(|at| format!("line {at} ✓")).collect();
    let source = Running::start(listening).await;
    let port = source.address.port();
    let to = format!("client.type = thrift\nhosts = h1\nhosts.h1 = 127.0.0.1:{port}\n{keys}\n");
    let arguments = ["-P", "client.properties", "-F", "lines.txt", "-R", "headers.properties"];
    let files = [
        ("client.properties", &*to),
        ("lines.txt", &*lines.join("\n")),
        ("headers.properties", "host = a\nkind = b\n"),
    ];
    let mut client = real().run("org.apache.flume.client.avro.AvroCLIClient", &arguments, &files);
    arrive_or_end(&source, lines.len(), &mut client).await;
    let events = source.stop().await;
    let body = |event: &Event| String::from_utf8(event.body.to_vec()).unwrap();
    assert_eq!(events.iter().map(body).collect::<Vec<_>>(), lines);
    for event in &events {
        assert_eq!((event.headers.get("host"), event.headers.get("kind")), (Some("a"), Some("b")));
    }
}

#[tokio::test]
async fn the_client_of_flume_sends_a_file_with_headers_in_both_protocols_and_by_tls() {
    client_sends(config(), "").await;
    client_sends(config().protocol(Protocol::Binary), "protocol = binary").await;
    let certificate = Certificate::make();
    let trusting = format!(
        "ssl = true\ntruststore-type = PKCS12\ntruststore = {}\ntruststore-password = {}",
        certificate.truststore().display(),
        Certificate::PASSWORD
    );
    client_sends(config().tls(server(&certificate)), &trusting).await;
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
