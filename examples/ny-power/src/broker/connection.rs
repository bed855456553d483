//! One client: reads its packets, checks who it is and what it may, and writes what it is sent.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use flowcore::base::{Clock, Stopwatch};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, RawPacket};
use mqtt_protocol_core::mqtt::result_code::MqttError;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::access::{Access, Rights};
use super::config::Limits;
use super::core::Input;
use super::decode::Decoder;
use super::decode_connect;
use super::encode::encode;
use super::hub::Event;
use super::outbox::Outbox;
use super::packet::{Answer, Connect, Reason, Request, Version};
use super::session::ConnectionId;
use super::transport::{Carrier, Reader, Writer, open};

/// A client has so long to take its last packets.
const GRACE: Duration = Duration::from_secs(2);
/// The first byte of the first packet.
const CONNECT: u8 = 0x10;
/// Bytes that are written at a time.
const WRITE: usize = 64 << 10;

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) access: Arc<Access>,
    pub(super) limits: Arc<Limits>,
    pub(super) inputs: mpsc::Sender<Input>,
}

/// Why a connection ended, for the log.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the client left")]
    Left,
    #[error("the client's bytes could not be read or written")]
    Io(#[from] std::io::Error),
    #[error("the client was refused: {0:?}")]
    Unwelcome(Reason),
    #[error("the client broke the protocol: {0:?}")]
    Fault(Reason),
    #[error("the client sent nothing for too long")]
    Silent,
    #[error("the broker closed it")]
    Closed,
}

/// Serves a client until it leaves or is sent away.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    carrier: Carrier,
    id: ConnectionId,
    outbox: Arc<Outbox>,
    shared: Shared,
) -> Ended {
    let clock = Clock::system();
    let since = clock.stopwatch();
    let largest = shared.limits.packet as usize + WRITE;
    let opened = timeout(shared.limits.connect_time, open(stream, carrier, largest)).await;
    let end = match opened {
        Err(_) => End::Silent,
        Ok(Err(error)) => End::Io(error),
        Ok(Ok((reader, writer))) => talk(reader, writer, id, since, &outbox, &shared).await,
    };
    Ended { peer, end }
}

/// How the connection of a client ended.
#[derive(Debug)]
pub(super) struct Ended {
    peer: SocketAddr,
    end: End,
}

impl Ended {
    /// Whether an operator wants to know of it.
    pub(super) fn is_fault(&self) -> bool {
        matches!(self.end, End::Unwelcome(_) | End::Fault(_))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.peer, self.end)?;
        self.end.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

async fn talk(
    reader: Reader,
    writer: Writer,
    id: ConnectionId,
    since: Stopwatch,
    outbox: &Outbox,
    shared: &Shared,
) -> End {
    let mut input = PacketReader::new(reader, shared.limits.reader_packet);
    let first = input.first(since, shared).await;
    let (connect, rights) = match first {
        Ok(first) => first,
        Err((version, end)) => {
            if let (Some(version), End::Unwelcome(reason)) = (version, &end) {
                outbox.push([Answer::Refuse(*reason)]);
                outbox.close(None);
                // It is told so if it listens.
                drop(timeout(GRACE, write(writer, outbox, version, GRACE)).await);
            }
            return end;
        }
    };
    let version = connect.version;
    let mut writing = pin!(write(writer, outbox, version, shared.limits.stall));
    let mut reading = pin!(listen(input, id, connect, rights, outbox, shared));
    let closed = async {
        outbox.closed().await;
        Clock::system().sleep(GRACE).await;
    };
    let end = tokio::select! {
        end = &mut reading => end,
        written = &mut writing => return written.map_or_else(End::Io, |()| End::Closed),
        () = closed => return End::Closed,
    };
    if let End::Fault(reason) = &end {
        outbox.close(Some(*reason));
    } else if matches!(end, End::Silent) {
        outbox.close(Some(Reason::KeepAliveTimeout));
    } else {
        outbox.close(None);
    }
    drop(timeout(GRACE, writing).await);
    end
}

/// Reads until something ends it. The core knows of the connection from the first to the last line.
async fn listen(
    mut input: PacketReader,
    id: ConnectionId,
    connect: Box<Connect>,
    rights: Arc<Rights>,
    outbox: &Outbox,
    shared: &Shared,
) -> End {
    let decoder = Decoder { version: connect.version, limits: &shared.limits };
    let clock = Clock::system();
    input.silence = silence(connect.keep_alive);
    if rights.writes() {
        input.builder.set_maximum_packet_size(shared.limits.packet);
    }
    let event = Event::Connect { connection: id, connect, rights: rights.clone() };
    let mut told = shared.inputs.send(Input::Event(event)).await.is_ok();
    while told {
        let packet = match input.next().await {
            Ok(packet) => packet,
            Err(end) => return end,
        };
        let request = match decoder.request(&packet, &clock) {
            Ok(request) => permitted(request, &rights),
            Err(reason) => return End::Fault(reason),
        };
        if !outbox.has_room().await {
            return End::Closed;
        }
        let leaves = matches!(request, Request::Disconnect { .. });
        let event = Event::Request { connection: id, request };
        told = shared.inputs.send(Input::Event(event)).await.is_ok();
        if leaves {
            return End::Left;
        }
    }
    End::Closed
}

/// One and a half times what the client promised.
fn silence(keep_alive: u16) -> Option<Duration> {
    (keep_alive > 0).then(|| Duration::from_millis(u64::from(keep_alive) * 1500))
}

/// A message that its sender may not publish is left out here: it takes no room in any queue.
fn permitted(request: Request, rights: &Rights) -> Request {
    match request {
        Request::Publish { message, id } if !rights.may_write(&message.topic) => {
            Request::Refused { qos: message.qos, id }
        }
        request => request,
    }
}

/// Puts packets together.
struct PacketReader {
    reader: Reader,
    bytes: BytesMut,
    builder: PacketBuilder,
    silence: Option<Duration>,
    /// Nothing but CONNECT is waited for: who speaks something else is known by the first byte.
    is_first: bool,
}

impl PacketReader {
    fn new(reader: Reader, largest: u32) -> Self {
        let builder = PacketBuilder::with_maximum_packet_size(largest);
        Self { reader, bytes: BytesMut::new(), builder, silence: None, is_first: true }
    }

