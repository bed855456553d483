//! Bytes of a client, over TCP or in the frames of a websocket.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

/// The websocket subprotocol of MQTT.
const SUBPROTOCOL: &str = "mqtt";
/// Bytes that are read at a time.
const READ: usize = 16 << 10;

/// How a listener's clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Tcp,
    WebSocket,
}

#[derive(Debug)]
pub(super) enum Reader {
    Tcp(OwnedReadHalf),
    WebSocket(SplitStream<WebSocketStream<TcpStream>>),
}

#[derive(Debug)]
pub(super) enum Writer {
    Tcp(OwnedWriteHalf),
    WebSocket(SplitSink<WebSocketStream<TcpStream>, Message>),
}

/// Takes a connection; for a websocket, after its handshake. `largest` is in bytes, of a frame.
pub(super) async fn open(
    stream: TcpStream,
    carrier: Carrier,
    largest: usize,
) -> io::Result<(Reader, Writer)> {
    // Without it small packets wait for the acknowledgement of the ones before.
    stream.set_nodelay(true)?;
    if carrier == Carrier::Tcp {
        let (reader, writer) = stream.into_split();
        return Ok((Reader::Tcp(reader), Writer::Tcp(writer)));
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(READ)
        .max_write_buffer_size(READ + 4 * largest)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest));
    let websocket =
        accept_hdr_async_with_config(stream, Subprotocol, Some(config)).await.map_err(io_error)?;
    let (sink, stream) = websocket.split();
    Ok((Reader::WebSocket(stream), Writer::WebSocket(sink)))
}

impl Reader {
    /// Appends what came. `false` when the client left.
    pub(super) async fn read(&mut self, into: &mut BytesMut) -> io::Result<bool> {
        match self {
            Self::Tcp(half) => {
                into.reserve(READ);
                Ok(half.read_buf(into).await? > 0)
            }
            Self::WebSocket(stream) => read_frame(stream, into).await,
        }
    }
}

async fn read_frame(
    stream: &mut SplitStream<WebSocketStream<TcpStream>>,
    into: &mut BytesMut,
) -> io::Result<bool> {
    loop {
        match stream.next().await {
            None | Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed)) => return Ok(false),
            Some(Ok(Message::Binary(bytes))) => {
                into.extend_from_slice(&bytes);
                return Ok(true);
            }
            Some(Ok(Message::Text(_))) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a text frame instead of a binary one",
                ));
            }
            // Pings are answered by the library.
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(io_error(error)),
        }
    }
}

impl Writer {
    /// Sends it all.
    pub(super) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.write_all(&bytes).await,
            Self::WebSocket(sink) => sink.send(Message::Binary(bytes)).await.map_err(io_error),
        }
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.shutdown().await,
            Self::WebSocket(sink) => sink.close().await.map_err(io_error),
        }
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}

/// Wants the subprotocol and answers it: browsers end a connection without that answer.
struct Subprotocol;

impl Callback for Subprotocol {
    fn on_request(self, request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let names = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        if !names.map(str::trim).any(|name| name == SUBPROTOCOL) {
            let mut refusal = ErrorResponse::new(Some("the subprotocol mqtt is missing\n".to_owned()));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return Err(refusal);
        }
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        Ok(response)
    }
}
