use bytes::Bytes;
use flowcore::event::Event;
use flowcore_avro::wire::{
    Decoder, FrameDecoder, HASH, HandshakeRequest, HandshakeResponse, Limits, Match, Md5, Reader, Reply,
    Status, append_batch, begin_frame, end_frame, parse_reply,
};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A client whose every byte the test chooses.
pub(crate) struct Client {
    stream: TcpStream,
    decoder: FrameDecoder,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self { stream, decoder: FrameDecoder::new(Limits::default()) }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next answer; `None` when the server has closed the connection.
    pub(crate) async fn receive(&mut self) -> Option<(u32, Bytes)> {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some((frame.serial, frame.body));
            }
            match self.stream.read_buf(self.decoder.input()).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Says that no more comes.
    pub(crate) async fn end(&mut self) {
        // The server may have gone before.
        let _ = self.stream.shutdown().await;
    }

    /// Whether anything came before the server closed.
    pub(crate) async fn receive_any(&mut self) -> bool {
        self.stream.read(&mut [0; 1000]).await.is_ok_and(|read| read > 0)
    }

    /// Shakes hands with a first call.
    pub(crate) async fn greet(&mut self, serial: u32, events: &[Event]) -> Status {
        self.send(&first_call(serial, events)).await;
        let (answered, body) = self.receive().await.unwrap();
        assert_eq!(answered, serial);
        let mut reader = Reader::new(&body);
        let handshake = HandshakeResponse::read(&mut reader, &Limits::default()).unwrap();
        assert_eq!(handshake.matched, Match::Both);
        status(&mut reader)
    }

    pub(crate) async fn status(&mut self, serial: u32) -> Status {
        let (answered, body) = self.receive().await.unwrap();
        assert_eq!(answered, serial);
        status(&mut Reader::new(&body))
    }
}

fn status(reader: &mut Reader<'_>) -> Status {
    match parse_reply(reader, &Limits::default()).unwrap() {
        Reply::Status(status) => status,
        Reply::Error(message) => panic!("{message}"),
    }
}

pub(crate) fn frame(serial: u32, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let start = begin_frame(&mut bytes, serial);
    write(&mut bytes);
    end_frame(&mut bytes, start).unwrap();
    bytes
}

pub(crate) fn first_call(serial: u32, events: &[Event]) -> Vec<u8> {
    frame(serial, |out| {
        HandshakeRequest::ours(HASH).write(out);
        append_batch(out, events);
    })
}

pub(crate) fn handshake(client_hash: Md5, client_protocol: Option<&str>, server_hash: Md5) -> Vec<u8> {
    let mut bytes = Vec::new();
    HandshakeRequest { client_hash, client_protocol, server_hash }.write(&mut bytes);
    bytes
}

pub(crate) fn call(serial: u32, events: &[Event]) -> Vec<u8> {
    frame(serial, |out| append_batch(out, events))
}

/// One buffer cut into several, some of them empty.
pub(crate) fn split_buffers(frame: &[u8], at: &[usize]) -> Vec<u8> {
    let body = &frame[12..];
    let mut bytes = frame[..4].to_vec();
    let count = u32::try_from(at.len() + 1).unwrap();
    bytes.extend_from_slice(&count.to_be_bytes());
    let mut from = 0;
    for to in at.iter().copied().chain([body.len()]) {
        bytes.extend_from_slice(&u32::try_from(to - from).unwrap().to_be_bytes());
        bytes.extend_from_slice(&body[from..to]);
        from = to;
    }
    bytes
}
