use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use super::appending::Current;
use super::builder::FileChannelBuilder;
use super::checkpoint::{Checkpoints, Kept};
use super::housekeeping::{keep_house, pause};
use super::log::{Log, Span};
use super::queue::{Limits, Queue};
use super::recovery::{Recovery, recover};
use super::segment::{START, Segment};
use super::settings::Settings;
use super::shared::{Ending, Inner, Shared};
use super::{FileChannel, FileChannelError, FileChannelStatus, Stored};
use crate::base::{BlockingPool, Clock, DiskLock, TaskSet, blocking};
use crate::ingest::channel::keep_alive::KeepAlive;

/// Sequence numbers left out at each start: what was written and not found is never taken for something new.
const LEAP: u64 = 1 << 24;
pub(super) const LOCK: &str = "in_use.lock";
/// A channel that was dropped may still record what was taken from it.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

pub(super) async fn open<T: Stored>(
    builder: FileChannelBuilder<T>,
    name: Arc<str>,
) -> Result<FileChannel<T>, FileChannelError> {
    let FileChannelBuilder { limits, keep_alive, settings, .. } = builder;
    let pool = BlockingPool::current().ok_or(FileChannelError::Stopped)?;
    if settings.folders.is_empty() {
        return Err(FileChannelError::NoFolder);
    }
    let locks = lock_all(&settings).await?;
    let pause = pause(settings.sync, settings.checkpoints.as_ref());
    let limits = limits.fitting();
    let opened_with = settings.clone();
    let channel = Arc::clone(&name);
    let inner = blocking(move || start(settings, limits, &channel)).await;
    let inner = inner.map_err(|_| FileChannelError::Stopped)??;
    let shared = Arc::new(Shared {
        name,
        settings: opened_with,
        keep_alive: KeepAlive::new(keep_alive),
        pool,
        inner: Mutex::new(inner),
        putters: tokio::sync::Mutex::default(),
        takers: tokio::sync::Mutex::default(),
        room: Notify::new(),
        arrived: Notify::new(),
        written: Notify::new(),
        later: Arc::new(Notify::new()),
        _locks: locks,
    });
    if shared.lock().status.disk_full {
        shared.later.notify_one();
    }
    let mut house = TaskSet::new();
    house.spawn("file channel", keep_house(Arc::downgrade(&shared), pause));
    Ok(FileChannel::new(shared, house))
}

async fn lock_all(settings: &Settings) -> Result<Vec<Box<dyn DiskLock>>, FileChannelError> {
    let mut locks = Vec::with_capacity(settings.folders.len());
    let checkpoints = settings.checkpoints.iter().flat_map(Checkpoints::folders);
    let beside = checkpoints.filter(|folder| !settings.folders.contains(folder));
    for folder in settings.folders.iter().chain(beside) {
        let path = folder.join(LOCK);
        let mut tries = 0;
        locks.push(loop {
            tries += 1;
            let (disk, file) = (Arc::clone(&settings.disk), path.clone());
            let locked = blocking(move || disk.lock(&file)).await;
            match locked.map_err(|_| FileChannelError::Stopped)? {
                Ok(lock) => break lock,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Err(FileChannelError::disk(path, error));
                }
                Err(_) if tries == LOCK_TRIES => return Err(FileChannelError::Locked { path }),
                Err(_) => Clock::system().sleep(LOCK_PAUSE).await,
            }
        });
    }
    Ok(locks)
}

/// Reads what is there and gets ready to write behind it.
fn start<T: Stored>(settings: Settings, limits: Limits, name: &str) -> Result<Inner<T>, FileChannelError> {
    let mut status = FileChannelStatus::default();
    let recovery = recover(&settings, name, &mut status)?;
    if status.torn_bytes > 0 {
        tracing::warn!(channel = name, bytes = status.torn_bytes, "puts that were cut short are left out");
    }
    let mut queue = Queue::new(limits, recovery.taken.clone());
    for segment in &recovery.segments {
        let first = recovery.taken.missing(segment.sequences.clone()).next().map_or(0, |range| range.start);
        let marks = recovery.marks.get(&segment.id).map_or(&[][..], Vec::as_slice);
        let from = marks.iter().rev().find(|(_, start)| *start <= first).map_or(START, |(offset, _)| *offset);
        queue.found(
            segment.sequences.clone(),
            segment.weight,
            Span { segment: segment.id, from, to: segment.end },
        );
    }
    let mut log = log(settings, recovery)?;
    queue.give_up(log.give_up(LEAP));
    match log.record_start() {
        // It does not keep anybody from taking.
        Err(error) if error.is_full() => status.fill_disk(name, &error),
        done => done?,
    }
    let mut inner = Inner {
        queue,
        pending: VecDeque::new(),
        unwritten: 0,
        takes: Vec::new(),
        log: None,
        is_writing: false,
        is_reading: false,
        read_error: None,
        status,
        ending: Ending::Open,
        paths: Vec::new(),
    };
    inner.know(&log.segments);
    inner.log = Some(log);
    Ok(inner)
}

pub(super) fn log(settings: Settings, recovery: Recovery) -> Result<Log, FileChannelError> {
    // No encrypted segment is written by two processes: see `encryption`.
    let may_go_on = |last: &&Segment| recovery.goes_on && !last.is_sealed && settings.keys.active.is_none();
    let last = recovery.segments.last().filter(may_go_on);
    let current = match last {
        Some(segment) => {
            let failed = |cause| FileChannelError::disk(&segment.path, cause);
            let mut file = settings.disk.open_write(&segment.path).map_err(failed)?;
            // What was written and not synced is to be counted on from now on.
            file.sync_data().map_err(failed)?;
            let capacity = file.size().map_err(failed)?;
            let (id, end) = (segment.id, segment.end);
            Some(Current { id, file, offset: end, synced: end, capacity, sealer: None, tip: None })
        }
        None => None,
    };
    Ok(Log {
        last_sync: settings.clock.stopwatch(),
        current,
        next_folder: last.map_or(0, |segment| segment.folder + 1),
        segments: recovery.segments,
        spares: recovery.spares,
        next_segment: recovery.next_segment,
        next: recovery.next,
        taken: recovery.taken,
        unrecorded: super::sequences::SequenceSet::default(),
        buffer: Vec::new(),
        kept: settings.checkpoints.clone().map(|checkpoints| Kept {
            checkpoints,
            last: settings.clock.stopwatch(),
            is_dirty: false,
        }),
        settings,
    })
}