    /// CONNECT, within the time for it.
    async fn first(
        &mut self,
        since: Stopwatch,
        shared: &Shared,
    ) -> Result<(Box<Connect>, Arc<Rights>), (Option<Version>, End)> {
        self.silence = Some(shared.limits.connect_time.saturating_sub(since.elapsed()));
        let packet = self.next().await.map_err(|end| (None, end))?;
        let connect = decode_connect::connect(&packet, &shared.limits, &Clock::system())
            .map_err(|unwelcome| (unwelcome.version, End::Unwelcome(unwelcome.reason)))?;
        let rights = shared.access.login(connect.user.as_deref(), connect.password.as_deref());
        let rights = rights.ok_or((Some(connect.version), End::Unwelcome(Reason::NotAuthorized)))?;
        Ok((Box::new(connect), rights))
    }

    /// The next packet. The time for it goes on while it comes in pieces.
    async fn next(&mut self) -> Result<RawPacket, End> {
        let silence = self.silence;
        let read = self.assemble();
        match silence {
            Some(silence) => timeout(silence, read).await.unwrap_or(Err(End::Silent)),
            None => read.await,
        }
    }

    async fn assemble(&mut self) -> Result<RawPacket, End> {
        loop {
            if self.is_first && self.bytes.first().is_some_and(|byte| *byte != CONNECT) {
                return Err(End::Fault(Reason::ProtocolError));
            }
            self.is_first &= self.bytes.is_empty();
            let mut cursor = Cursor::new(&self.bytes[..]);
            let built = self.builder.feed(&mut cursor);
            let used = usize::try_from(cursor.position()).unwrap_or(self.bytes.len());
            self.bytes.advance(used.min(self.bytes.len()));
            match built {
                PacketBuildResult::Complete(packet) => return Ok(packet),
                PacketBuildResult::Incomplete => {}
                PacketBuildResult::Error(MqttError::PacketTooLarge) => {
                    return Err(End::Fault(Reason::PacketTooLarge));
                }
                PacketBuildResult::Error(_) => return Err(End::Fault(Reason::MalformedPacket)),
            }
            if !self.reader.read(&mut self.bytes).await? {
                return Err(End::Left);
            }
        }
    }
}

/// Writes until the outbox is closed and empty, or the client takes nothing for `stall`.
async fn write(
    mut writer: Writer,
    outbox: &Outbox,
    version: Version,
    stall: Duration,
) -> std::io::Result<()> {
    let mut answers = VecDeque::new();
    let mut bytes = BytesMut::new();
    while outbox.take(&mut answers).await {
        while let Some(answer) = answers.pop_front() {
            encode(version, &answer, &mut bytes);
            if bytes.len() >= WRITE || (answers.is_empty() && !bytes.is_empty()) {
                timeout(stall, writer.write(bytes.split().freeze())).await??;
            }
        }
    }
    writer.close().await
}
