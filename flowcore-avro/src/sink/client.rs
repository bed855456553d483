use std::io;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use flowcore::event::Event;
use flowcore::ingest::metrics::{Connected, Counters};
use flowcore_tls::TlsConnector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::AvroSinkConfig;
use super::config::Server;
use super::exchange::{Answer, Exchange};
use crate::AvroError;
use crate::transport::{Frames, Io, Layers, ReadError};
use crate::wire::{Limits, Status};

/// An answer may have: a protocol, and what a server says about an error.
const LIMITS: Limits = Limits { frame_bytes: 1 << 20, buffers: 1 << 10, events: 0, headers: 256 };
/// Answers to nothing that was asked for, before a server counts as broken.
const MAX_STRAYS: u32 = 100;

/// A connection to one server.
pub(super) struct Client {
    server: String,
    stream: Box<dyn Io>,
    frames: Frames,
    exchange: Exchange,
    request_timeout: Duration,
    out: Vec<u8>,
    open: Stopwatch,
    _connected: Connected,
}

impl Client {
    pub(super) async fn connect(
        server: &Server,
        config: &AvroSinkConfig,
        tls: Option<TlsConnector>,
        clock: &Clock,
        counters: &Counters,
    ) -> Result<Self, AvroError> {
        let limit = config.connect_timeout;
        let name = format!("{}:{}", server.host, server.port);
        let stream = match timeout(limit, open(server, config, tls)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(cause)) => return Err(AvroError::Connect { server: name, cause }),
            Err(_) => return Err(AvroError::TooSlow { server: name, what: "accept a connection", limit }),
        };
        let memory = Frames::memory(2 * LIMITS.frame_bytes);
        Ok(Self {
            server: name,
            stream,
            frames: Frames::new(LIMITS, config.request_timeout, clock, memory),
            exchange: Exchange::new(LIMITS),
            request_timeout: config.request_timeout,
            out: Vec::new(),
            open: clock.stopwatch(),
            _connected: counters.connected(),
        })
    }

    pub(super) fn age(&self) -> Duration {
        self.open.elapsed()
    }

    /// Sends one call, and waits until the server has the events. After an error the connection is of no use.
    pub(super) async fn append(&mut self, events: &[Event]) -> Result<(), AvroError> {
        let limit = self.request_timeout;
        let answer = timeout(limit, self.call(events)).await;
        let server = self.server.clone();
        match answer {
            Err(_) => Err(AvroError::TooSlow { server, what: "answer", limit }),
            Ok(Err(cause)) => Err(AvroError::Broken { server, cause: Box::new(cause) }),
            Ok(Ok(Answer::Status(Status::Ok))) => Ok(()),
            Ok(Ok(Answer::Status(status))) => Err(AvroError::NotTaken { server, status }),
            Ok(Ok(Answer::Error(message))) => Err(AvroError::Answered { server, message }),
            Ok(Ok(Answer::Stranger | Answer::Again | Answer::Stray)) => Err(AvroError::Stranger { server }),
        }
    }

    async fn call(&mut self, events: &[Event]) -> Result<Answer, ReadError> {
        loop {
            self.out.clear();
            self.exchange.ask(events, &mut self.out)?;
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await?;
            match self.answer().await? {
                Answer::Again => {}
                answer => return Ok(answer),
            }
        }
    }

    async fn answer(&mut self) -> Result<Answer, ReadError> {
        for _ in 0..MAX_STRAYS {
            let frame = self.frames.next(&mut self.stream).await?.ok_or(ReadError::Gone)?;
            self.frames.release();
            match self.exchange.hear(&frame)? {
                Answer::Stray => {}
                answer => return Ok(answer),
            }
        }
        Ok(Answer::Stray)
    }
}

async fn open(
    server: &Server,
    config: &AvroSinkConfig,
    tls: Option<TlsConnector>,
) -> io::Result<Box<dyn Io>> {
    // An address of IPv6 may stand in brackets.
    let host = server.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, server.port)).await?;
    // A call is written at once, and waited for.
    let _ = stream.set_nodelay(true);
    let layers = Layers { compression: config.compression, order: config.order };
    layers.connect(Box::new(stream), tls, host).await
}
