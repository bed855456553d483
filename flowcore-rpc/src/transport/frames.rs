use std::io;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::ReadError;
use super::memory::{Memory, Share};
use crate::protocol::Decoder;

/// Reads frames from one peer. What it holds is bounded, together with what others hold of `memory`.
#[derive(Debug)]
pub(crate) struct Frames<D> {
    decoder: D,
    patience: Duration,
    clock: Clock,
    begun: Option<Stopwatch>,
    /// Of the time since then, what was spent waiting for memory: that is not the peer's.
    waited: Duration,
    memory: Arc<Memory>,
    share: Share,
}

impl<D: Decoder> Frames<D> {
    pub(crate) fn new(decoder: D, patience: Duration, clock: &Clock, memory: Arc<Memory>) -> Self {
        let (clock, share) = (clock.clone(), Share::default());
        Self { decoder, patience, clock, begun: None, waited: Duration::ZERO, memory, share }
    }

    /// For a connection that shares its memory with no other.
    pub(crate) fn alone(decoder: D, patience: Duration, clock: &Clock) -> Self {
        let memory = Arc::new(Memory::new(0, decoder.frame_bytes()));
        Self::new(decoder, patience, clock, memory)
    }

    /// The next frame; `None` when the peer has ended after the last. It may take its time to begin one, not
    /// to end it. Safe to cancel.
    pub(crate) async fn next<S: AsyncRead + Unpin>(
        &mut self,
        from: &mut S,
    ) -> Result<Option<D::Frame>, ReadError> {
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(ReadError::protocol)? {
                (self.begun, self.waited) = (None, Duration::ZERO);
                return Ok(Some(frame));
            }
            if self.decoder.is_between_frames() {
                self.make_room().await;
                if self.read(from).await? == 0 {
                    return Ok(None);
                }
            } else {
                self.read_more(from).await?;
            }
        }
    }

    /// The last frame is done with: its share of the memory is free.
    pub(crate) fn release(&mut self) {
        self.share = Share::default();
    }

    /// Of a frame that has begun.
    async fn read_more<S: AsyncRead + Unpin>(&mut self, from: &mut S) -> Result<(), ReadError> {
        let begun = *self.begun.get_or_insert_with(|| self.clock.stopwatch());
        let before = begun.elapsed();
        self.make_room().await;
        let now = begun.elapsed();
        self.waited += now.saturating_sub(before);
        let left = (self.patience + self.waited).saturating_sub(now);
        match timeout(left, self.read(from)).await {
            Ok(Ok(0)) => Err(ReadError::Closed),
            Ok(read) => Ok(read.map(|_| ())?),
            Err(_) => Err(ReadError::TooSlow(self.patience)),
        }
    }

    async fn make_room(&mut self) {
        let bytes = self.decoder.held() + self.decoder.worth_reserving();
        self.memory.enlarge(&mut self.share, bytes).await;
    }

    async fn read<S: AsyncRead + Unpin>(&mut self, from: &mut S) -> io::Result<usize> {
        let more = self.decoder.worth_reserving();
        let input = self.decoder.input();
        if input.capacity() - input.len() < more / 2 {
            input.reserve(more);
        }
        from.read_buf(input).await
    }
}
