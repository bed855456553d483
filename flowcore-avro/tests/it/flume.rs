//! With a real Flume 1.11 and its own client.

use flowcore::ingest::{Sink, SinkError};
use flowcore_avro::wire::Status;
use flowcore_avro::{AvroError, AvroSink, AvroSinkConfig, ClientTls, Compression};
use flowcore_testkit::{
    Certificate, Flume, FlumeWay, arrive, bodies_of, by_number, deliver_all, end_well, free_port,
    numbered_events,
};

use crate::agent::{Running, config};
use crate::certificate::{server, trusted};

/// The one of the build folder.
fn real() -> Flume {
    Flume::installed(env!("CARGO_TARGET_TMPDIR"))
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
    let to = |at: usize| out[at].address.port();
    let [none, deflate] = ["none", "deflate"].map(|kind| format!("compression-type = {kind}"));
    let tls = format!(
        "ssl = true\nkeystore-type = PKCS12\nkeystore = {}\nkeystore-password = {}",
        certificate.store().display(),
        Certificate::PASSWORD
    );
    let trusting = "ssl = true\ntrust-all-certs = true";
    let way = |name| FlumeWay::new("avro", name, free_port());
    let ways = [
        way("plain").input(&none).output(to(0), &deflate),
        way("packed").input(&deflate).output(to(1), &none),
        way("sealed").input(format!("{none}\n{tls}")).output(to(2), format!("{deflate}\n{trusting}")),
        way("both").input(format!("{deflate}\n{tls}")).output(to(3), format!("{none}\n{trusting}")),
        way("full").capacity(10),
    ];
    let mut agent = real().agent(&FlumeWay::configuration(&ways));

    let sent = numbered_events(1000);
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
        deliver_all(&mut AvroSink::new(config), &sent, &mut agent).await;
    }
    for source in out {
        arrive(source.channel(), 1000, &mut agent).await;
        assert_eq!(source.monitor.broken_connections(), 0);
        assert_eq!(by_number(&source.stop().await), by_number(&sent));
    }

    let mut to_full = AvroSink::new(AvroSinkConfig::new("127.0.0.1", ways[4].port));
    deliver_all(&mut to_full, &sent[..8], &mut agent).await;
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
    end_well(&mut client).await;
    let events = source.stop().await;
    assert_eq!(bodies_of(&events), lines);
    for event in &events {
        assert_eq!((event.headers.get("host"), event.headers.get("kind")), (Some("a"), Some("b")));
    }
}
