//! What the keys of channels limit, by channels that the registry makes, on a virtual clock.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, Token};
use flowcore::event::Event;
use flowcore::ingest::{AgentHandle, Channel, PutErrorKind};
use flowcore_agent::AgentFile;

use crate::channel_keys::events;
use crate::embedded::{Seen, registry, with_prefix};

/// A channel that nobody but the test puts into and takes from.
const ALONE: &str = "a1.sources = r1\na1.channels = c1\na1.sources.r1.type = test.Script\n\
                     a1.sources.r1.channels = c1\n";

/// An agent, and its channel of these keys; `{dir}` in them is `folder`.
async fn open(folder: &Path, keys: &str) -> (AgentHandle, Arc<dyn Channel>) {
    let more = "dataDirs = {dir}/data\nmaxFileSize = 1048576\nminimumRequiredSpace = 1048576\n";
    let is_on_disk = ["file", "spillablememory"].iter().any(|kind| keys.contains(kind));
    let is_said = |line: &&str| !keys.contains(line.split(' ').next().unwrap());
    let more: Vec<&str> = more.lines().filter(|line| is_on_disk && is_said(line)).collect();
    let keys = with_prefix("a1.channels.c1.", format!("{}\n{}", keys.trim_end(), more.join("\n")).trim_end());
    let conf = format!("{ALONE}{}", keys.replace("{dir}", folder.to_str().unwrap()));
    let file = AgentFile::from_properties(conf).registry(registry(Vec::new(), &Seen::default()));
    let handle = file.agent("a1").unwrap_or_else(|error| panic!("{error}")).start().await.unwrap();
    let channel = handle.channel("c1").unwrap();
    (handle, channel)
}

async fn put(channel: &Arc<dyn Channel>, count: usize, body: &Bytes) -> Result<(), PutErrorKind> {
    let mut put = channel.begin_put().await.unwrap();
    let events = (0..count).map(|_| Event::new(body.clone())).collect();
    put.put(events).await.map_err(|error| error.kind)?;
    put.commit(Token::untracked()).await.unwrap();
    Ok(())
}

async fn put_one(channel: &Arc<dyn Channel>) -> Result<(), PutErrorKind> {
    put(channel, 1, &Bytes::from_static(b"x")).await
}

async fn take(channel: &Arc<dyn Channel>, max: usize) -> usize {
    let take = channel.take(max).await.unwrap();
    let count = take.events().len();
    take.commit().await.unwrap();
    count
}

