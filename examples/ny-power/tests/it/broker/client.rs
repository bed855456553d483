//! A client that a test drives packet by packet, over TCP or a websocket.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{GenericPacketTrait, Packet, Qos, SubEntry, SubOpts, v3_1_1, v5_0};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::running::PASSWORD;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

enum Stream {
    Tcp(TcpStream),
    WebSocket(Box<WebSocketStream<TcpStream>>),
}

/// One connection. Version 5 unless it says otherwise.
pub(crate) struct Client {
    stream: Stream,
    builder: PacketBuilder,
    bytes: BytesMut,
    /// Bytes of a websocket frame.
    frame: usize,
    v5: bool,
}

/// What a client says first.
#[derive(Clone, Copy)]
pub(crate) struct Hello<'a> {
    pub(crate) v5: bool,
    pub(crate) name: &'a str,
    pub(crate) clean: bool,
    pub(crate) pump: bool,
}

impl Hello<'_> {
    pub(crate) fn anonymous() -> Self {
        Self { v5: true, name: "", clean: true, pump: false }
    }

    pub(crate) fn pump() -> Self {
        Self { pump: true, ..Self::anonymous() }
    }
}

impl Client {
    pub(crate) async fn tcp(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        Self::over(Stream::Tcp(stream))
    }

    /// `frame` bytes in a frame, so that packets are cut and joined.
    pub(crate) async fn websocket(port: u16, frame: usize) -> Self {
        let websocket = dial(port, Some("mqtt")).await.unwrap();
        Self { frame, ..Self::over(Stream::WebSocket(Box::new(websocket))) }
    }

    fn over(stream: Stream) -> Self {
        Self { stream, builder: PacketBuilder::new(), bytes: BytesMut::new(), frame: usize::MAX, v5: true }
    }

    /// What the broker knows it by.
    pub(crate) fn local(&self) -> SocketAddr {
        match &self.stream {
            Stream::Tcp(stream) => stream.local_addr().unwrap(),
            Stream::WebSocket(websocket) => websocket.get_ref().local_addr().unwrap(),
        }
    }

    /// Connected and taken. Whether there was a session.
    pub(crate) async fn hello(mut self, hello: Hello<'_>) -> (Self, bool) {
        self.v5 = hello.v5;
        self.send(&connect(hello)).await;
        let (code, present) = self.connack().await;
        assert_eq!(code, 0);
        (self, present)
    }

    /// Code and whether there was a session.
    pub(crate) async fn connack(&mut self) -> (u8, bool) {
        let raw = self.raw().await.expect("an answer");
        assert_eq!(raw.packet_type(), 2);
        (raw.data_as_slice()[1], raw.data_as_slice()[0] == 1)
    }

