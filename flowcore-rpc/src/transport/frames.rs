use std::io;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::ReadError;
use crate::protocol::Decoder;

/// Every connection may hold so much without asking.
const FREE: usize = 64 << 10;
/// What the shared memory is counted in.
const UNIT: usize = 1 << 10;

/// Reads frames from one peer. What it holds is bounded, together with what others hold of `memory`.
#[derive(Debug)]
pub(crate) struct Frames<D> {
    decoder: D,
    patience: Duration,
    clock: Clock,
    begun: Option<Stopwatch>,
    memory: Arc<Semaphore>,
    share: Option<OwnedSemaphorePermit>,
}

/// So much memory, to be shared by connections; enough for two frames at least.
pub(crate) fn memory(bytes: usize, frame_bytes: usize) -> Arc<Semaphore> {
    let bytes = bytes.max(frame_bytes.saturating_mul(2));
    Arc::new(Semaphore::new((bytes / UNIT).min(u32::MAX as usize)))
}

impl<D: Decoder> Frames<D> {
    pub(crate) fn new(decoder: D, patience: Duration, clock: &Clock, memory: Arc<Semaphore>) -> Self {
        Self { decoder, patience, clock: clock.clone(), begun: None, memory, share: None }
    }

    /// For a connection that shares its memory with no other.
    pub(crate) fn alone(decoder: D, patience: Duration, clock: &Clock) -> Self {
        let memory = memory(0, decoder.frame_bytes());
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
                self.begun = None;
                return Ok(Some(frame));
            }
            if self.decoder.is_between_frames() {
                self.begun = None;
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
        self.share = None;
    }

    /// Of a frame that has begun.
    async fn read_more<S: AsyncRead + Unpin>(&mut self, from: &mut S) -> Result<(), ReadError> {
        let begun = *self.begun.get_or_insert_with(|| self.clock.stopwatch());
        let left = self.patience.saturating_sub(begun.elapsed());
        match timeout(left, self.read(from)).await {
            Ok(Ok(0)) => Err(ReadError::Closed),
            Ok(read) => Ok(read.map(|_| ())?),
            Err(_) => Err(ReadError::TooSlow(self.patience)),
        }
    }

    async fn read<S: AsyncRead + Unpin>(&mut self, from: &mut S) -> io::Result<usize> {
        let more = self.decoder.worth_reserving();
        self.ask_for(self.decoder.held() + more).await;
        let input = self.decoder.input();
        if input.capacity() - input.len() < more / 2 {
            input.reserve(more);
        }
        from.read_buf(input).await
    }

    async fn ask_for(&mut self, bytes: usize) {
        let units = bytes.saturating_sub(FREE).div_ceil(UNIT);
        let held = self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(units.saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return;
        }
        // It is never closed.
        let Ok(more) = Arc::clone(&self.memory).acquire_many_owned(missing).await else { return };
        match &mut self.share {
            Some(share) => share.merge(more),
            None => self.share = Some(more),
        }
    }
}
