//! With a real Flume 1.11 and its own client.

use std::path::Path;

use flowcore::ingest::{Sink, SinkError};
use flowcore_testkit::{
    Certificate, Flume, FlumeWay, arrive, bodies_of, by_number, deliver_all, end_well, free_port,
    numbered_events,
};
use flowcore_thrift::wire::Status;
use flowcore_thrift::{ClientTls, Protocol, ThriftError, ThriftSink, ThriftSinkConfig, ThriftSourceConfig};

use crate::agent::{Running, config};
use crate::tls::{server, store};

/// The one of the build folder.
fn real() -> Flume {
    Flume::installed(env!("CARGO_TARGET_TMPDIR"))
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
    let to = |at: usize| out[at].address.port();
    let password = Certificate::PASSWORD;
    let sealed = |key: &str, file: &Path| {
        let file = file.display();
        format!("ssl = true\n{key}-type = PKCS12\n{key} = {file}\n{key}-password = {password}")
    };
    let (secret, trusting) =
        (sealed("keystore", &certificate.store()), sealed("truststore", &certificate.truststore()));
    let way = |name| FlumeWay::new("thrift", name, free_port());
    let (compact, binary) = ("protocol = compact", "protocol = binary");
    let ways = [
        way("compact").output(to(0), binary),
        way("binary").input(binary).output(to(1), compact),
        way("sealed").input(&secret).output(to(2), &trusting),
        way("both").input(format!("{secret}\n{binary}")).output(to(3), format!("{trusting}\n{binary}")),
        way("full").capacity(10),
    ];
    let mut agent = real().agent(&FlumeWay::configuration(&ways));

    let sent = numbered_events(1000);
    for (at, way) in ways[..4].iter().enumerate() {
        // Both one call after the other, and several at once.
        let mut config = ThriftSinkConfig::new("localhost", way.port).batch_size(70).max_connections(1 + at);
        if at % 2 == 1 {
            config = config.protocol(Protocol::Binary);
        }
        if at >= 2 {
            config = config.tls(ClientTls::new().truststore(store(&certificate)));
        }
        deliver_all(&mut ThriftSink::new(config), &sent, &mut agent).await;
    }
    for source in out {
        arrive(source.channel(), 1000, &mut agent).await;
        assert_eq!(source.monitor.broken_connections(), 0);
        assert_eq!(by_number(&source.stop().await), by_number(&sent));
    }

    let mut to_full = ThriftSink::new(ThriftSinkConfig::new("127.0.0.1", ways[4].port));
    deliver_all(&mut to_full, &sent[..8], &mut agent).await;
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
    end_well(&mut client).await;
    let events = source.stop().await;
    assert_eq!(bodies_of(&events), lines);
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
