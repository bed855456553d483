use std::io;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use flowcore::event::Event;
use flowcore::ingest::metrics::{Connected, Counters};
use flowcore_tls::TlsConnector;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::Server;
use crate::protocol::{Answer, Exchange, Stream};
use crate::transport::Frames;
use crate::{ClientProtocol, ReadError, RpcError};

/// Answers to nothing that was asked for, before a server counts as broken.
const MAX_STRAYS: u32 = 100;

/// A connection to one server.
pub(super) struct Client<X: Exchange> {
    server: String,
    stream: Stream,
    frames: Frames<X::Decoder>,
    exchange: X,
    request_timeout: Duration,
    out: Vec<u8>,
    clock: Clock,
    open: Stopwatch,
    /// Since the last call was begun.
    asked: Stopwatch,
    _connected: Connected,
}

impl<X: Exchange> Client<X> {
    pub(super) async fn connect<P: ClientProtocol<Exchange = X>>(
        server: &Server,
        protocol: &P,
        tls: Option<&TlsConnector>,
        clock: &Clock,
        counters: &Counters,
    ) -> Result<Self, RpcError<X::Status>> {
        let config = protocol.connect();
        let (limit, request_timeout) = (config.connect_timeout, config.request_timeout);
        let name = format!("{}:{}", server.host, server.port);
        let stream = match timeout(limit, open(server, protocol, tls)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(cause)) => return Err(RpcError::Connect { server: name, cause }),
            Err(_) => return Err(RpcError::TooSlow { server: name, what: "accept a connection", limit }),
        };
        let exchange = protocol.exchange();
        Ok(Self {
            server: name,
            stream,
            frames: Frames::alone(exchange.decoder(), request_timeout, clock),
            exchange,
            request_timeout,
            out: Vec::new(),
            clock: clock.clone(),
            open: clock.stopwatch(),
            asked: clock.stopwatch(),
            _connected: counters.connected(),
        })
    }

    pub(super) fn age(&self) -> Duration {
        self.open.elapsed()
    }

    /// Sends one call. After an error the connection is of no use.
    pub(super) async fn ask(&mut self, events: &[Event]) -> Result<(), RpcError<X::Status>> {
        self.asked = self.clock.stopwatch();
        match timeout(self.request_timeout, self.write(events)).await {
            Ok(written) => written.map_err(|cause| self.broken(cause)),
            Err(_) => Err(self.too_slow()),
        }
    }

    /// Waits until the server has the events of the call that was sent: those. After an error the connection is
    /// of no use.
    pub(super) async fn hear(&mut self, events: &[Event]) -> Result<(), RpcError<X::Status>> {
        let left = self.request_timeout.saturating_sub(self.asked.elapsed());
        let answer = match timeout(left, self.answer(events)).await {
            Ok(answer) => answer.map_err(|cause| self.broken(cause))?,
            Err(_) => return Err(self.too_slow()),
        };
        let server = || self.server.clone();
        match answer {
            Answer::Taken => Ok(()),
            Answer::NotTaken(status) => Err(RpcError::NotTaken { server: server(), status }),
            Answer::Error(message) => Err(RpcError::Answered { server: server(), message }),
            Answer::Stranger | Answer::Again | Answer::Stray => Err(RpcError::Stranger { server: server() }),
        }
    }

    async fn write(&mut self, events: &[Event]) -> Result<(), ReadError> {
        self.out.clear();
        self.exchange.ask(events, &mut self.out).map_err(ReadError::protocol)?;
        self.stream.write_all(&self.out).await?;
        Ok(self.stream.flush().await?)
    }

    async fn answer(&mut self, events: &[Event]) -> Result<Answer<X::Status>, ReadError> {
        for _ in 0..MAX_STRAYS {
            let frame = self.frames.next(&mut self.stream).await?.ok_or(ReadError::Gone)?;
            self.frames.release();
            match self.exchange.hear(&frame).map_err(ReadError::protocol)? {
                Answer::Stray => {}
                Answer::Again => self.write(events).await?,
                answer => return Ok(answer),
            }
        }
        Ok(Answer::Stray)
    }

    fn broken(&self, cause: ReadError) -> RpcError<X::Status> {
        RpcError::Broken { server: self.server.clone(), cause: Box::new(cause) }
    }

    fn too_slow(&self) -> RpcError<X::Status> {
        let (server, limit) = (self.server.clone(), self.request_timeout);
        RpcError::TooSlow { server, what: "answer", limit }
    }
}

async fn open<P: ClientProtocol>(
    server: &Server,
    protocol: &P,
    tls: Option<&TlsConnector>,
) -> io::Result<Stream> {
    // An address of IPv6 may stand in brackets.
    let host = server.host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, server.port)).await?;
    // A call is written at once, and waited for.
    let _ = stream.set_nodelay(true);
    let stream = protocol.below_tls(Box::new(stream));
    let stream = match tls {
        Some(tls) => Box::new(tls.connect(host, stream).await?),
        None => stream,
    };
    Ok(protocol.above_tls(stream))
}
