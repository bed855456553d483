use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError, Source, SourceError};
use flowcore_testkit::{Certificate, context, until};
use flowcore_thrift::{
    ClientAuth, ClientTls, KeyStore, Protocol, ServerTls, ThriftSink, ThriftSinkConfig, ThriftSource,
    TlsSelection,
};

use crate::agent::{Running, config};
use crate::client::{Client, call};

pub(crate) fn server(certificate: &Certificate) -> ServerTls {
    ServerTls::new(certificate.pem(), certificate.key()).unwrap()
}

pub(crate) fn store(certificate: &Certificate) -> KeyStore {
    KeyStore::read(&certificate.pem(), None).unwrap()
}

fn trusting(certificate: &Certificate) -> ClientTls {
    ClientTls::new().truststore(store(certificate))
}

fn sink(source: &Running, host: &str, tls: ClientTls) -> ThriftSinkConfig {
    ThriftSinkConfig::new(host, source.address.port()).tls(tls)
}

/// The innermost of what a sink says.
async fn refusal(config: ThriftSinkConfig) -> String {
    let Err(SinkError::Retry(error)) = ThriftSink::new(config).deliver(&[Event::new("x")]).await else {
        panic!("it was delivered")
    };
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[tokio::test]
async fn events_come_through_tls_in_both_protocols() {
    let certificate = Certificate::make();
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let source = Running::start(config().tls(server(&certificate)).protocol(protocol)).await;
        let config = sink(&source, "localhost", trusting(&certificate)).protocol(protocol);
        let mut sink = ThriftSink::new(config.batch_size(50).max_connections(2));
        let events: Vec<_> = (0..100).map(|at| Event::new(format!("{at:0>2000}"))).collect();
        for batch in events.chunks(50) {
            sink.deliver(batch).await.unwrap();
        }
        assert_eq!(source.stop().await, events);
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_gets_nothing() {
    let (certificate, other) = (Certificate::make(), Certificate::make());
    let source = Running::start(config().tls(server(&certificate))).await;
    let why = refusal(sink(&source, "localhost", trusting(&other))).await;
    assert!(why.contains("certificate"), "{why}");
    let why = refusal(sink(&source, "127.0.0.1", trusting(&certificate))).await;
    assert!(why.contains("not valid for"), "{why}");
    assert_eq!(source.waiting(), 0);
    let nameless = sink(&source, "127.0.0.1", trusting(&certificate).verify_hostname(false));
    ThriftSink::new(nameless).deliver(&[Event::new("nameless")]).await.unwrap();
    assert_eq!(source.stop().await, [Event::new("nameless")]);
}

#[tokio::test]
async fn clients_without_a_certificate_are_refused_where_they_need_one() {
    let certificate = Certificate::make();
    let needing = server(&certificate).client_auth(ClientAuth::Need(store(&certificate)));
    let source = Running::start(config().tls(needing)).await;
    refusal(sink(&source, "localhost", trusting(&certificate))).await;
    assert!(source.stop().await.is_empty());
}

#[tokio::test]
async fn a_sender_without_tls_loses_its_connection() {
    let certificate = Certificate::make();
    let source = Running::start(config().tls(server(&certificate))).await;
    let mut client = Client::connect(source.address).await;
    client.send(&call(1, &[Event::new("plain")])).await;
    client.end().await;
    while client.receive_any().await {}
    until(async || source.monitor.broken_connections() == 1).await;
    assert!(source.stop().await.is_empty());
}

#[tokio::test]
async fn a_handshake_that_does_not_end_closes_its_connection() {
    let certificate = Certificate::make();
    let patience = std::time::Duration::from_millis(50);
    let source = Running::start(config().tls(server(&certificate)).frame_timeout(patience)).await;
    let mut client = Client::connect(source.address).await;
    assert!(!client.receive_any().await);
    until(async || source.monitor.broken_connections() == 1).await;
}

#[tokio::test]
async fn settings_that_allow_nothing_are_said_at_the_start() {
    let certificate = Certificate::make();
    let tls = server(&certificate).allow(TlsSelection::new().include_protocols(["SSLv3"]));
    let mut source = ThriftSource::new(config().tls(tls));
    let started = source.start(&context()).await;
    let Err(SourceError::Fatal(cause)) = started else { panic!("{started:?}") };
    assert_eq!(cause.to_string(), "cannot set up tls");
}
