//! The channels that the same tests hold for.

use std::sync::Arc;
use std::time::Duration;

use flowcore::ingest::{Channel, FileChannel, MemoryChannel, Stored};
use flowcore_testkit::CrashDisk;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    File,
}

/// How much one may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) capacity: usize,
    pub(crate) transaction: usize,
    pub(crate) bytes: usize,
    pub(crate) keep_alive: Duration,
}

impl Kind {
    pub(crate) async fn open<T: Stored>(self, size: Size) -> Arc<dyn Channel<T>> {
        let Size { capacity, transaction, bytes, keep_alive } = size;
        match self {
            Self::Memory => {
                let builder = MemoryChannel::builder().capacity(capacity).transaction(transaction);
                Arc::new(builder.bytes(bytes).keep_alive(keep_alive).build("memory"))
            }
            Self::File => {
                let builder = FileChannel::builder(["data"]).capacity(capacity).transaction(transaction);
                let builder = builder.bytes(bytes).keep_alive(keep_alive).on_disk(Arc::new(CrashDisk::new()));
                // Some events are read back.
                let builder = builder.memory(1_000).segment_bytes(64 << 10).least_free_space(0);
                Arc::new(builder.open("file").await.unwrap())
            }
        }
    }
}
