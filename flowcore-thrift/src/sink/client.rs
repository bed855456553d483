use std::io;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use flowcore::event::Event;
use flowcore::ingest::metrics::{Connected, Counters};
use flowcore_tls::TlsConnector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::ThriftSinkConfig;
use super::config::Server;
use crate::ThriftError;
use crate::transport::{Frames, Io, ReadError};
use crate::wire::{Limits, Protocol, Reply, Status, append_batch, begin_frame, end_frame, read_reply};

/// An answer may have: what a server says about an error.
const LIMITS: Limits = Limits { frame_bytes: 1 << 20, events: 0, headers: 0, text_bytes: 1 << 16, depth: 64 };

/// A connection to one server.
pub(super) struct Client {
    server: String,
    stream: Box<dyn Io>,
    frames: Frames,
    protocol: Protocol,
    serial: i32,
    request_timeout: Duration,
    out: Vec<u8>,
    clock: Clock,
    open: Stopwatch,
    _connected: Connected,
    /// Since the last call was begun.
    asked: Stopwatch,
}

impl Client {
    pub(super) async fn connect(
        server: &Server,
        config: &ThriftSinkConfig,
        tls: Option<TlsConnector>,
        clock: &Clock,
        counters: &Counters,
    ) -> Result<Self, ThriftError> {
        let limit = config.connect_timeout;
        let name = format!("{}:{}", server.host, server.port);
        let stream = match timeout(limit, open(server, tls)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(cause)) => return Err(ThriftError::Connect { server: name, cause }),
            Err(_) => return Err(ThriftError::TooSlow { server: name, what: "accept a connection", limit }),
        };
        let memory = Frames::memory(2 * LIMITS.frame_bytes);
        Ok(Self {
            server: name,
            stream,
            frames: Frames::new(LIMITS, config.request_timeout, clock, memory),
            protocol: config.protocol,
            serial: 0,
            request_timeout: config.request_timeout,
            out: Vec::new(),
            clock: clock.clone(),
            open: clock.stopwatch(),
            _connected: counters.connected(),
            asked: clock.stopwatch(),
        })
    }

    pub(super) fn age(&self) -> Duration {
        self.open.elapsed()
    }

    /// Sends one call. After an error the connection is of no use.
    pub(super) async fn ask(&mut self, events: &[Event]) -> Result<(), ThriftError> {
        self.asked = self.clock.stopwatch();
        match timeout(self.request_timeout, self.write(events)).await {
            Ok(written) => written.map_err(|cause| self.broken(cause)),
            Err(_) => Err(self.too_slow()),
        }
    }

    /// Waits until the server has the events of the call that was sent. After an error the connection is of
    /// no use.
    pub(super) async fn hear(&mut self) -> Result<(), ThriftError> {
        let left = self.request_timeout.saturating_sub(self.asked.elapsed());
        let reply = match timeout(left, self.reply()).await {
            Ok(reply) => reply.map_err(|cause| self.broken(cause))?,
            Err(_) => return Err(self.too_slow()),
        };
        let server = || self.server.clone();
        match reply {
            Reply::Status(Status::Ok) => Ok(()),
            Reply::Status(status) => Err(ThriftError::NotTaken { server: server(), status }),
            Reply::Exception(message) => Err(ThriftError::Answered { server: server(), message }),
        }
    }

    async fn write(&mut self, events: &[Event]) -> Result<(), ReadError> {
        self.out.clear();
        // As in Java, the first is 1.
        self.serial = self.serial.wrapping_add(1);
        let start = begin_frame(&mut self.out);
        append_batch(self.protocol, &mut self.out, self.serial, events);
        end_frame(&mut self.out, start)?;
        self.stream.write_all(&self.out).await?;
        Ok(self.stream.flush().await?)
    }

    async fn reply(&mut self) -> Result<Reply, ReadError> {
        let frame = self.frames.next(&mut self.stream).await?.ok_or(ReadError::Gone)?;
        self.frames.release();
        Ok(read_reply(self.protocol, &frame, self.serial, &LIMITS)?)
    }

    fn broken(&self, cause: ReadError) -> ThriftError {
        ThriftError::Broken { server: self.server.clone(), cause: Box::new(cause) }
    }

    fn too_slow(&self) -> ThriftError {
        let (server, limit) = (self.server.clone(), self.request_timeout);
        ThriftError::TooSlow { server, what: "answer", limit }
    }
}

async fn open(server: &Server, tls: Option<TlsConnector>) -> io::Result<Box<dyn Io>> {
    // An address of IPv6 may stand in brackets.
    let host = server.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, server.port)).await?;
    // A call is written at once, and waited for.
    let _ = stream.set_nodelay(true);
    Ok(match tls {
        Some(tls) => Box::new(tls.connect(host, stream).await?),
        None => Box::new(stream),
    })
}
