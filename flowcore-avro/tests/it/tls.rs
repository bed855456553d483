use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError, Source, SourceError};
use flowcore_avro::{
    AvroSink, AvroSinkConfig, AvroSource, ClientAuth, ClientTls, Compression, LayerOrder, ServerTls,
    TlsSelection,
};
use flowcore_testkit::{Certificate, context};

use crate::agent::{Running, config};
use crate::certificate::{server, trusted};

fn sink(source: &Running, host: &str, tls: ClientTls) -> AvroSinkConfig {
    AvroSinkConfig::new(host, source.address.port()).tls(tls)
}

/// The innermost of what a sink says.
async fn refusal(config: AvroSinkConfig) -> String {
    let Err(SinkError::Retry(error)) = AvroSink::new(config).deliver(&[Event::new("x")]).await else {
        panic!("it was delivered")
    };
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[tokio::test]
async fn events_come_through_tls_and_compression_in_both_orders() {
    let certificate = Certificate::make();
    for order in [LayerOrder::DeflateOutside, LayerOrder::TlsOutside] {
        for compression in [Compression::None, Compression::DEFLATE] {
            let listening = config().tls(server(&certificate)).compression(compression);
            let source = Running::start(listening.compression_tls_order(order)).await;
            let trusting = ClientTls::new().truststore(trusted(&certificate));
            let config = sink(&source, "localhost", trusting);
            let mut sink = AvroSink::new(config.compression(compression).compression_tls_order(order));
            let events: Vec<_> = (0..500).map(|at| Event::new(format!("{at:0>200}"))).collect();
            sink.deliver(&events).await.unwrap();
            assert_eq!(source.stop().await, events, "{order:?} {compression:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_gets_nothing() {
    let (certificate, other) = (Certificate::make(), Certificate::make());
    let source = Running::start(config().tls(server(&certificate))).await;
    let trusting = ClientTls::new().truststore(trusted(&certificate));
    let why = refusal(sink(&source, "localhost", ClientTls::new().truststore(trusted(&other)))).await;
    assert!(why.contains("certificate"), "{why}");
    let why = refusal(sink(&source, "127.0.0.1", trusting.clone())).await;
    assert!(why.contains("not valid for"), "{why}");
    assert_eq!(source.waiting(), 0);
    let nameless = sink(&source, "127.0.0.1", trusting.verify_hostname(false));
    AvroSink::new(nameless).deliver(&[Event::new("nameless")]).await.unwrap();
    let careless = sink(&source, "127.0.0.1", ClientTls::new().trust_all_certs(true));
    AvroSink::new(careless).deliver(&[Event::new("careless")]).await.unwrap();
    let suspicious = ClientTls::new().truststore(trusted(&other)).verify_hostname(false);
    refusal(sink(&source, "127.0.0.1", suspicious)).await;
    assert_eq!(source.stop().await, [Event::new("nameless"), Event::new("careless")]);
}

#[tokio::test]
async fn versions_and_clients_that_are_not_allowed_are_refused() {
    let certificate = Certificate::make();
    let trusting = ClientTls::new().truststore(trusted(&certificate));
    let old = Running::start(
        config().tls(server(&certificate).allow(TlsSelection::new().exclude_protocols(["TLSv1.3"]))),
    )
    .await;
    refusal(sink(
        &old,
        "localhost",
        trusting.clone().allow(TlsSelection::new().include_protocols(["TLSv1.3"])),
    ))
    .await;
    AvroSink::new(sink(&old, "localhost", trusting.clone())).deliver(&[Event::new("x")]).await.unwrap();

    let needing = server(&certificate).client_auth(ClientAuth::Need(trusted(&certificate)));
    let strict = Running::start(config().tls(needing)).await;
    refusal(sink(&strict, "localhost", trusting.clone())).await;
    let wanting = server(&certificate).client_auth(ClientAuth::Want(trusted(&certificate)));
    let lenient = Running::start(config().tls(wanting)).await;
    AvroSink::new(sink(&lenient, "localhost", trusting)).deliver(&[Event::new("x")]).await.unwrap();
}

#[tokio::test]
async fn a_certificate_without_a_key_is_said_at_the_start() {
    let mut source = AvroSource::new(config().tls(ServerTls::from_store(trusted(&Certificate::make()))));
    let started = source.start(&context()).await;
    let Err(SourceError::Fatal(cause)) = started else { panic!("{started:?}") };
    assert_eq!(cause.to_string(), "cannot set up tls");
}
