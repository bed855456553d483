use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::BytesMut;
use flowcore::base::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use super::keep_alive::{Beat, KeepAlive};
use super::stream::Stream;
use crate::client::{self, Answer, Connected, FrameError, Incoming, Malformed, Reason, Unsendable};
use crate::{Publish, QoS, Version};

/// One connection: bytes that wait to be written, bytes that were read.
pub(crate) struct Connection {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    read: BytesMut,
    unwritten: BytesMut,
    needs_flush: bool,
    is_unflushed: bool,
    version: Version,
    max_packet_size: usize,
    alive: KeepAlive,
    beat: Duration,
    next_beat: Pin<Box<dyn Future<Output = ()> + Send>>,
    clock: Clock,
    connected: Connected,
}

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the connection broke")]
    Io(#[source] io::Error),
    #[error("the broker closed the connection")]
    Closed,
    #[error("the broker did not answer a ping")]
    Silent,
    #[error("bytes that are no packet came")]
    Frame(#[source] FrameError),
    #[error("something that is no packet came")]
    Malformed(#[source] Malformed),
    #[error("a packet came that does not belong there")]
    Unexpected,
    #[error("the broker ended the connection")]
    Told(#[source] Reason),
    #[error("a packet cannot be sent")]
    Unsendable(#[source] Unsendable),
}

/// How much is gathered before it is written, and room for reading.
const BUFFER: usize = 64 * 1024;

impl Connection {
    pub(super) fn new(
        stream: Box<dyn Stream>,
        is_tls: bool,
        version: Version,
        max_packet_size: u32,
        clock: &Clock,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader,
            writer,
            read: BytesMut::new(),
            unwritten: BytesMut::new(),
            needs_flush: is_tls,
            is_unflushed: false,
            version,
            max_packet_size: usize::try_from(max_packet_size).unwrap_or(usize::MAX),
            alive: KeepAlive::default(),
            beat: Duration::MAX,
            next_beat: Box::pin(std::future::pending()),
            clock: clock.clone(),
            connected: client::UNLIMITED,
        }
    }

    /// Says who we are, and returns what the broker says to it.
    pub(super) async fn log_in(&mut self, connect: &client::Connect<'_>) -> Result<Connected, Refusal> {
        client::connect(connect, &mut self.unwritten).map_err(Broken::Unsendable)?;
        loop {
            match self.next()? {
                Some(Incoming::Connected(connected)) => {
                    self.connected = connected;
                    self.start_beat(connected.keep_alive.unwrap_or(connect.keep_alive));
                    return Ok(connected);
                }
                Some(Incoming::Refused(reason)) => return Err(Refusal::Refused(reason)),
                Some(_) => return Err(Broken::Unexpected.into()),
                None => self.progress(true).await?,
            }
        }
    }

    /// A keep alive of 0 is none.
    fn start_beat(&mut self, keep_alive: u16) {
        if keep_alive > 0 {
            self.beat = Duration::from_secs(u64::from(keep_alive)) / 2;
            self.wait_for_beat();
        }
    }

    fn wait_for_beat(&mut self) {
        let (clock, beat) = (self.clock.clone(), self.beat);
        self.next_beat = Box::pin(async move { clock.sleep(beat).await });
    }

    /// What the broker said of itself.
    pub(crate) fn connected(&self) -> &Connected {
        &self.connected
    }

    /// Writes, reads or pings once, whatever is possible first. Safe to cancel.
    pub(crate) async fn progress(&mut self, reading: bool) -> Result<(), Broken> {
        if self.read.capacity() - self.read.len() < BUFFER / 4 {
            self.read.reserve(BUFFER);
        }
        let has_unwritten = !self.unwritten.is_empty();
        tokio::select! {
            read = self.reader.read_buf(&mut self.read), if reading => match read.map_err(Broken::Io)? {
                0 => return Err(Broken::Closed),
                _ => self.alive.received(),
            },
            wrote = write_some(&mut self.writer, &mut self.unwritten), if has_unwritten || self.is_unflushed => {
                self.is_unflushed = has_unwritten && self.needs_flush;
                match wrote.map_err(Broken::Io)? {
                    0 if has_unwritten => return Err(Broken::Closed),
                    _ => self.alive.sent(),
                }
            },
            () = &mut self.next_beat => self.on_beat(reading)?,
        }
        Ok(())
    }

    fn on_beat(&mut self, reading: bool) -> Result<(), Broken> {
        match self.alive.beat(reading) {
            Beat::Nothing => {}
            Beat::Ping => client::ping(&mut self.unwritten),
            Beat::Gone => return Err(Broken::Silent),
        }
        self.wait_for_beat();
        Ok(())
    }

    /// The next packet that was read whole.
    pub(crate) fn next(&mut self) -> Result<Option<Incoming>, Broken> {
        match client::next_frame(&mut self.read, self.max_packet_size).map_err(Broken::Frame)? {
            None => Ok(None),
            Some(frame) => match client::decode(self.version, &frame).map_err(Broken::Malformed)? {
                Incoming::Disconnect(reason) => Err(Broken::Told(reason)),
                incoming => Ok(Some(incoming)),
            },
        }
    }

    /// Whether more may be gathered for writing.
    pub(crate) fn has_room(&self) -> bool {
        self.unwritten.len() < BUFFER
    }

    /// Whether all is written.
    pub(crate) fn is_written(&self) -> bool {
        self.unwritten.is_empty() && !self.is_unflushed
    }

    pub(crate) fn publish(&mut self, publish: &Publish, id: Option<u16>, duplicate: bool) {
        client::publish(self.version, publish, id, duplicate, &mut self.unwritten);
    }

    pub(crate) fn answer(&mut self, answer: Answer, id: u16) {
        client::answer(answer, id, &mut self.unwritten);
    }

    pub(crate) fn subscribe(
        &mut self,
        id: u16,
        filters: &[(String, QoS)],
        resumed: bool,
    ) -> Result<(), Broken> {
        client::subscribe(self.version, id, filters, resumed, &mut self.unwritten).map_err(Broken::Unsendable)
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self) {
        client::ping(&mut self.unwritten);
    }

    /// Takes leave: there will be no last will. `forget` ends the session. Returns when the broker has closed the
    /// connection, and so has heard all that was said, or after `limit`.
    pub(crate) async fn leave(&mut self, forget: bool, limit: Duration) {
        if client::disconnect(self.version, forget, &mut self.unwritten).is_err() {
            return;
        }
        // An error is the end that is waited for. What is read is nobody's any more.
        let closed = async {
            while self.progress(true).await.is_ok() {
                self.read.clear();
            }
        };
        if tokio::time::timeout(limit, closed).await.is_err() {
            tracing::debug!("the broker did not close the connection");
        }
    }
}

/// Writes what is there, or else has it leave. Safe to cancel.
async fn write_some(writer: &mut WriteHalf<Box<dyn Stream>>, bytes: &mut BytesMut) -> io::Result<usize> {
    if bytes.is_empty() { writer.flush().await.map(|()| 0) } else { writer.write_buf(bytes).await }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the broker does not let us in")]
    Refused(#[source] Reason),
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("unwritten", &self.unwritten.len())
            .field("read", &self.read.len())
            .finish_non_exhaustive()
    }
}
