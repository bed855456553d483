//! The file channel: events that survive the process and the machine.
//!
//! Limits: 65,535 folders, 2^32 - 1 events and 4 GiB less a header in one put, 2^62 events in all. A put is one
//! record in one segment. In memory: what [`FileChannelBuilder::memory`] allows of waiting events, 4 MiB of puts
//! that are not written yet, 4 MiB read ahead, and a few words for each put that waits in memory.
//!
//! # On disk
//!
//! ```text
//! FOLDER/in_use.lock                  locked as long as the channel is open
//! FOLDER/0000000000000007.segment     part of the log; the name is its number, over all folders
//! FOLDER/0000000000000003.spare       a segment that all was taken from, to be written over
//! ```
//!
//! Where a folder for checkpoints is given, and another one for their copies:
//!
//! ```text
//! FOLDER/flowcore.checkpoint          replaced as a whole: a snapshot, and the place in the log that it was made at
//!
//! checkpoint = "flowcheq" version:u32 tip:u32 segment:u64 end:u64 offset:u64 snapshot crc32c:u32
//! ```
//!
//! A segment has its full length from the beginning. All numbers are little endian.
//!
//! ```text
//! segment   = header (64 bytes) record… zeros
//! header    = "flowcore" version:u32 0:u32 segment:u64 salt (16 bytes) key:u64 0… crc32c:u32
//! record    = "FcR1" kind:u8 0:u8 sealed:u16 length:u32 events:u32 first:u64 weight:u64 synced:u64
//!             crc32c of the body:u32  crc32c of segment, offset and all before:u32  body  zeros to a multiple of 8
//! ```
//!
//! | Kind | Body |
//! |---|---|
//! | 1, put | for each event its length:u32 and its bytes; the events have the sequence numbers from `first` on |
//! | 2, takes | pairs of u64: sequence numbers that were taken, from and up to |
//! | 3, snapshot | next:u64 floor:u64 stretches:u32 segments:u32, the stretches above the floor that were taken, and for each segment its number, first and last sequence number, end and weight |
//! | 4, key | the salt, the number of the key, its name: the first record of a segment of version 2, repeated from 4 KiB on at doubled distances |
//!
//! Segments whose puts are encrypted have version 2, others version 1, and then no salt and no key. The body of a
//! put that is sealed is a nonce of 12 bytes, what AES-256-GCM made of the events, and its tag of 16 bytes. The tag
//! answers for the segment, the offset, and all of the record's header but `synced`. The key is HKDF-SHA256 of the
//! channel's key with the salt and "flowcore segment"; the number of the channel's key is HKDF-SHA256 of it, without
//! a salt, with "flowcore key id". Checksums are of what is on disk, so that damage is found without a key.
//!
//! # Rules
//!
//! - A segment begins with a snapshot. So a start reads the last segment that does, and what follows it, and no
//!   more. If none does, it reads all; nobody has to say so.
//! - A checkpoint is written when all before `end` is synced. It is believed if the record at `offset` of the segment
//!   ends at `end` and has `tip` as the checksum of its header. A start then reads on from there.
//! - `synced` says up to where the segment had been forced to the disk when the record was written. A gap before
//!   that is damage; one behind it is what a crash cut short, and was not committed.
//! - The checksum of a header covers its place: what a file had in it before it was used again is no record.
//! - Behind what is written last there are zeros.
//! - A segment is let go when all its events were taken and that is on disk. The file is kept to be written over:
//!   that syncs faster than a new one.
//! - Sequence numbers are never used twice, also not after a write that failed; each start leaves some out.
//! - Salts are random, nonces are counted in a segment, and an encrypted segment is never gone on with after a
//!   start: so no nonce is used twice, whatever fails or dies. Takes and snapshots hold no events and are plain.
//! - A part of each segment is left to records of takes, so taking never needs space.

mod appending;
mod builder;
mod checkpoint;
mod encoded;
mod encryption;
mod error;
mod frame;
mod housekeeping;
mod inspection;
mod key;
mod log;
mod open;
mod put;
mod queue;
mod read;
mod reading;
mod recovery;
mod report;
mod rolling;
mod scan;
mod sealing;
mod segment;
mod sequences;
mod settings;
mod shared;
mod snapshot;
mod stored;
mod take;
mod writing;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Channel, ChannelError, ChannelHealth, ChannelState, PutTransaction, Take};
use crate::base::TaskSet;
use crate::event::Event;

pub use builder::FileChannelBuilder;
pub use checkpoint::Checkpoints;
pub use error::FileChannelError;
pub use inspection::{FileChannelInspection, SegmentInspection};
pub use key::{EncryptionKey, EncryptionKeyError};
pub use report::{Damage, FileChannelStatus};
pub use settings::SyncPolicy;
pub use stored::{DecodeError, Stored};

use put::FilePut;
use shared::{FileTakeError, Shared};
use take::FileTake;

