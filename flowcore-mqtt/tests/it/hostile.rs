//! Brokers that send garbage, half packets, too much or nothing.

use std::time::Duration;

use flowcore::base::{TaskEnd, TaskSet};
use flowcore::ingest::Sink;
use flowcore_mqtt::{Error, ErrorKind, MqttClient, MqttConfig, MqttSink, MqttSinkConfig, Publish, Version};
use flowcore_testkit::{Random, events, numbers, started, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::Server;

const PAGE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n\
    <html><body><h1>This is no broker at all</h1></body></html>\r\n";
const ACCEPTED: [u8; 5] = [0x20, 3, 0, 0, 0];

/// What it does with each connection: sends these bytes after the first packet, and these after the next.
#[derive(Clone)]
struct Script {
    after_connect: Vec<u8>,
    after_publish: Vec<u8>,
    closes: bool,
}

/// A broker that follows a script for some connections, and is a door to a real one for those after them.
struct Hostile {
    port: u16,
    _tasks: TaskSet<()>,
}

impl Hostile {
    async fn start(scripts: Vec<Script>, server: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut tasks = TaskSet::new();
        tasks.spawn("hostile broker", async move {
            let mut connections = TaskSet::new();
            let last = scripts.last().cloned();
            let mut scripts = scripts.into_iter();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                match scripts.next().or_else(|| last.clone().filter(|_| server.is_none())) {
                    Some(script) => connections.spawn("scripted", play(client, script)),
                    None => connections.spawn("real", open_door(client, server.unwrap())),
                }
            }
        });
        Self { port, _tasks: tasks }
    }

    fn config(&self) -> MqttConfig {
        MqttConfig::new(format!("mqtt://127.0.0.1:{}", self.port))
            .connect_timeout(Duration::from_secs(1))
            .patience(Duration::from_secs(2))
            .backoff(Duration::from_millis(1), Duration::from_millis(10))
    }
}

async fn play(mut client: TcpStream, script: Script) {
    let mut buffer = vec![0; 65_536];
    for answer in [script.after_connect, script.after_publish] {
        match client.read(&mut buffer).await {
            Ok(count) if count > 0 && client.write_all(&answer).await.is_ok() => {}
            _ => return,
        }
    }
    if !script.closes {
        while client.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    }
}

async fn open_door(mut client: TcpStream, server: u16) {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    // Either side may end it.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

fn script(after_connect: &[u8], after_publish: &[u8], closes: bool) -> Script {
    Script { after_connect: after_connect.to_vec(), after_publish: after_publish.to_vec(), closes }
}

async fn error_of(script: Script) -> Error {
    let hostile = Hostile::start(vec![script], None).await;
    let mut client = MqttClient::new(hostile.config());
    within(client.publish([Publish::new("a", "1")])).await.unwrap_err()
}

#[tokio::test]
async fn what_is_no_protocol_is_an_error_that_says_so() {
    let cases: [(&str, Script, ErrorKind); 11] = [
        ("silence", script(&[], &[], false), ErrorKind::Unreachable),
        ("a page", script(PAGE, &[], true), ErrorKind::Protocol),
        ("half of an answer", script(&ACCEPTED[..3], &[], true), ErrorKind::Unreachable),
        ("a reason that is none", script(&[0x20, 3, 0, 0x55, 0], &[], true), ErrorKind::Protocol),
        ("a length without end", script(&[0x20, 0xff, 0xff, 0xff, 0xff], &[], false), ErrorKind::Protocol),
        ("256 MB", script(&[0x30, 0xff, 0xff, 0xff, 0x7f], &[], false), ErrorKind::Protocol),
        ("a publish before all else", script(&[0x30, 4, 0, 1, b'a', 0], &[], false), ErrorKind::Protocol),
        ("a bad password", script(&[0x20, 3, 0, 0x86, 0], &[], false), ErrorKind::Login),
        ("too busy", script(&[0x20, 3, 0, 0x89, 0], &[], false), ErrorKind::Busy),
        ("another client", script(&ACCEPTED, &[0xe0, 1, 0x8e], false), ErrorKind::TakenOver),
        ("a packet too large", script(&ACCEPTED, &[0x40, 3, 0, 1, 0x95], false), ErrorKind::TooLarge),
    ];
    // All at the same time: some are tried again for a while.
    let mut errors = TaskSet::new();
    for (name, script, kind) in cases {
        errors.spawn(name, async move { (kind, error_of(script).await) });
    }
    while let Some((name, end)) = errors.next().await {
        let TaskEnd::Done((kind, error)) = end else { panic!("{name}: {end:?}") };
        assert_eq!(error.kind(), kind, "{name}: {error:?}");
    }
}

#[tokio::test]
async fn garbage_of_all_kinds_is_survived_and_nothing_is_lost() {
    let server = Server::start().await;
    for version in [Version::V3_1_1, Version::V5] {
        for seed in 0..20 {
            let mut random = Random::seeded(seed);
            let scripts = (0..5).map(|_| garbage(&mut random, version)).collect();
            let hostile = Hostile::start(scripts, Some(server.port())).await;
            let topic = format!("{version:?}/{seed}");
            let mqtt = hostile.config().version(version).patience(Duration::from_secs(30));
            let sink = MqttSink::new(MqttSinkConfig::new(mqtt, topic.as_str()).retained());
            let mut sink = started(sink).await;
            within(sink.deliver(&events(&numbers(0..10)))).await.unwrap();
            within(sink.stop()).await.unwrap();
            let read = MqttClient::new(server.config()).retained(&topic, Duration::from_secs(20)).await;
            assert_eq!(read.unwrap()[0].payload, "entry 9");
        }
    }
}

/// Random bytes, or packets with random contents; nothing that refuses us, which would be an end.
fn garbage(random: &mut Random, version: Version) -> Script {
    let accepted = if version == Version::V5 { &ACCEPTED[..] } else { &[0x20, 2, 0, 0] };
    let mut bytes = Vec::new();
    for _ in 0..=random.index(4) {
        let length = random.index(20);
        // No answer to a publish: a broker that says that it has it is believed.
        let first =
            [0x10, 0x30, 0x3d, 0x36, 0x62, 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xf0][random.index(12)];
        bytes.extend([first, u8::try_from(length).unwrap()]);
        bytes.extend((0..length).map(|_| random.next_u64().to_le_bytes()[0]));
    }
    let begins = random.percent(70);
    let closes = random.percent(50);
    // One that goes on must break the protocol, or it would only be slow.
    bytes.extend_from_slice(&[0x00, 0x00]);
    script(if begins { accepted } else { &bytes }, &bytes, closes)
}

#[tokio::test]
async fn a_broker_that_falls_silent_is_noticed_by_its_missing_pong() {
    let server = Server::start().await;
    let hostile = Hostile::start(vec![script(&ACCEPTED, &[], false)], Some(server.port())).await;
    let mqtt = hostile.config().keep_alive(Duration::from_secs(1)).patience(Duration::from_secs(20));
    let mut sink = started(MqttSink::new(MqttSinkConfig::new(mqtt, "a"))).await;
    within(sink.deliver(&events(&numbers(0..3)))).await.unwrap();
}
