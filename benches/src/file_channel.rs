//! File channel: events of 200 bytes are put, committed to the disk and taken, in batches. Beside it, the same
//! bytes are written once into a file that has its length already, with as many bytes to a sync as the channel puts together.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use flowcore::base::{Receipts, TaskEnd, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::sink::NullSink;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::{AgentBuilder, Channel, FileChannel};

use crate::{Failure, check};

const EVENT: usize = 200;
const LENGTH: usize = 128 << 20;
/// A sync of the plain file covers this many bytes: what the channel puts together under load.
const TOGETHER: usize = 16 << 20;
/// Batches whose commits are under way.
const UNDER_WAY: u64 = 64;

/// Puts all events and takes them; ends when the last one is taken.
///
/// # Errors
/// When the channel fails or loses one.
pub async fn put_and_take(folder: &Path, events: u64, batch: usize) -> Result<(), Failure> {
    let channel = FileChannel::<Event>::builder([folder]).open("bench").await?;
    let mut tasks = TaskSet::new();
    tasks.spawn("putter", put_all(channel.clone(), events, batch));
    let mut taken = 0;
    while taken < events {
        let take = channel.take(batch).await?;
        taken += take.events().len() as u64;
        take.commit().await?;
    }
    match tasks.next().await {
        Some((_, TaskEnd::Done(done))) => done?,
        _ => return Err("the putter ended before its work".into()),
    }
    check("taken events", events, taken)?;
    Ok(())
}

async fn put_all(channel: FileChannel<Event>, events: u64, batch: usize) -> Result<(), Failure> {
    let body = bytes::Bytes::from(vec![b'x'; EVENT]);
    let receipts = Receipts::new();
    let (mut left, mut open) = (events, 0);
    while left > 0 {
        let size = usize::try_from(left).map_or(batch, |left| left.min(batch));
        let mut put = channel.begin_put().await?;
        put.put((0..size).map(|_| Event::new(body.clone())).collect()).await?;
        put.submit(receipts.token(left)).await?;
        left -= size as u64;
        open += 1;
        if open == UNDER_WAY {
            receipts.next().await.outcome?;
            open -= 1;
        }
    }
    for _ in 0..open {
        receipts.next().await.outcome?;
    }
    Ok(())
}

/// A file's lines through the tail source, a file channel and a null sink.
///
/// # Errors
/// When the agent fails or loses one.
pub async fn agent(folder: &Path, lines: &Path, count: u64, batch: usize) -> Result<(), Failure> {
    let path = lines.to_owned();
    let agent = AgentBuilder::new("bench")
        .channel("file", FileChannel::<Event>::builder([folder]))
        .source("tail", move || {
            TailSource::new([path.clone()])
                .until_end(true)
                .watch(false)
                .batch(batch, 16 << 20)
                .max_in_flight(64)
        })
        .into(["file"])
        .sink("null", NullSink::new)
        .batch(batch)
        .from("file")
        .build()?;
    let report = agent.start().await?.wait().await?;
    let delivered = report.snapshot.sinks.iter().map(|sink| sink.delivered).sum();
    check("delivered lines", count, delivered)?;
    Ok(())
}

/// A file that has its length already, as long as the channel's segments.
#[derive(Debug)]
pub struct PlainFile(File);

impl PlainFile {
    /// Makes it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        let mut file = File::create(folder.join("plain"))?;
        file.write_all(&vec![0; LENGTH])?;
        file.sync_all()?;
        file.rewind()?;
        Ok(Self(file))
    }

    /// Writes as many bytes as `events` have, from the beginning again when it is full, and syncs.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(mut self, events: u64, batch: usize) -> Result<(), Failure> {
        let piece = vec![b'x'; EVENT * batch];
        let (mut left, mut at, mut unsynced) = (events, 0, 0);
        while left > 0 {
            if at + piece.len() > LENGTH {
                self.0.rewind()?;
                at = 0;
            }
            self.0.write_all(&piece)?;
            (at, unsynced) = (at + piece.len(), unsynced + piece.len());
            if unsynced >= TOGETHER {
                self.0.sync_data()?;
                unsynced = 0;
            }
            left = left.saturating_sub(batch as u64);
        }
        self.0.sync_data()?;
        Ok(())
    }
}
