//! Who may do what: the same tests with our broker, and with a real Mosquitto that has the files we write.

use super::client::{Client, Hello, connect};
use super::running::PASSWORD;
use super::site::Site;
use super::tool::{Subscriber, VERSIONS, publish, pump};

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_reads_what_is_published_and_retained() {
    for site in Site::both().await {
        pump(site.port, &["-r", "-q", "1", "-t", "ny-power/computed/co2", "-m", "1"]).await;
        for version in VERSIONS {
            let mut reader = Subscriber::start(site.port, &["-V", version, "-q", "1", "-t", "#"]).await;
            assert_eq!(reader.next().await, "ny-power/computed/co2 1 1 1", "{} {version}", site.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_anonymous_client_has_no_effect() {
    for site in Site::both().await {
        for v5 in [false, true] {
            let hello = Hello { v5, ..Hello::anonymous() };
            let (mut reader, _) = Client::tcp(site.port).await.hello(hello).await;
            assert_eq!(reader.subscribe("ny-power/#", 0).await, 0);
            let (mut intruder, _) = Client::tcp(site.port).await.hello(hello).await;
            for qos in 0..=2 {
                let reason = intruder.deliver("ny-power/computed/co2", "bad", qos, true).await;
                let expected = if v5 && qos > 0 { 0x87 } else { 0 };
                assert_eq!(reason, expected, "{} version 5: {v5} quality {qos}", site.name);
            }
            pump(site.port, &["-t", "ny-power/marker", "-m", "good"]).await;
            assert_eq!(reader.message().await.payload, "good", "{}", site.name);
            let (mut late, _) = Client::tcp(site.port).await.hello(hello).await;
            late.subscribe("ny-power/#", 0).await;
            pump(site.port, &["-t", "ny-power/marker", "-m", "better"]).await;
            assert_eq!(late.message().await.payload, "better", "{} retained nothing", site.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_broker_is_for_pump_alone() {
    for site in Site::both().await {
        let (mut anybody, _) = Client::tcp(site.port).await.hello(Hello::anonymous()).await;
        for filter in ["$SYS/#", "$SYS/broker/version", "other/#", "ny-power/#"] {
            assert_eq!(anybody.subscribe(filter, 0).await, 0, "{} grants {filter}", site.name);
        }
        let (mut pump, _) = Client::tcp(site.port).await.hello(Hello::pump()).await;
        pump.subscribe("$SYS/broker/version", 0).await;
        let version = pump.message().await;
        assert!(version.payload.contains("version") && version.retain, "{version:?}");
        pump.deliver("other/topic", "not allowed", 1, true).await;
        pump.deliver("$SYS/broker/version", "not allowed", 1, true).await;
        pump.deliver("ny-power/marker", "allowed", 1, false).await;
        assert_eq!(anybody.message().await.payload, "allowed", "{}", site.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_with_the_code_for_it() {
    for site in Site::both().await {
        for (version, v5, code) in [("mqttv311", false, 5), ("mqttv5", true, 0x87)] {
            for (user, password) in [("pump", "wrong"), ("pump", ""), ("nobody", PASSWORD)] {
                let arguments =
                    ["-V", version, "-u", user, "-P", password, "-q", "1", "-t", "ny-power/x", "-m", "bad"];
                let output = publish(site.port, &arguments).await;
                assert!(!output.status.success(), "{} took {user} {password}", site.name);
            }
            let mut client = Client::tcp(site.port).await;
            let mut bytes = connect_bytes(Hello { v5, ..Hello::pump() });
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            client.send_bytes(&bytes).await;
            assert_eq!(client.connack().await.0, code, "{} {version}", site.name);
            assert!(client.raw().await.is_none(), "{} ends the connection", site.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_of_both_brokers_deliver_the_same() {
    for site in Site::both().await {
        let (mut plain, _) = Client::tcp(site.port).await.hello(Hello::anonymous()).await;
        let (mut framed, _) =
            Client::websocket(site.websocket_port, usize::MAX).await.hello(Hello::anonymous()).await;
        for reader in [&mut plain, &mut framed] {
            assert_eq!(reader.subscribe("ny-power/#", 1).await, 1);
        }
        for (topic, payload) in [("ny-power/a", "1"), ("ny-power/b", "2"), ("ny-power/a", "3")] {
            pump(site.port, &["-q", "1", "-t", topic, "-m", payload]).await;
        }
        for _ in 0..3 {
            let [one, other] = [plain.message().await, framed.message().await];
            assert_eq!((one.topic, one.payload), (other.topic, other.payload), "{}", site.name);
        }
    }
}

fn connect_bytes(hello: Hello<'_>) -> Vec<u8> {
    use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;
    connect(hello).to_continuous_buffer()
}
