//! Sessions: kept while the client is away, taken over, ended; wills.

use mqtt_protocol_core::mqtt::packet::{Qos, v3_1_1};

use super::client::{Client, Hello};
use super::running::{PASSWORD, Running};
use super::tool::pump;

const KEPT: Hello<'static> = Hello { v5: true, name: "archive", clean: false, pump: true };

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_a_client_was_away_comes_in_order() {
    let (broker, _dir) = Running::start().await;
    for v5 in [false, true] {
        for qos in [1, 2] {
            let name = format!("archive-{v5}-{qos}");
            let hello = Hello { v5, name: &name, ..KEPT };
            let (mut client, present) = Client::tcp(broker.port).await.hello(hello).await;
            assert!(!present);
            client.subscribe("ny-power/#", qos).await;
            drop(client);
            let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
            for number in 0..250 {
                writer.deliver("ny-power/x", &number.to_string(), 2, false).await;
            }
            let (mut client, present) = Client::tcp(broker.port).await.hello(hello).await;
            assert!(present);
            for number in 0..250 {
                assert_eq!(client.message().await.payload, number.to_string());
            }
        }
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_acknowledged_comes_again_in_its_order_and_released_messages_do_not() {
    let (broker, _dir) = Running::start().await;
    let (mut client, _) = Client::tcp(broker.port).await.hello(KEPT).await;
    client.subscribe("ny-power/#", 2).await;
    for (payload, qos) in [("a", "2"), ("b", "1"), ("c", "2")] {
        pump(broker.port, &["-q", qos, "-t", "ny-power/x", "-m", payload]).await;
    }
    let mut first = Vec::new();
    for _ in 0..3 {
        let raw = client.raw().await.unwrap();
        first.push(client.received(&raw));
    }
    client.acknowledge(0x50, first[0].id).await;
    assert_eq!(client.raw().await.unwrap().packet_type(), 6);
    drop(client);
    let (mut client, present) = Client::tcp(broker.port).await.hello(KEPT).await;
    assert!(present);
    let release = client.raw().await.unwrap();
    assert_eq!((release.packet_type(), release.data_as_slice()[1]), (6, first[0].id.to_be_bytes()[1]));
    for old in &first[1..] {
        let raw = client.raw().await.unwrap();
        let again = client.received(&raw);
        assert!(again.again && !old.again);
        assert_eq!((&again.payload, again.id), (&old.payload, old.id));
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_quality_2_that_is_sent_again_is_taken_once() {
    let (broker, _dir) = Running::start().await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/#", 2).await;
    for v5 in [false, true] {
        let hello = Hello { v5, name: "writer", ..KEPT };
        let (mut writer, _) = Client::tcp(broker.port).await.hello(hello).await;
        writer.publish("ny-power/x", "once", 2, 5, false).await;
        assert_eq!(writer.raw().await.unwrap().packet_type(), 5);
        drop(writer);
        let (mut writer, present) = Client::tcp(broker.port).await.hello(hello).await;
        assert!(present);
        writer.publish("ny-power/x", "once", 2, 5, false).await;
        assert_eq!(writer.answered(2).await, 0);
        writer.deliver("ny-power/x", "after", 1, false).await;
        assert_eq!(reader.message().await.payload, "once");
        assert_eq!(reader.message().await.payload, "after");
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_of_a_name_takes_over_but_not_from_another_user() {
    let (broker, _dir) = Running::start().await;
    let (mut first, _) = Client::tcp(broker.port).await.hello(KEPT).await;
    first.subscribe("ny-power/#", 1).await;
    let stranger = Hello { pump: false, ..KEPT };
    let (_stranger, present) = Client::tcp(broker.port).await.hello(stranger).await;
    assert!(!present, "another user's session is not there for a stranger");
    pump(broker.port, &["-q", "1", "-t", "ny-power/x", "-m", "still here"]).await;
    assert_eq!(first.message().await.payload, "still here");
    first.heard().await;

    let (mut second, present) = Client::tcp(broker.port).await.hello(KEPT).await;
    assert!(present);
    let farewell = first.raw().await.unwrap();
    assert_eq!((farewell.packet_type(), farewell.data_as_slice()[0]), (14, 0x8e));
    assert!(first.raw().await.is_none());
    pump(broker.port, &["-q", "1", "-t", "ny-power/x", "-m", "here now"]).await;
    assert_eq!(second.message().await.payload, "here now");

    let (_third, present) = Client::tcp(broker.port).await.hello(Hello { clean: true, ..KEPT }).await;
    assert!(!present);
    assert_eq!(second.raw().await.unwrap().packet_type(), 14);
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_is_published_for_who_is_lost_and_not_for_who_leaves() {
    let (broker, _dir) = Running::start().await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/#", 1).await;
    let with_will = |payload: &str| {
        v3_1_1::Connect::builder()
            .client_id("mortal")
            .unwrap()
            .clean_session(true)
            .will_message("ny-power/will", payload, Qos::AtLeastOnce, false)
            .unwrap()
            .user_name("pump")
            .unwrap()
            .password(PASSWORD)
            .unwrap()
            .build()
            .unwrap()
            .to_continuous_buffer()
    };
    let mut leaves = Client::tcp(broker.port).await;
    leaves.send_bytes(&with_will("never")).await;
    assert_eq!(leaves.connack().await.0, 0);
    leaves.send_bytes(&[0xe0, 0]).await;
    assert!(leaves.raw().await.is_none());
    let mut is_lost = Client::tcp(broker.port).await;
    is_lost.send_bytes(&with_will("lost")).await;
    assert_eq!(is_lost.connack().await.0, 0);
    drop(is_lost);
    assert_eq!(reader.message().await.payload, "lost");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_for_too_long_is_lost() {
    let (broker, _dir) = Running::start().await;
    let mut silent = Client::tcp(broker.port).await;
    let hello = v3_1_1::Connect::builder().client_id("silent").unwrap().keep_alive(1).clean_session(true);
    silent.send_bytes(&hello.build().unwrap().to_continuous_buffer()).await;
    assert_eq!(silent.connack().await.0, 0);
    assert!(silent.raw().await.is_none(), "the broker ends it");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_tells_its_clients_when_it_stops() {
    let (broker, _dir) = Running::start().await;
    let (mut client, _) = Client::websocket(broker.websocket_port, 100).await.hello(Hello::anonymous()).await;
    broker.stop().await;
    let farewell = client.raw().await.unwrap();
    assert_eq!((farewell.packet_type(), farewell.data_as_slice()[0]), (14, 0x8b));
    assert!(client.raw().await.is_none());
}
