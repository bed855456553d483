//! What does not pass by itself is an error at once, and says what it is.

use std::time::Duration;

use flowcore::ingest::{Sink, SinkError, Source, SourceError};
use flowcore_mqtt::{
    Error, ErrorKind, MqttClient, MqttConfig, MqttSink, MqttSinkConfig, MqttSource, MqttSourceConfig,
    Publish, QoS, Session, Version,
};
use flowcore_testkit::{context, events, numbers, started, within};

use crate::server::Server;

async fn publish_error(mqtt: MqttConfig, publish: Publish) -> Error {
    let mut client = MqttClient::new(mqtt);
    within(client.publish([publish])).await.unwrap_err()
}

async fn subscribe_error(mqtt: MqttConfig, filter: &str) -> Error {
    let mut source = MqttSource::new(MqttSourceConfig::new(mqtt).subscribe(filter, QoS::AtLeastOnce));
    match within(source.start(&context())).await.unwrap_err() {
        SourceError::Fatal(cause) => *cause.downcast::<Error>().unwrap(),
        SourceError::Retry(cause) => panic!("it will not pass: {cause:?}"),
    }
}

/// The message and those of its causes.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_a_right_one_is_not() {
    let server = Server::with_logins().await;
    for version in [Version::V3_1_1, Version::V5] {
        let wrong = server.guarded("flow:wrong@").version(version);
        let error = publish_error(wrong.clone(), Publish::new("flow/a", "1")).await;
        assert_eq!(error.kind(), ErrorKind::Login, "{}", chain(&error));
        assert!(!chain(&error).contains("wrong@"), "{}", chain(&error));
        assert_eq!(subscribe_error(wrong, "flow/a").await.kind(), ErrorKind::Login);
        let mut client = MqttClient::new(server.guarded("flow:secret@").version(version));
        within(client.publish([Publish::new("flow/a", "1").retained()])).await.unwrap();
        let login = server.guarded("").login("flow", "secret").version(version);
        let read = MqttClient::new(login).retained("flow/a", Duration::from_secs(20)).await.unwrap();
        assert_eq!(read[0].payload, "1");
    }
}

#[tokio::test]
async fn a_missing_permission_is_told() {
    let server = Server::with_logins().await;
    let error = publish_error(server.guarded("flow:secret@"), Publish::new("other", "1")).await;
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", chain(&error));
    assert!(chain(&error).ends_with("not authorized (0x87)"), "{}", chain(&error));
    let exactly_once = Publish::new("other", "1").qos(QoS::ExactlyOnce);
    let error = publish_error(server.guarded(""), exactly_once).await;
    assert_eq!(error.kind(), ErrorKind::Denied, "{}", chain(&error));
}

#[tokio::test]
async fn a_certificate_is_trusted_or_refused() {
    let server = Server::with_tls().await;
    for host in ["127.0.0.1", "localhost"] {
        let trusting = server.tls(host).root_certificate(server.certificate());
        let mut sink = started(MqttSink::new(MqttSinkConfig::new(trusting.clone(), "a").retained())).await;
        within(sink.deliver(&events(&numbers(0..2000)))).await.unwrap();
        within(sink.stop()).await.unwrap();
        let read = MqttClient::new(trusting).retained("a", Duration::from_secs(20)).await.unwrap();
        assert_eq!(read[0].payload, "entry 1999");
    }
    let other = Server::with_tls().await;
    for config in [server.tls("127.0.0.1"), server.tls("127.0.0.1").root_certificate(other.certificate())] {
        let error = publish_error(config, Publish::new("a", "1")).await;
        assert_eq!(error.kind(), ErrorKind::Tls, "{}", chain(&error));
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_before_anything_is_sent() {
    let mqtt = MqttConfig::new("mqtt://127.0.0.1:1");
    assert_eq!(publish_error(mqtt.clone(), Publish::new("a/#", "1")).await.kind(), ErrorKind::Topic);
    assert_eq!(subscribe_error(mqtt.clone(), "a#").await.kind(), ErrorKind::Topic);
    let persistent = mqtt.session(Session::Persistent(Duration::from_mins(1)));
    assert_eq!(subscribe_error(persistent, "a").await.kind(), ErrorKind::Config);
    let error = subscribe_error(MqttConfig::new("http://u:secret@h"), "a").await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!format!("{error:?} {}", chain(&error)).contains("secret"));
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_alone() {
    let server = Server::start_with("message_size_limit 1000").await;
    let mut client = MqttClient::new(server.config());
    within(client.publish([Publish::new("a", "small").retained()])).await.unwrap();
    let error = within(client.publish([Publish::new("a", vec![7; 2000])])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{}", chain(&error));
    within(client.publish([Publish::new("a", "small again").retained()])).await.unwrap();
    let limited = MqttConfig::max_packet_size(server.speaking(Version::V3_1_1), 500);
    let error = publish_error(limited, Publish::new("a", vec![7; 600])).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{}", chain(&error));
}

#[tokio::test]
async fn a_sink_that_may_not_publish_is_not_tried_again() {
    let server = Server::with_logins().await;
    let mut sink = started(MqttSink::new(MqttSinkConfig::new(server.guarded(""), "other"))).await;
    let error = within(sink.deliver(&events(&numbers(0..10)))).await.unwrap_err();
    assert!(matches!(error, SinkError::Fatal(_)), "{error:?}");
}
