use tokio_tungstenite::tungstenite::Error;

use super::client::{Client, Hello, dial};
use super::running::Running;

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_deliver_the_same_messages_however_packets_lie_in_frames() {
    let (broker, _dir) = Running::start().await;
    for v5 in [false, true] {
        let hello = Hello { v5, ..Hello::anonymous() };
        let (mut plain, _) = Client::tcp(broker.port).await.hello(hello).await;
        let (mut framed, _) = Client::websocket(broker.websocket_port, 3).await.hello(hello).await;
        for subscriber in [&mut plain, &mut framed] {
            assert_eq!(subscriber.subscribe("ny-power/#", 2).await, 2);
        }
        let pump = Hello { v5, ..Hello::pump() };
        let (mut over_tcp, _) = Client::tcp(broker.port).await.hello(pump).await;
        let (mut over_websocket, _) = Client::websocket(broker.websocket_port, 1).await.hello(pump).await;
        for qos in 0..=2 {
            for publisher in [&mut over_tcp, &mut over_websocket] {
                publisher.deliver("ny-power/computed/co2", &format!("at quality {qos}"), qos, false).await;
                let message = plain.message().await;
                assert_eq!((message.payload.as_str(), message.qos), (&*format!("at quality {qos}"), qos));
                let same = framed.message().await;
                assert_eq!(
                    (&message.topic, &message.payload, message.qos),
                    (&same.topic, &same.payload, same.qos)
                );
            }
        }
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_packets_in_one_frame_are_all_taken() {
    let (broker, _dir) = Running::start().await;
    let (mut client, _) =
        Client::websocket(broker.websocket_port, usize::MAX).await.hello(Hello::pump()).await;
    client.subscribe("ny-power/#", 0).await;
    let bytes: Vec<u8> = (0..200)
        .flat_map(|number| {
            use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;
            super::client::publish(true, "ny-power/x", &number.to_string(), 0, 0, false)
                .to_continuous_buffer()
        })
        .collect();
    client.send_bytes(&bytes).await;
    for number in 0..200 {
        assert_eq!(client.message().await.payload, number.to_string());
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_without_the_subprotocol_is_refused() {
    let (broker, _dir) = Running::start().await;
    for name in [None, Some("chat"), Some("mqttv3.1")] {
        let Err(Error::Http(answer)) = dial(broker.websocket_port, name).await else {
            panic!("{name:?} was taken");
        };
        assert_eq!(answer.status(), 400);
    }
    assert!(dial(broker.websocket_port, Some("chat, mqtt")).await.is_ok());
    broker.stop().await;
}