/// A channel on disk: what was committed is delivered, whatever dies in between.
///
/// **Delivery.** A commit of a put returns, and its token is acknowledged, when the events are on disk, as far as
/// the [`SyncPolicy`] goes. They stay there until a take that has them was committed. The commit of a take does
/// not wait for the disk: if the process dies in the next moments, the events are delivered again.
///
/// **Order.** Events leave in the order in which their puts were committed; those of a segment that cannot be read
/// now let others go before, and are tried again. A take that is rolled back goes back
/// to where it was. Events that were handed over and failed are read again, and stand where they stood.
///
/// **Limits.** Events that wait, are taken and are reserved together never exceed the capacity. A put waits for
/// room for [`keep_alive`](FileChannelBuilder::keep_alive). When the disk is full, or nearly, that is as if the
/// channel were: puts wait, takes go on, and [`status`](Self::status) says so.
///
/// **Damage.** What cannot be read is logged with its file and place, counted in [`status`](Self::status), and
/// left out; the rest is delivered. A put is the unit: a byte that is wrong costs the events of one put.
///
/// **Close.** Puts that had room already may still commit. A take ends with [`ChannelError::Closed`] when nothing
/// is left. What was not taken is there again when the channel is opened anew.
///
/// Clones are handles on the same channel. It is opened inside a tokio runtime and used while that runs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path();
/// use flowcore::base::Token;
/// use flowcore::ingest::{Channel, FileChannel};
///
/// let builder = || FileChannel::<String>::builder([folder]).segment_bytes(1 << 20).least_free_space(0);
/// let channel = builder().open("lines").await?;
/// let mut put = channel.begin_put().await?;
/// put.put(vec!["a".to_owned(), "b".to_owned()]).await?;
/// put.commit(Token::untracked()).await?;
/// drop(channel);
///
/// let channel = builder().open("lines").await?;
/// let take = channel.take(100).await?;
/// assert_eq!(take.events(), ["a", "b"]);
/// take.commit().await?;
/// # Ok(()) }
/// ```
pub struct FileChannel<T: Stored = Event> {
    shared: Arc<Shared<T>>,
    /// Ends with the last handle.
    house: Arc<House<T>>,
}

/// What ends with the last handle.
struct House<T: Stored> {
    shared: Arc<Shared<T>>,
    _tasks: TaskSet<()>,
}

impl<T: Stored> Drop for House<T> {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl<T: Stored> FileChannel<T> {
    /// Chooses the limits of a channel that keeps its events in `folders`: its segments go round them. Folders
    /// that are missing are made.
    pub fn builder(folders: impl IntoIterator<Item = impl Into<PathBuf>>) -> FileChannelBuilder<T> {
        FileChannelBuilder::new(folders)
    }

    fn new(shared: Arc<Shared<T>>, tasks: TaskSet<()>) -> Self {
        let house = House { shared: shared.clone(), _tasks: tasks };
        Self { shared, house: Arc::new(house) }
    }

    /// Its name, as errors show it.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Whether its disk is full, what could not be read, how many segments it has.
    pub fn status(&self) -> FileChannelStatus {
        self.shared.lock().status.clone()
    }
}

#[async_trait]
impl<T: Stored> Channel<T> for FileChannel<T> {
    async fn begin_put(&self) -> Result<Box<dyn PutTransaction<T>>, ChannelError> {
        if self.shared.lock().queue.is_closed() {
            return Err(self.shared.closed());
        }
        Ok(Box::new(FilePut::new(self.shared.clone())))
    }

    async fn take(&self, max: usize) -> Result<Take<T>, ChannelError> {
        match self.shared.take(max).await {
            Ok(taken) => {
                let transaction = FileTake::new(self.shared.clone(), taken.parts);
                Ok(Take::new(taken.events, Box::new(transaction)))
            }
            Err(FileTakeError::Closed) => Err(self.shared.closed()),
            Err(FileTakeError::Read(error)) => Err(self.shared.storage(error)),
        }
    }

    fn close(&self) {
        self.shared.close();
    }

    fn state(&self) -> ChannelState {
        self.shared.state()
    }

    /// What is committed is in the log, takes too, and a checkpoint says so if one is asked for at the end.
    async fn settle(&self) {
        self.shared.settle().await;
    }

    fn health(&self) -> Option<ChannelHealth> {
        let inner = self.shared.lock();
        let FileChannelStatus { disk_full, lost_events, unreadable, .. } = inner.status;
        Some(ChannelHealth {
            is_open: !inner.queue.is_closed(),
            is_unhealthy: disk_full || unreadable > 0 || lost_events > 0,
            is_disk_full: disk_full,
            lost_events,
        })
    }

    fn is_durable(&self) -> bool {
        true
    }
}

impl<T: Stored> Clone for FileChannel<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), house: self.house.clone() }
    }
}

impl<T: Stored> std::fmt::Debug for FileChannel<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileChannel").field("name", &self.shared.name).finish_non_exhaustive()
    }
}
