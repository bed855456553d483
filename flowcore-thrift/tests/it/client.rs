use std::net::SocketAddr;

use bytes::Bytes;
use flowcore::event::Event;
use flowcore_thrift::Protocol;
use flowcore_thrift::wire::{
    Decoder, FrameDecoder, Limits, Reply, Status, append_batch, begin_frame, end_frame, read_reply,
};
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
    pub(crate) async fn receive(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(frame);
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

    pub(crate) async fn reply(&mut self, protocol: Protocol, serial: i32) -> Reply {
        let frame = self.receive().await.unwrap();
        read_reply(protocol, &frame, serial, &Limits::default()).unwrap()
    }

    /// The answer of the compact protocol.
    pub(crate) async fn status(&mut self, serial: i32) -> Status {
        match self.reply(Protocol::Compact, serial).await {
            Reply::Status(status) => status,
            Reply::Exception(message) => panic!("{message}"),
        }
    }

    /// Sends a call, and waits for its answer.
    pub(crate) async fn put(&mut self, serial: i32, events: &[Event]) -> Status {
        self.send(&call(serial, events)).await;
        self.status(serial).await
    }
}

pub(crate) fn frame(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let start = begin_frame(&mut bytes);
    write(&mut bytes);
    end_frame(&mut bytes, start).unwrap();
    bytes
}

pub(crate) fn call_of(protocol: Protocol, serial: i32, events: &[Event]) -> Vec<u8> {
    frame(|out| append_batch(protocol, out, serial, events))
}

/// In the compact protocol.
pub(crate) fn call(serial: i32, events: &[Event]) -> Vec<u8> {
    call_of(Protocol::Compact, serial, events)
}
