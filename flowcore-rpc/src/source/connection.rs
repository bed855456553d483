use std::time::Duration;

use flowcore::ingest::Stopping;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::desk::Counter;
use crate::ReadError;
use crate::protocol::{Decoder, Outcome, Session, Step, Stream};
use crate::transport::Frames;

/// Talks with one sender.
pub(super) struct Connection<S: Session> {
    pub(super) stream: Stream,
    pub(super) frames: Frames<S::Decoder>,
    pub(super) session: S,
    pub(super) counter: Counter,
    pub(super) stopping: Stopping,
    /// For an answer to be taken.
    pub(super) patience: Duration,
}

impl<S: Session> Connection<S> {
    /// Until the peer ends, breaks the rules, or the source is to stop: then after the call under way.
    pub(super) async fn converse(mut self) -> Result<(), ReadError> {
        let mut answers = Vec::new();
        loop {
            let frame = tokio::select! {
                biased;
                frame = self.frames.next(&mut self.stream) => frame?,
                () = self.stopping.wait() => break,
            };
            let Some(frame) = frame else { break };
            if !self.execute(frame, &mut answers).await? {
                break;
            }
            self.frames.release();
            self.send(&mut answers).await?;
            if self.stopping.is_set() {
                break;
            }
        }
        Ok(timeout(self.patience, self.stream.shutdown()).await.unwrap_or(Ok(()))?)
    }

    /// Whether there is an answer: none when the source is gone.
    async fn execute(
        &mut self,
        frame: <S::Decoder as Decoder>::Frame,
        answers: &mut Vec<u8>,
    ) -> Result<bool, ReadError> {
        let (call, events) = match self.session.read(&frame, answers).map_err(ReadError::protocol)? {
            Step::Answered => return Ok(true),
            Step::Put(call, events) => (call, events),
        };
        let outcome =
            if events.is_empty() { Some(Outcome::Committed) } else { self.counter.order(events).await };
        let Some(outcome) = outcome else { return Ok(false) };
        self.session.answer(&call, outcome, answers).map_err(ReadError::protocol)?;
        Ok(true)
    }

    async fn send(&mut self, answers: &mut Vec<u8>) -> Result<(), ReadError> {
        let sent = timeout(self.patience, async {
            self.stream.write_all(answers).await?;
            self.stream.flush().await
        });
        sent.await.map_err(|_| ReadError::NotTaken(self.patience))??;
        answers.clear();
        Ok(())
    }
}
