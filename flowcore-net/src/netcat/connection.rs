use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::NetcatConfig;
use super::lines::{LineDecoder, LineFault};
use crate::put::Outcome;
use crate::tcp::{Connection, Intake, Io};

/// What is read at once.
const READ: usize = 4 * 1024;
/// A peer has so long to take its answers.
const ANSWERED: Duration = Duration::from_secs(30);

/// Reads lines and answers them until the peer leaves or is sent away.
pub(super) async fn converse(connection: Connection, config: Arc<NetcatConfig>, intake: Intake) {
    let (peer, source) = (connection.peer, Arc::clone(&connection.source));
    let talk = async {
        let lines = LineDecoder::new(config.encoding, config.max_line_length);
        Conversation { stream: connection.open().await?, lines, config, intake: intake.clone() }.run().await
    };
    let end = talk.await;
    if !matches!(end, Ok(None)) {
        intake.count_unread();
    }
    match end {
        Ok(None) => tracing::debug!(%source, %peer, "a connection ended"),
        Ok(Some(fault)) => tracing::warn!(%source, %peer, %fault, "a connection is ended"),
        Err(error) => tracing::warn!(%source, %peer, %error, "a connection broke"),
    }
}

struct Conversation {
    stream: Box<dyn Io>,
    lines: LineDecoder,
    config: Arc<NetcatConfig>,
    intake: Intake,
}

impl Conversation {
    async fn run(&mut self) -> io::Result<Option<LineFault>> {
        let mut buffer = vec![0; READ];
        loop {
            let count = self.read(&mut buffer).await?;
            if count == 0 {
                return Ok(None);
            }
            let mut events = Vec::new();
            let fault = self.lines.feed(&buffer[..count], &mut events).err();
            let lines = events.len();
            let Some(outcome) = self.intake.put(events).await else { return Ok(None) };
            let mut answer = answer(&outcome, lines, self.config.ack_every_event);
            if let Some(fault @ LineFault::TooLong(_)) = fault {
                answer = format!("{answer}FAILED: {fault}\n");
            }
            self.write(&answer).await?;
            if fault.is_some() {
                return Ok(fault);
            }
        }
    }

    /// Nothing at the end, at the stop, and after a silence that is too long.
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let idle = self.config.idle_timeout.unwrap_or(Duration::MAX);
        tokio::select! {
            read = timeout(idle, self.stream.read(buffer)) => read.unwrap_or(Ok(0)),
            () = self.intake.stopping() => Ok(0),
        }
    }

    async fn write(&mut self, answer: &str) -> io::Result<()> {
        if answer.is_empty() {
            return Ok(());
        }
        timeout(ANSWERED, self.stream.write_all(answer.as_bytes())).await?
    }
}

/// One line for each event, in their order.
fn answer(outcome: &Outcome, lines: usize, acks: bool) -> String {
    let mut answer = if acks { "OK\n".repeat(outcome.accepted) } else { String::new() };
    if let Some(refusal) = &outcome.refusal {
        let failed = format!("FAILED: channel {} refused the event: {}\n", refusal.channel, refusal.kind);
        answer.push_str(&failed.repeat(lines.saturating_sub(outcome.accepted)));
    }
    answer
}
