use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, Stopwatch};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::wire::{FrameDecoder, Limits, WireError};

/// Every connection may hold so much without asking.
const FREE: usize = 64 << 10;
/// What the shared memory is counted in.
const UNIT: usize = 1 << 10;

/// Why no frame comes from a peer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// What it sent is no frame.
    #[error("it broke the protocol")]
    Wire(#[from] WireError),
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("it closed the connection in the middle of a frame")]
    Closed,
    #[error("it did not end its TLS handshake within {0:?}")]
    NoHandshake(Duration),
    #[error("it closed the connection before its answer")]
    Gone,
    #[error("a frame was not whole within {0:?}")]
    TooSlow(Duration),
    #[error("it did not take an answer within {0:?}")]
    NotTaken(Duration),
}

/// Reads frames from one peer. What it holds is bounded, together with what others hold of `memory`.
#[derive(Debug)]
pub(crate) struct Frames {
    decoder: FrameDecoder,
    patience: Duration,
    clock: Clock,
    begun: Option<Stopwatch>,
    memory: Arc<Semaphore>,
    share: Option<OwnedSemaphorePermit>,
}

impl Frames {
    pub(crate) fn new(limits: Limits, patience: Duration, clock: &Clock, memory: Arc<Semaphore>) -> Self {
        let decoder = FrameDecoder::new(limits);
        Self { decoder, patience, clock: clock.clone(), begun: None, memory, share: None }
    }

    /// So much memory, to be shared by connections.
    pub(crate) fn memory(bytes: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new((bytes / UNIT).min(u32::MAX as usize)))
    }

    /// The next frame; `None` when the peer has ended after the last. It may take its time to begin one, not
    /// to end it. Safe to cancel.
    pub(crate) async fn next<S: AsyncRead + Unpin>(
        &mut self,
        from: &mut S,
    ) -> Result<Option<Bytes>, ReadError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                self.begun = None;
                return Ok(Some(frame));
            }
            if self.decoder.is_between_frames() {
                self.begun = None;
                if self.read(from).await? == 0 {
                    return Ok(None);
                }
                continue;
            }
            let begun = *self.begun.get_or_insert_with(|| self.clock.stopwatch());
            let left = self.patience.saturating_sub(begun.elapsed());
            match timeout(left, self.read(from)).await {
                Ok(Ok(0)) => return Err(ReadError::Closed),
                Ok(read) => read.map(|_| ())?,
                Err(_) => return Err(ReadError::TooSlow(self.patience)),
            }
        }
    }

    /// The last frame is done with: its share of the memory is free.
    pub(crate) fn release(&mut self) {
        self.share = None;
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
