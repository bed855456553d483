use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Every connection may hold so much without asking.
const FREE: usize = 64 << 10;
/// What memory is counted in.
const UNIT: usize = 1 << 10;

/// What the connections of a source may hold of frames, together.
///
/// Frames take it bit by bit as they arrive, so that several could each hold a part and wait for the rest. One
/// at a time need not wait: room for a whole frame is set aside for it.
#[derive(Debug)]
pub(crate) struct Memory {
    common: Arc<Semaphore>,
    set_aside: Arc<Semaphore>,
}

/// What one connection holds.
#[derive(Debug, Default)]
pub(super) struct Share {
    common: Option<OwnedSemaphorePermit>,
    set_aside: Option<OwnedSemaphorePermit>,
}

impl Memory {
    /// Enough for two frames at least.
    pub(crate) fn new(bytes: usize, frame_bytes: usize) -> Self {
        let common = bytes.saturating_sub(frame_bytes).max(frame_bytes);
        let units = (common / UNIT).min(u32::MAX as usize);
        Self { common: Arc::new(Semaphore::new(units)), set_aside: Arc::new(Semaphore::new(1)) }
    }

    /// Waits until `share` is enough for so many bytes. Safe to cancel.
    pub(super) async fn enlarge(&self, share: &mut Share, bytes: usize) {
        let units = bytes.saturating_sub(FREE).div_ceil(UNIT);
        let held = share.common.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(units.saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 || share.set_aside.is_some() {
            return;
        }
        // Neither is ever closed.
        tokio::select! {
            biased;
            more = Arc::clone(&self.common).acquire_many_owned(missing) => match (&mut share.common, more) {
                (Some(common), Ok(more)) => common.merge(more),
                (common, more) => *common = more.ok(),
            },
            whole = Arc::clone(&self.set_aside).acquire_owned() => share.set_aside = whole.ok(),
        }
    }
}
