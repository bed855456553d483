//! Peers that do not keep to the protocol: each loses its own connection, and nobody else notices.

use std::io::Write;
use std::sync::{Arc, Mutex};

use flowcore_testkit::Random;
use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;
use ny_power::broker::Limits;

use super::client::{Client, Hello, connect, publish};
use super::running::Running;
use super::tool::pump;

/// Random bytes, packets that are cut off or changed, before and after CONNECT.
fn attack(random: &mut Random) -> Vec<u8> {
    let v5 = random.percent(50);
    let hello = connect(Hello { v5, pump: random.percent(50), ..Hello::anonymous() }).to_continuous_buffer();
    let mut bytes = if random.percent(70) { hello } else { Vec::new() };
    for _ in 0..random.index(4) {
        let start = bytes.len();
        match random.below(4) {
            0 => bytes.extend((0..random.index(200)).map(|_| random.below(256).to_le_bytes()[0])),
            1 => bytes.extend([0x82, 6, 0, 1, 0, 1, b'#', 0]),
            2 => {
                let packet = publish(v5, "ny-power/x", "payload", random.below(3).to_le_bytes()[0], 1, false);
                bytes.extend(packet.to_continuous_buffer());
            }
            _ => bytes.extend([random.below(256).to_le_bytes()[0], 2, 0, 1]),
        }
        for _ in 0..random.index(3) {
            let at = start + random.index((bytes.len() - start).max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.below(256).to_le_bytes()[0];
            }
        }
    }
    if random.percent(20) {
        bytes.truncate(random.index(bytes.len().max(1)));
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bytes_end_more_than_their_own_connection() {
    const ROOM: usize = 20;
    let dir = tempfile::tempdir().unwrap();
    let broker = Running::in_dir(dir.path(), Limits { connections: ROOM, ..Limits::default() }).await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/marker", 1).await;
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let bytes = attack(&mut random);
        let mut attacker = if random.percent(50) {
            Client::tcp(broker.port).await
        } else {
            Client::websocket(broker.websocket_port, 1 + random.index(50)).await
        };
        attacker.try_send(&bytes).await;
        if seed % 50 == 0 {
            pump(broker.port, &["-q", "1", "-t", "ny-power/marker", "-m", &seed.to_string()]).await;
            assert_eq!(reader.message().await.payload, seed.to_string(), "seed {seed}");
        }
    }
    // All of them are gone, and their room is free.
    let mut guests = Vec::new();
    for _ in 0..ROOM - 1 {
        guests.push(Client::tcp(broker.port).await.hello(Hello::pump()).await);
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_protocol_end_the_connection() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { reader_packet: 2000, topic_levels: 4, ..Limits::default() };
    let broker = Running::in_dir(dir.path(), limits).await;
    let too_large = {
        let mut bytes = vec![0x30, 0xff, 0xff, 0xff, 0x7f];
        bytes.extend([0; 100]);
        bytes
    };
    let faults: [(&str, Vec<u8>, u8); 9] = [
        ("a second CONNECT", connect(Hello::anonymous()).to_continuous_buffer(), 0x82),
        ("a packet of 256 MB", too_large, 0x95),
        ("quality 3", vec![0x36, 5, 0, 1, b'a', 0, 1], 0x81),
        ("a wildcard in a topic", vec![0x30, 4, 0, 1, b'#', 0], 0x90),
        ("no topic", vec![0x30, 3, 0, 0, 0], 0x90),
        (
            "a filter with too many levels",
            vec![0x82, 15, 0, 1, 0, 0, 9, b'a', b'/', b'a', b'/', b'a', b'/', b'a', b'/', b'a', 0],
            0x8f,
        ),
        ("reserved flags of SUBSCRIBE", vec![0x80, 7, 0, 1, 0, 0, 1, b'a', 0], 0x81),
        ("a packet of the broker", vec![0xd0, 0], 0x81),
        ("packet id 0", vec![0x32, 6, 0, 1, b'a', 0, 0, 0], 0x82),
    ];
    for (fault, bytes, reason) in faults {
        let mut bytes = bytes;
        if fault == "a filter with too many levels" {
            bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
        }
        let (mut client, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
        client.send_bytes(&bytes).await;
        let farewell = client.raw().await.expect(fault);
        assert_eq!((farewell.packet_type(), farewell.data_as_slice()[0]), (14, reason), "{fault}");
        assert!(client.raw().await.is_none(), "{fault}");
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_connect_is_not_answered() {
    let (broker, _dir) = Running::start().await;
    let old = [&[0x10, 16, 0, 6][..], b"MQIsdp", &[3, 2, 0, 60, 0, 2, b'a', b'b']].concat();
    for (bytes, answer) in [
        (vec![0xc0, 0], None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), None),
        (vec![0x10, 0], None),
        ([&[0x10, 14, 0, 4][..], b"MQTT", &[9, 2, 0, 60, 0, 2, b'a', b'b']].concat(), Some(1)),
        (old, Some(1)),
        // No name, and a session to keep.
        ([&[0x10, 12, 0, 4][..], b"MQTT", &[4, 0, 0, 60, 0, 0]].concat(), Some(2)),
    ] {
        let mut client = Client::tcp(broker.port).await;
        client.send_bytes(&bytes).await;
        if let Some(code) = answer {
            assert_eq!(client.connack().await.0, code, "{bytes:?}");
        }
        assert!(client.raw().await.is_none(), "{bytes:?}");
    }
    broker.stop().await;
}

/// What is logged, for this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn who_is_sent_away_is_named_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (broker, _dir) = Running::start().await;
    let mut peers = Vec::new();
    // Ten are named in any second.
    for _ in 0..10 {
        let mut client = Client::tcp(broker.port).await;
        peers.push(client.local());
        client.send_bytes(b"GET / HTTP/1.1\r\n\r\n").await;
        assert!(client.raw().await.is_none());
    }
    broker.stop().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for peer in peers {
        assert!(text.contains(&format!("{peer}: the client broke the protocol: ProtocolError")), "{text}");
    }
    assert_eq!(text.matches("a client was sent away").count(), 10, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_connect_in_time_is_sent_away() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { connect_time: std::time::Duration::from_secs(1), ..Limits::default() };
    let broker = Running::in_dir(dir.path(), limits).await;
    let mut says_nothing = Client::tcp(broker.port).await;
    assert!(says_nothing.raw().await.is_none());
    let mut says_half = Client::websocket(broker.websocket_port, 10).await;
    says_half.send_bytes(&[0x10, 200, 1, 0]).await;
    assert!(says_half.raw().await.is_none());
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_of_a_client_are_limited() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Running::in_dir(dir.path(), Limits { subscriptions: 2, ..Limits::default() }).await;
    for (v5, refused) in [(false, 0x80), (true, 0x97)] {
        let (mut client, _) = Client::tcp(broker.port).await.hello(Hello { v5, ..Hello::anonymous() }).await;
        assert_eq!(client.subscribe("a", 0).await, 0);
        assert_eq!(client.subscribe("b", 1).await, 1);
        assert_eq!(client.subscribe("c", 1).await, refused);
        assert_eq!(client.subscribe("b", 2).await, 2, "one that is there may change");
    }
    broker.stop().await;
}
