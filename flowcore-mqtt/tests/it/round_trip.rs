//! Both ways, in both versions, at every quality of service.

use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_mqtt::{
    MqttClient, MqttSink, MqttSinkConfig, MqttSource, MqttSourceConfig, Publish, QoS, Version,
};
use flowcore_testkit::{Driven, events, numbers, started, within};

use crate::server::Server;

const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];
const LEVELS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

#[tokio::test]
async fn what_a_sink_delivers_comes_out_of_a_source_in_order() {
    let server = Server::start().await;
    for version in VERSIONS {
        for qos in LEVELS {
            let mqtt = server.speaking(version);
            let source = MqttSource::new(MqttSourceConfig::new(mqtt.clone()).subscribe("a/+/c", qos));
            let mut driven = Driven::started(source).await;
            let mut sink = started(MqttSink::new(MqttSinkConfig::new(mqtt, "a/b/c").qos(qos))).await;
            within(sink.deliver(&events(&numbers(0..3000)))).await.unwrap();
            within(sink.deliver(&events(&numbers(3000..3010)))).await.unwrap();
            assert_eq!(driven.acked(3010).await, numbers(0..3010), "{version:?} {qos:?}");
            within(sink.stop()).await.unwrap();
            driven.stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn headers_and_topic_come_through() {
    let server = Server::start().await;
    let config = MqttSourceConfig::new(server.config()).subscribe("#", QoS::AtLeastOnce);
    let mut driven = Driven::started(MqttSource::new(config)).await;
    let config = MqttSinkConfig::new(server.config(), "elsewhere").topic_header("topic");
    let mut sink = started(MqttSink::new(config)).await;
    let event = Event::new("1").with_header("topic", "a/b c").with_header("unit", "°C");
    within(sink.deliver(std::slice::from_ref(&event))).await.unwrap();
    let batch = driven.batch().await;
    assert_eq!(batch.events[0].headers.get("topic"), Some("a/b c"));
    assert_eq!(batch.events[0].headers.get("unit"), Some("°C"));
    batch.token.ack();
}

#[tokio::test]
async fn a_client_reads_what_is_retained() {
    let server = Server::start().await;
    for version in VERSIONS {
        let mut client = MqttClient::new(server.speaking(version));
        let wait = Duration::from_secs(20);
        assert_eq!(client.retained("r/#", wait).await.unwrap(), []);
        let of = |number: usize| Publish::new(format!("r/{number}"), number.to_string()).retained();
        client.publish((0..100).map(of)).await.unwrap();
        client.publish([Publish::new("r/x", "not kept")]).await.unwrap();
        let one = client.retained("r/7", wait).await.unwrap();
        assert_eq!((&*one[0].topic, &one[0].payload[..], one[0].retained), ("r/7", &b"7"[..], true));
        assert_eq!(client.retained("r/#", wait).await.unwrap().len(), 100);
        client
            .publish((0..100).map(|number| Publish::new(format!("r/{number}"), "").retained()))
            .await
            .unwrap();
        assert_eq!(client.retained("r/#", wait).await.unwrap(), []);
        client.close().await.unwrap();
    }
}
