use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use flowcore::base::{Disk, Token};
use flowcore::event::Event;
use flowcore::ingest::{
    Channel, ChannelError, Checkpoints, EncryptionKey, FileChannel, FileChannelBuilder, FileChannelError,
};
use flowcore_testkit::CrashDisk;

/// Where the log is, where its checkpoints are, and how long a segment is.
pub const LOG: &str = "data";
/// See [`LOG`].
pub const CHECKPOINT: &str = "checkpoint/flowcore.checkpoint";
/// See [`LOG`].
pub const LENGTH: u64 = 64 << 10;

/// A file channel on a disk in memory.
pub fn file_channel(disk: &CrashDisk, strict: bool) -> FileChannelBuilder<Event> {
    FileChannel::<Event>::builder([LOG])
        .segment_bytes(LENGTH)
        .least_free_space(0)
        .strict_recovery(strict)
        .on_disk(Arc::new(disk.clone()))
}

/// The same with checkpoints.
pub async fn with_checkpoints(disk: &CrashDisk) -> Result<FileChannel, FileChannelError> {
    file_channel(disk, false).checkpoints(Checkpoints::new("checkpoint")).open("fuzz").await
}

/// The same with a key.
pub async fn encrypted(disk: &CrashDisk) -> Result<FileChannel, FileChannelError> {
    let key = EncryptionKey::new("key", [7; 32]).expect("it has a name");
    file_channel(disk, false).encrypt_with(key).open("fuzz").await
}

/// All that is in it, and why no more.
pub async fn drain(channel: &FileChannel) -> (Vec<Event>, ChannelError) {
    channel.close();
    let mut events = Vec::new();
    loop {
        match channel.take(1000).await {
            Ok(take) => {
                events.extend_from_slice(take.events());
                take.commit().await.expect("the disk is well");
            }
            Err(end) => return (events, end),
        }
    }
}

/// Puts one event.
pub async fn put(channel: &FileChannel, body: impl Into<Event>) {
    let mut put = channel.begin_put().await.expect("it is open");
    put.put(vec![body.into()]).await.expect("it has room");
    put.commit(Token::untracked()).await.expect("the disk is well");
}

/// A copy of the disk that `template` makes when it is asked for first: a target has one.
pub async fn copy_of(template: impl AsyncFnOnce() -> CrashDisk) -> CrashDisk {
    thread_local! {
        static TEMPLATE: RefCell<Option<CrashDisk>> = const { RefCell::new(None) };
    }
    if TEMPLATE.with_borrow(Option::is_none) {
        TEMPLATE.set(Some(template().await));
    }
    TEMPLATE.with_borrow(|made| made.as_ref().expect("it was made").kill())
}

/// Puts other bytes in some places of a file, each place two bytes and each value the next `N` of the patches.
pub fn patch<const N: usize>(disk: &CrashDisk, path: &Path, patches: &[u8]) {
    disk.damage(path, |bytes| {
        for patch in patches.chunks_exact(2 + N) {
            let at = usize::from(u16::from_le_bytes([patch[0], patch[1]]));
            if let Some(place) = bytes.get_mut(at..at + N) {
                place.copy_from_slice(&patch[2..]);
            }
        }
    });
}

/// The bytes of a file.
pub fn content(disk: &CrashDisk, path: &Path) -> Vec<u8> {
    disk.read(path, u64::MAX).expect("it is there")
}
