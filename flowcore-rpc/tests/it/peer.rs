use std::net::SocketAddr;

use flowcore_testkit::within;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A client whose every byte the test chooses.
pub(crate) struct Peer(BufReader<TcpStream>);

impl Peer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(BufReader::new(within(TcpStream::connect(address)).await.unwrap()))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        within(self.0.write_all(text.as_bytes())).await.unwrap();
    }

    /// Says that no more comes.
    pub(crate) async fn end(&mut self) {
        within(self.0.shutdown()).await.unwrap();
    }

    /// The next answer; `None` when the server has closed the connection.
    pub(crate) async fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        match within(self.0.read_line(&mut line)).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }

    pub(crate) async fn ask(&mut self, line: &str) -> Option<String> {
        self.send(&format!("{line}\n")).await;
        self.answer().await
    }
}