#[tokio::test(start_paused = true)]
async fn capacity_transactions_and_patience_are_those_of_the_keys() {
    let table = [
        ("type = memory", 100, 100, 3),
        ("type = memory\ncapacity = 10\ntransactionCapacity = 4\nkeep-alive = 7", 10, 4, 7),
        ("type = memory\ncapacity = 10", 10, 10, 3),
        ("type = memory\nkeep-alive = 0", 100, 100, 0),
        ("type = org.apache.flume.channel.PseudoTxnMemoryChannel", 50, 50, 3),
        ("type = pseudotxnmemory\ncapacity = 10\nkeep-alive = 2", 10, 10, 2),
        ("type = file\ncapacity = 20\ntransactionCapacity = 6\nkeep-alive = 5", 20, 6, 5),
        ("type = file\ncapacity = 30\ntransactionCapacity = 30\nkeep-alive = 0", 30, 30, 0),
        (
            "type = spillablememory\nmemoryCapacity = 8\noverflowCapacity = 0\ntransactionCapacity = 5\n\
             overflowTimeout = 4",
            8,
            5,
            4,
        ),
        (
            "type = spillablememory\nmemoryCapacity = 0\noverflowCapacity = 12\ntransactionCapacity = 4\n\
             overflowTimeout = 1",
            12,
            4,
            1,
        ),
    ];
    for (keys, capacity, transaction, patience) in table {
        let folder = tempfile::tempdir().unwrap();
        let (handle, channel) = open(folder.path(), keys).await;
        assert_eq!(channel.state().capacity, capacity, "{keys}");
        let body = Bytes::from_static(b"x");
        assert_eq!(put(&channel, transaction + 1, &body).await, Err(PutErrorKind::TooLarge), "{keys}");
        put(&channel, transaction, &body).await.unwrap();
        for _ in transaction..capacity {
            put_one(&channel).await.unwrap();
        }
        let watch = Clock::system().stopwatch();
        assert_eq!(put_one(&channel).await, Err(PutErrorKind::Full), "{keys}");
        assert_eq!(watch.elapsed().as_secs(), patience, "{keys}");
        assert_eq!(take(&channel, 1000).await, transaction, "{keys}");
        put_one(&channel).await.unwrap();
        handle.abandon(Duration::ZERO).await;
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_have_the_bytes_of_the_keys_in_whole_slots() {
    let spill = |keys: &str| {
        format!(
            "type = spillablememory\noverflowCapacity = 0\noverflowTimeout = 0\nbyteCapacity = 10000\n{keys}"
        )
    };
    let memory = |keys: &str| format!("type = memory\nkeep-alive = 0\n{keys}");
    let table = [
        (memory("byteCapacity = 1000"), 100, 8),
        (memory("byteCapacity = 1000"), 101, 4),
        (memory("byteCapacity = 1000"), 0, 8),
        (memory("byteCapacity = 1000\nbyteCapacityBufferPercentage = 50"), 1, 5),
        (memory("byteCapacity = 1000\nbyteCapacityBufferPercentage = 0"), 1, 10),
        (memory("byteCapacity = 0"), 1 << 30, 100),
        (spill("avgEventSize = 500"), 1, 16),
        (spill("avgEventSize = 1000"), 1, 8),
        (spill(""), 501, 8),
        (spill("byteCapacityBufferPercentage = 0"), 1, 20),
    ];
    // Never written to: it takes no memory.
    let zeros = Bytes::from(vec![0; 1 << 30]);
    for (keys, length, fits) in table {
        let folder = tempfile::tempdir().unwrap();
        let (handle, channel) = open(folder.path(), &keys).await;
        let body = zeros.slice(..length);
        for _ in 0..fits {
            put(&channel, 1, &body).await.unwrap_or_else(|kind| panic!("{keys}: {kind:?}"));
        }
        assert_eq!(put(&channel, 1, &body).await, Err(PutErrorKind::Full), "{keys}");
        take(&channel, 1).await;
        put(&channel, 1, &body).await.unwrap();
        handle.abandon(Duration::ZERO).await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_overflow_after_the_timeout_and_until_enough_memory_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let keys = "type = spillablememory\nmemoryCapacity = 10\noverflowTimeout = 9\n\
                overflowDeactivationThreshold = 50\noverflowCapacity = 20";
    let (handle, channel) = open(folder.path(), keys).await;
    let on_disk = || events(&folder.path().join("data"));
    put(&channel, 10, &Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(on_disk(), 0);
    let watch = Clock::system().stopwatch();
    put_one(&channel).await.unwrap();
    assert_eq!((watch.elapsed().as_secs(), on_disk()), (9, 1));
    take(&channel, 5).await;
    put_one(&channel).await.unwrap();
    assert_eq!((watch.elapsed().as_secs(), on_disk()), (9, 2), "half of the memory is not more than 50 %");
    take(&channel, 1).await;
    put_one(&channel).await.unwrap();
    assert_eq!(on_disk(), 2);
    handle.abandon(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_written_when_its_interval_is_over() {
    let clock = Clock::system();
    for (keys, seconds) in [("", 30), ("\ncheckpointInterval = 7000", 7)] {
        for kind in ["type = file", "type = spillablememory\nmemoryCapacity = 0"] {
            let folder = tempfile::tempdir().unwrap();
            let keys = format!("{kind}{keys}\ncheckpointDir = {{dir}}/marks");
            let (handle, channel) = open(folder.path(), &keys).await;
            let mark = folder.path().join("marks/flowcore.checkpoint");
            put_one(&channel).await.unwrap();
            clock.sleep(Duration::from_secs(seconds - 2)).await;
            assert!(!mark.exists(), "{keys}");
            let mut waited = 0;
            while !mark.exists() {
                assert!(waited < 100, "{keys}");
                clock.sleep(Duration::from_millis(100)).await;
                waited += 1;
            }
            handle.abandon(Duration::ZERO).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_without_the_required_space_takes_no_puts_and_gives_what_it_has() {
    for kind in
        ["type = file\nkeep-alive = 1", "type = spillablememory\nmemoryCapacity = 0\noverflowTimeout = 1"]
    {
        let folder = tempfile::tempdir().unwrap();
        let (handle, channel) = open(folder.path(), kind).await;
        put_one(&channel).await.unwrap();
        let is_full = |channel: &Arc<dyn Channel>| channel.health().unwrap().is_disk_full;
        assert!(!is_full(&channel));
        drop(channel);
        handle.stop().await.unwrap();
        // One that is encrypted begins a file of its own.
        std::fs::write(folder.path().join("key"), [7; 32]).unwrap();
        let encrypted = "encryption.activeKey = k\nencryption.keyProvider = FILE\nencryption.keyProvider.keys = k\n\
                         encryption.keyProvider.keys.k.file = {dir}/key";
        let keys = format!("{kind}\nminimumRequiredSpace = 9000000000000000000\n{encrypted}");
        let (handle, channel) = open(folder.path(), &keys).await;
        assert!(is_full(&channel) && channel.health().unwrap().is_unhealthy);
        assert_eq!(put_one(&channel).await, Err(PutErrorKind::Full));
        assert_eq!(take(&channel, 10).await, 1);
        handle.abandon(Duration::ZERO).await;
    }
}