    pub(crate) async fn send(&mut self, packet: &Packet) {
        self.send_bytes(&packet.to_continuous_buffer()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        assert!(self.try_send(bytes).await, "the broker takes it");
    }

    /// Sends what the broker takes of it.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(bytes).await.is_ok(),
            Stream::WebSocket(websocket) => {
                for frame in bytes.chunks(self.frame.min(1 << 20)) {
                    if websocket.send(Message::Binary(frame.to_vec().into())).await.is_err() {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// The next packet; `None` when the broker closed the connection.
    pub(crate) async fn raw(&mut self) -> Option<RawPacket> {
        timeout(PATIENCE, self.assemble()).await.expect("a packet or the end comes")
    }

    async fn assemble(&mut self) -> Option<RawPacket> {
        loop {
            let mut cursor = Cursor::new(&self.bytes[..]);
            let built = self.builder.feed(&mut cursor);
            let used = usize::try_from(cursor.position()).unwrap();
            drop(self.bytes.split_to(used));
            match built {
                PacketBuildResult::Complete(packet) => return Some(packet),
                PacketBuildResult::Error(error) => panic!("{error}"),
                PacketBuildResult::Incomplete => {}
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn read(&mut self) -> bool {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.read_buf(&mut self.bytes).await.is_ok_and(|count| count > 0),
            Stream::WebSocket(websocket) => match websocket.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    self.bytes.extend_from_slice(&bytes);
                    true
                }
                _ => false,
            },
        }
    }

    /// Subscribes with these options byte of version 5, and waits for the answer.
    pub(crate) async fn subscribe(&mut self, filter: &str, options: u8) -> u8 {
        let entry = SubEntry::new(filter, SubOpts::from_u8(options).unwrap()).unwrap();
        let packet: Packet = if self.v5 {
            v5_0::Subscribe::builder().packet_id(9).entries(vec![entry]).build().unwrap().into()
        } else {
            v3_1_1::Subscribe::builder().packet_id(9).entries(vec![entry]).build().unwrap().into()
        };
        self.send(&packet).await;
        let raw = self.raw().await.unwrap();
        assert_eq!(raw.packet_type(), 9);
        *raw.data_as_slice().last().unwrap()
    }

    /// Sends a message; waits for nothing.
    pub(crate) async fn publish(&mut self, topic: &str, payload: &str, qos: u8, id: u16, retain: bool) {
        let packet = publish(self.v5, topic, payload, qos, id, retain);
        self.send(&packet).await;
    }

    /// The next message, acknowledged as its quality wants it.
    pub(crate) async fn message(&mut self) -> Received {
        loop {
            let raw = self.raw().await.expect("a message comes");
            let id = raw.data_as_slice();
            match raw.packet_type() {
                3 => {
                    let received = self.received(&raw);
                    match received.qos {
                        1 => self.acknowledge(0x40, received.id).await,
                        2 => self.acknowledge(0x50, received.id).await,
                        _ => {}
                    }
                    return received;
                }
                6 => self.acknowledge(0x70, u16::from_be_bytes([id[0], id[1]])).await,
                _ => {}
            }
        }
    }

    pub(crate) async fn acknowledge(&mut self, head: u8, id: u16) {
        let [high, low] = id.to_be_bytes();
        self.send_bytes(&[head, 2, high, low]).await;
    }

    /// A message that is not acknowledged.
    pub(crate) fn received(&self, raw: &RawPacket) -> Received {
        let PacketData::Publish(data) = &raw.data else { panic!("{raw:?}") };
        let again = raw.flags() & 8 != 0;
        if self.v5 {
            let (packet, _) = v5_0::Publish::parse(raw.flags(), data.clone()).unwrap();
            Received::new(packet.topic_name(), packet.payload().as_slice(), packet.qos(), packet.retain())
                .with(packet.packet_id(), again)
        } else {
            let (packet, _) = v3_1_1::Publish::parse(raw.flags(), data.clone()).unwrap();
            Received::new(packet.topic_name(), packet.payload().as_slice(), packet.qos(), packet.retain())
                .with(packet.packet_id(), again)
        }
    }

    /// Waits for the answer to a message, and for the second one of QoS 2. The reason.
    pub(crate) async fn answered(&mut self, qos: u8) -> u8 {
        if qos == 0 {
            return 0;
        }
        let raw = self.raw().await.expect("an answer comes");
        let body = raw.data_as_slice();
        let (id, reason) = (u16::from_be_bytes([body[0], body[1]]), body.get(2).copied().unwrap_or(0));
        assert_eq!(raw.packet_type(), if qos == 1 { 4 } else { 5 });
        if qos == 2 && reason < 0x80 {
            self.acknowledge(0x62, id).await;
            assert_eq!(self.raw().await.unwrap().packet_type(), 7);
        }
        reason
    }

    /// Waits until the broker has all that was sent.
    pub(crate) async fn heard(&mut self) {
        self.send_bytes(&[0xc0, 0]).await;
        assert_eq!(self.raw().await.unwrap().packet_type(), 13);
    }

    /// Sends a message and waits until the broker has it.
    pub(crate) async fn deliver(&mut self, topic: &str, payload: &str, qos: u8, retain: bool) -> u8 {
        self.publish(topic, payload, qos, if qos == 0 { 0 } else { 7 }, retain).await;
        self.answered(qos).await
    }
}

/// Whether the handshake succeeded.
pub(crate) async fn dial(
    port: u16,
    subprotocol: Option<&'static str>,
) -> Result<WebSocketStream<TcpStream>, tokio_tungstenite::tungstenite::Error> {
    let mut request = format!("ws://127.0.0.1:{port}/mqtt").into_client_request().unwrap();
    if let Some(name) = subprotocol {
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(name));
    }
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    Ok(client_async(request, stream).await?.0)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) topic: String,
    pub(crate) payload: String,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) id: u16,
    pub(crate) again: bool,
}

impl Received {
    fn new(topic: &str, payload: &[u8], qos: Qos, retain: bool) -> Self {
        let payload = String::from_utf8(payload.to_vec()).unwrap();
        Self { topic: topic.to_owned(), payload, qos: qos as u8, retain, id: 0, again: false }
    }

    fn with(self, id: Option<u16>, again: bool) -> Self {
        Self { id: id.unwrap_or(0), again, ..self }
    }
}

pub(crate) fn connect(hello: Hello<'_>) -> Packet {
    if hello.v5 {
        let mut builder = v5_0::Connect::builder().clean_start(hello.clean).client_id(hello.name).unwrap();
        if !hello.clean {
            let expiry = mqtt_protocol_core::mqtt::packet::SessionExpiryInterval::new(3600).unwrap();
            builder = builder.props(vec![expiry.into()]);
        }
        if hello.pump {
            builder = builder.user_name("pump").unwrap().password(PASSWORD).unwrap();
        }
        return builder.build().unwrap().into();
    }
    let mut builder = v3_1_1::Connect::builder().clean_session(hello.clean).client_id(hello.name).unwrap();
    if hello.pump {
        builder = builder.user_name("pump").unwrap().password(PASSWORD).unwrap();
    }
    builder.build().unwrap().into()
}

pub(crate) fn publish(v5: bool, topic: &str, payload: &str, qos: u8, id: u16, retain: bool) -> Packet {
    let quality = Qos::try_from(qos).unwrap();
    if v5 {
        let builder = v5_0::Publish::builder().topic_name(topic).unwrap().qos(quality).retain(retain);
        let builder = if qos > 0 { builder.packet_id(id) } else { builder };
        return builder.payload(payload).build().unwrap().into();
    }
    let builder = v3_1_1::Publish::builder().topic_name(topic).unwrap().qos(quality).retain(retain);
    let builder = if qos > 0 { builder.packet_id(id) } else { builder };
    builder.payload(payload).build().unwrap().into()
}
