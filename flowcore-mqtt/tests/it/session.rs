//! What a broker keeps for a client, and what it hears when.

use std::time::Duration;

use flowcore_mqtt::{MqttClient, MqttConfig, MqttSource, MqttSourceConfig, Publish, QoS, Session, Version};
use flowcore_testkit::{Driven, bodies_of, numbers, pause, until, within};

use crate::server::Server;

const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];
const ANSWERED: [QoS; 2] = [QoS::AtLeastOnce, QoS::ExactlyOnce];

fn cases() -> impl Iterator<Item = (Version, QoS)> {
    VERSIONS.into_iter().flat_map(|version| ANSWERED.map(|qos| (version, qos)))
}

fn persistent(mqtt: MqttConfig) -> MqttConfig {
    mqtt.client_id("reader").session(Session::Persistent(Duration::from_mins(10)))
}

async fn reader(mqtt: MqttConfig, qos: QoS) -> Driven {
    Driven::started(MqttSource::new(MqttSourceConfig::new(mqtt).subscribe("a/#", qos).batch(1))).await
}

async fn publish(server: &Server, range: std::ops::Range<usize>, qos: QoS) {
    let mut client = MqttClient::new(server.config());
    let publishes = numbers(range).into_iter().map(|body| Publish::new("a/b", body).qos(qos));
    within(client.publish(publishes)).await.unwrap();
    within(client.close()).await.unwrap();
}

#[tokio::test]
async fn a_persistent_session_gets_what_came_while_it_was_away() {
    let mut server = Server::start().await;
    for restarts in [false, true] {
        for (version, qos) in cases() {
            let mqtt = persistent(server.speaking(version));
            reader(mqtt.clone(), qos).await.stop().await.unwrap();
            publish(&server, 0..50, qos).await;
            if restarts {
                server.stop();
                server.up().await;
            }
            let mut again = reader(mqtt, qos).await;
            let mut came = again.acked(50).await;
            if restarts {
                // Mosquitto reads them back in an order of its own.
                came.sort_by_key(|body| body[6..].parse::<usize>().unwrap());
            }
            assert_eq!(came, numbers(0..50), "{version:?} {qos:?}");
            again.stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_was_not_settled_comes_again_after_a_crash_and_what_was_does_not() {
    let server = Server::start().await;
    for (version, qos) in cases() {
        let mqtt = persistent(server.speaking(version));
        let mut first = reader(mqtt.clone(), qos).await;
        publish(&server, 0..10, qos).await;
        assert_eq!(first.acked(4).await, numbers(0..4));
        let kept = first.batch().await;
        assert_eq!(bodies_of(&kept.events), numbers(4..5));
        // The broker has no other way to show that it heard the answers.
        pause(200).await;
        first.crash().await;
        let mut second = reader(mqtt, qos).await;
        assert_eq!(second.acked(6).await, numbers(4..10), "{version:?} {qos:?}");
        second.stop().await.unwrap();
    }
}

#[tokio::test]
async fn answers_wait_for_those_before_them() {
    let server = Server::start().await;
    let mqtt = persistent(server.config());
    let mut first = reader(mqtt.clone(), QoS::AtLeastOnce).await;
    publish(&server, 0..6, QoS::AtLeastOnce).await;
    let slow = first.batch().await;
    assert_eq!(first.acked(5).await, numbers(1..6));
    pause(200).await;
    first.crash().await;
    let mut second = reader(mqtt, QoS::AtLeastOnce).await;
    assert_eq!(second.acked(6).await, numbers(0..6), "nothing was acknowledged before the first one");
    drop(slow);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_not_delivered_is_handed_on_again() {
    let server = Server::start().await;
    let mut driven = reader(server.config(), QoS::AtLeastOnce).await;
    publish(&server, 0..3, QoS::AtLeastOnce).await;
    let first = driven.batch().await;
    drop(first.token);
    let mut came = driven.acked(3).await;
    came.sort();
    assert_eq!(came, numbers(0..3));
    assert!(driven.batch_within(Duration::from_millis(100)).await.is_none(), "and once only");
}

#[tokio::test]
async fn no_more_is_read_than_may_be_unsettled() {
    let server = Server::start().await;
    for version in VERSIONS {
        let mut driven = reader(server.speaking(version).max_in_flight(5), QoS::AtLeastOnce).await;
        publish(&server, 0..40, QoS::AtLeastOnce).await;
        let mut held = Vec::new();
        while held.len() < 5 {
            held.push(driven.batch().await);
        }
        assert!(driven.batch_within(Duration::from_millis(200)).await.is_none(), "{version:?}");
        held.drain(..).for_each(|batch| batch.token.ack());
        assert_eq!(driven.acked(35).await, numbers(5..40), "{version:?}");
    }
}

#[tokio::test]
async fn two_of_a_group_share_the_messages() {
    let server = Server::start().await;
    let shared = || {
        let config = MqttSourceConfig::new(server.config());
        MqttSource::new(config.subscribe("$share/group/a/#", QoS::AtLeastOnce))
    };
    let (mut one, mut two) = (Driven::started(shared()).await, Driven::started(shared()).await);
    publish(&server, 0..100, QoS::AtLeastOnce).await;
    let (mut of_one, mut of_two) = (Vec::new(), Vec::new());
    until(async || {
        for (driven, bodies) in [(&mut one, &mut of_one), (&mut two, &mut of_two)] {
            if let Some(batch) = driven.batch_within(Duration::from_millis(50)).await {
                bodies.extend(bodies_of(&batch.events));
                batch.token.ack();
            }
        }
        of_one.len() + of_two.len() >= 100
    })
    .await;
    assert!(!of_one.is_empty() && !of_two.is_empty());
    of_one.append(&mut of_two);
    of_one.sort_by_key(|body| body[6..].parse::<usize>().unwrap());
    assert_eq!(of_one, numbers(0..100));
}

#[tokio::test]
async fn a_last_will_is_published_after_a_crash_and_not_after_a_farewell() {
    let server = Server::start().await;
    let wait = Duration::from_secs(20);
    let watcher = MqttClient::new(server.config());
    for version in VERSIONS {
        let topic = format!("state/{version:?}");
        let will = Publish::new(topic.as_str(), "gone").retained();
        let mqtt = server.speaking(version).last_will(will);
        reader(mqtt.clone(), QoS::AtLeastOnce).await.stop().await.unwrap();
        assert_eq!(watcher.retained(&topic, wait).await.unwrap(), []);
        reader(mqtt, QoS::AtLeastOnce).await.crash().await;
        until(async || !watcher.retained(&topic, wait).await.unwrap().is_empty()).await;
    }
}
