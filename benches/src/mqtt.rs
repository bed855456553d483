//! Messages through a broker and back: tuples through the MQTT bolt, then through the MQTT spout with
//! acknowledgement, both at QoS 1. Beside it the same protocol library in a bare loop with the same window.
//! Needs `mosquitto`.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::Clock;
use flowcore::process::{Emitter, Next, Spout, SpoutError, TaskContext, TopologyBuilder, for_each};
use flowcore_mqtt::{Message, MqttBolt, MqttClient, MqttConfig, MqttSourceConfig, MqttSpout, Publish, QoS};
use mqtt_protocol_core::mqtt::connection::Event;
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos, SubEntry, SubOpts, v5_0};
use mqtt_protocol_core::mqtt::{Connection, Version, common::Cursor, role};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::{Failure, check};

/// Messages under way, in each direction.
const WINDOW: u16 = 1000;
const PAYLOAD: [u8; 160] = [b'x'; 160];
const TOPIC: &str = "bench/messages";

/// A broker of its own on a free port; it ends with us.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When `mosquitto` is not there or does not answer.
    pub async fn start() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let port = flowcore_testkit::free_port();
        let file = folder.path().join("mosquitto.conf");
        let lines = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest none\nset_tcp_nodelay true\n\
             max_inflight_messages {WINDOW}\nmax_queued_messages 0\n"
        );
        std::fs::write(&file, lines)?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "mosquitto", "-c"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { child, port, _folder: folder };
        let client = MqttClient::new(server.config());
        client.retained("ready", Duration::from_secs(10)).await?;
        Ok(server)
    }

    fn config(&self) -> MqttConfig {
        MqttConfig::new(format!("mqtt://127.0.0.1:{}", self.port)).max_in_flight(WINDOW)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Emits so many payloads.
struct Payloads {
    left: u64,
    payload: Bytes,
    begin: Arc<Notify>,
}

impl Spout for Payloads {
    type Out = Emitter<Bytes>;

    async fn open(&mut self, _context: &TaskContext) -> Result<(), SpoutError> {
        self.begin.notified().await;
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let now = self.left.min(256);
        (0..now).for_each(|_| out.emit(self.payload.clone()));
        self.left -= now;
        Ok(if self.left == 0 { Next::End } else { Next::More })
    }
}

/// Publishes `messages` messages and takes them back, acknowledged on both ways.
///
/// # Errors
/// When the topology fails, or a message is lost.
pub async fn there_and_back(server: &Server, messages: u64) -> Result<(), Failure> {
    let source = MqttSourceConfig::new(server.config()).subscribe(TOPIC, QoS::AtLeastOnce);
    let (mqtt, topic) = (server.config(), Arc::<str>::from(TOPIC));
    let payload = Bytes::from_static(&PAYLOAD);
    // The first message is there before: who gets it has subscribed, and misses none of the others.
    let first = Publish::new(TOPIC, payload.clone()).retained();
    MqttClient::new(server.config()).publish([first]).await?;
    let begin = Arc::new(Notify::new());
    let mut topology = TopologyBuilder::new("mqtt").max_pending(4096);
    let came = topology.spout("came", move || MqttSpout::new(source.clone()));
    let bytes = Arc::new(AtomicU64::new(0));
    let into = Arc::clone(&bytes);
    let has_begun = Arc::clone(&begin);
    let look = move || {
        let (into, begin) = (Arc::clone(&into), Arc::clone(&has_begun));
        for_each(move |message: &Message| {
            if message.retained {
                begin.notify_one();
            }
            into.fetch_add(message.payload.len() as u64, Ordering::Relaxed);
        })
    };
    topology.bolt("look", look).shuffle(&came);
    let payloads = topology.spout("payloads", move || Payloads {
        left: messages,
        payload: payload.clone(),
        begin: Arc::clone(&begin),
    });
    let publish = move || {
        let topic = Arc::clone(&topic);
        MqttBolt::new(mqtt.clone(), move |payload: &Bytes, out| {
            out.add(Publish::new(Arc::clone(&topic), payload.clone()));
        })
    };
    topology.bolt("publish", publish).shuffle(&payloads);
    let running = topology.build()?.start();
    let handle = running.handle();
    let stop = async {
        while handle.snapshot().component("came").acked <= messages {
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        handle.stop();
    };
    let (report, ()) = tokio::join!(running.wait(), stop);
    let snapshot = report?.snapshot;
    check("published messages", messages, snapshot.component("payloads").acked)?;
    check("messages that came", messages + 1, snapshot.component("came").acked)?;
    check("bytes", (messages + 1) * PAYLOAD.len() as u64, bytes.load(Ordering::Relaxed))?;
    Ok(())
}

/// One connection in a bare loop.
struct Bare {
    stream: TcpStream,
    protocol: Connection<role::Client>,
    read: Vec<u8>,
    unwritten: Vec<u8>,
}

impl Bare {
    async fn connect(server: &Server, id: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
        stream.set_nodelay(true)?;
        let mut protocol = Connection::new(Version::V5_0);
        protocol.set_auto_pub_response(true);
        let mut bare = Self { stream, protocol, read: vec![0; 65_536], unwritten: Vec::new() };
        bare.send(v5_0::Connect::builder().client_id(id)?.clean_start(true).build()?.into())?;
        while !bare.turn().await?.iter().any(|packet| matches!(packet, Packet::V5_0Connack(_))) {}
        Ok(bare)
    }

    fn send(&mut self, packet: Packet) -> Result<(), Failure> {
        let events = self.protocol.send(packet);
        self.handle(events, &mut Vec::new())
    }

    fn handle(&mut self, events: Vec<Event>, packets: &mut Vec<Packet>) -> Result<(), Failure> {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    self.unwritten.extend_from_slice(&packet.to_continuous_buffer());
                }
                Event::NotifyPacketReceived(packet) => packets.push(packet),
                Event::NotifyError(error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes what there is, and returns what came then.
    async fn turn(&mut self) -> Result<Vec<Packet>, Failure> {
        self.stream.write_all(&self.unwritten).await?;
        self.unwritten.clear();
        let count = self.stream.read(&mut self.read).await?;
        if count == 0 {
            return Err("the broker closed the connection".into());
        }
        let read = self.read[..count].to_vec();
        let (mut cursor, mut packets) = (Cursor::new(&read[..]), Vec::new());
        while cursor.position() < count as u64 {
            let events = self.protocol.recv(&mut cursor);
            self.handle(events, &mut packets)?;
        }
        Ok(packets)
    }
}

/// The same by hand.
///
/// # Errors
/// When the broker refuses, or a message is lost.
pub async fn bare_loops(server: &Server, messages: u64) -> Result<(), Failure> {
    let mut reader = Bare::connect(server, "reader").await?;
    let id = reader.protocol.acquire_packet_id()?;
    let entry = SubEntry::new(TOPIC, SubOpts::new().set_qos(Qos::AtLeastOnce))?;
    reader.send(v5_0::Subscribe::builder().packet_id(id).entries(vec![entry]).build()?.into())?;
    while !reader.turn().await?.iter().any(|packet| matches!(packet, Packet::V5_0Suback(_))) {}
    let writer = Bare::connect(server, "writer").await?;
    let ((), bytes) = tokio::try_join!(write(writer, messages), read(reader, messages))?;
    check("bytes", messages * PAYLOAD.len() as u64, bytes)?;
    Ok(())
}

async fn write(mut bare: Bare, messages: u64) -> Result<(), Failure> {
    let (mut sent, mut answered) = (0, 0);
    while answered < messages {
        while sent < messages && sent - answered < u64::from(WINDOW) {
            let id = bare.protocol.acquire_packet_id()?;
            let publish = v5_0::Publish::builder().topic_name(TOPIC)?.qos(Qos::AtLeastOnce).packet_id(id);
            bare.send(publish.payload(&PAYLOAD[..]).build()?.into())?;
            sent += 1;
        }
        let packets = bare.turn().await?;
        answered += packets.iter().filter(|packet| matches!(packet, Packet::V5_0Puback(_))).count() as u64;
    }
    Ok(())
}

async fn read(mut bare: Bare, messages: u64) -> Result<u64, Failure> {
    let (mut came, mut bytes) = (0, 0);
    while came < messages {
        for packet in bare.turn().await? {
            if let Packet::V5_0Publish(publish) = packet {
                came += 1;
                bytes += publish.payload().len() as u64;
            }
        }
    }
    // The last acknowledgements.
    bare.stream.write_all(&bare.unwritten).await?;
    Ok(bytes)
}
