//! A broker that does what the test says, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

const PATIENCE: Duration = Duration::from_mins(2);
const CONNACK: &[u8] = b"\x20\x02\x00\x00";

pub(crate) struct Script {
    listener: TcpListener,
}

impl Script {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// The next page that connects. It asks for the subprotocol `mqtt`, and is given another if so wished.
    pub(crate) async fn accept_as(&self, protocol: Option<&'static str>) -> Peer {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap();
        Peer { line: accept_hdr_async(stream, Protocol(protocol)).await.unwrap() }
    }

    pub(crate) async fn accept(&self) -> Peer {
        self.accept_as(Some("mqtt")).await
    }

    /// The next page, with its session and its subscription.
    pub(crate) async fn welcome(&self) -> Peer {
        let mut peer = self.accept().await;
        assert_eq!(peer.receive().await[0], 0x10, "a CONNECT");
        peer.send(CONNACK).await;
        let filters = peer.subscription().await;
        peer.send(&suback(filters)).await;
        peer
    }
}

/// Takes every reader of `filters` topics.
pub(crate) fn suback(filters: usize) -> Vec<u8> {
    [&[0x90, u8::try_from(2 + filters).unwrap(), 0, 1][..], &vec![1; filters]].concat()
}

struct Protocol(Option<&'static str>);

impl Callback for Protocol {
    fn on_request(self, request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        assert_eq!(request.headers()["Sec-WebSocket-Protocol"], "mqtt");
        if let Some(protocol) = self.0 {
            response.headers_mut().insert("Sec-WebSocket-Protocol", protocol.parse().unwrap());
        }
        Ok(response)
    }
}

/// One page's connection.
pub(crate) struct Peer {
    line: WebSocketStream<TcpStream>,
}

impl Peer {
    /// The page's next packet: each is a frame of its own.
    pub(crate) async fn receive(&mut self) -> Vec<u8> {
        match timeout(PATIENCE, self.line.next()).await.unwrap() {
            Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
            other => panic!("a packet was expected, not {other:?}"),
        }
    }

    /// Takes the SUBSCRIBE, and says for how many topics it is.
    pub(crate) async fn subscription(&mut self) -> usize {
        let packet = self.receive().await;
        assert_eq!(packet[0], 0x82, "a SUBSCRIBE");
        let (mut rest, mut filters) = (&packet[4..], 0);
        while let [high, low, after @ ..] = rest {
            rest = &after[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
            filters += 1;
        }
        filters
    }

    /// One frame.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.line.send(Message::Binary(bytes.to_vec().into())).await.unwrap();
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.line.send(Message::Text(text.into())).await.unwrap();
    }

    /// Waits until the page has ended the connection.
    pub(crate) async fn ended(mut self) {
        let end = async { while let Some(Ok(_)) = self.line.next().await {} };
        timeout(PATIENCE, end).await.unwrap();
    }
}
