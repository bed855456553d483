//! A channel on a disk that crashes, and what must be true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Token;
use flowcore::ingest::{
    Channel, Checkpoints, EncryptionKey, FileChannel, FileChannelBuilder, FileChannelError, SyncPolicy, Take,
};
use flowcore_testkit::{CrashDisk, Random};

/// What is known of one put.
#[derive(Debug)]
struct Known {
    items: Vec<String>,
    /// Its commit succeeded; else it may be in the channel or not.
    is_safe: bool,
}

/// A queue with what was committed and what was delivered.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) disk: CrashDisk,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) segment: u64,
    pub(crate) memory: usize,
    /// `None`: events are not encrypted.
    pub(crate) key: Option<EncryptionKey>,
    pub(crate) checkpoints: Option<Checkpoints>,
    puts: Vec<Known>,
    /// Which put an item is of.
    of: BTreeMap<String, usize>,
    delivered: BTreeSet<String>,
    /// Delivered since it was opened: these do not come again.
    delivered_now: BTreeSet<String>,
}

pub(crate) fn key(number: u8) -> EncryptionKey {
    EncryptionKey::new(format!("key-{number}"), [number; 32]).unwrap()
}

pub(crate) type Lines = FileChannel<String>;

impl World {
    /// With an odd seed, events are encrypted; with every third one, there are checkpoints all the time.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            disk: CrashDisk::new(),
            folders: vec![PathBuf::from("one")],
            segment: 64 << 10,
            memory: 1 << 20,
            key: (seed % 2 == 1).then(|| key(1)),
            checkpoints: seed.is_multiple_of(3).then(|| Checkpoints::new("marks").every(Duration::ZERO)),
            puts: Vec::new(),
            of: BTreeMap::new(),
            delivered: BTreeSet::new(),
            delivered_now: BTreeSet::new(),
        }
    }

    pub(crate) fn builder(&self) -> FileChannelBuilder<String> {
        let builder = FileChannel::builder(self.folders.clone());
        let builder = match &self.key {
            Some(key) => builder.encrypt_with(key.clone()),
            None => builder,
        };
        let builder = match &self.checkpoints {
            Some(checkpoints) => builder.checkpoints(checkpoints.clone()),
            None => builder,
        };
        builder
            .on_disk(Arc::new(self.disk.clone()))
            .segment_bytes(self.segment)
            .memory(self.memory)
            .least_free_space(0)
            .keep_alive(Duration::from_millis(10))
            .sync(SyncPolicy::EachCommit)
    }

    pub(crate) async fn open(&mut self) -> Result<Lines, FileChannelError> {
        self.delivered_now.clear();
        self.builder().open("crash").await
    }

    /// Puts some items. Returns whether their commit succeeded.
    pub(crate) async fn put(&mut self, channel: &Lines) -> bool {
        let count = 1 + self.random.index(5);
        let longest = if self.random.percent(10) { 20_000 } else { 300 };
        let length = self.random.index(longest);
        self.put_items(channel, count, length).await
    }

    pub(crate) async fn put_items(&mut self, channel: &Lines, count: usize, length: usize) -> bool {
        let id = self.puts.len();
        let items: Vec<String> = (0..count).map(|at| format!("{id}.{at}.{}", "x".repeat(length))).collect();
        let Ok(mut put) = channel.begin_put().await else { return false };
        if put.put(items.clone()).await.is_err() {
            return false;
        }
        for item in &items {
            self.of.insert(item.clone(), id);
        }
        self.puts.push(Known { items, is_safe: false });
        let is_safe = put.commit(Token::untracked()).await.is_ok();
        self.puts[id].is_safe = is_safe;
        is_safe
    }

    /// Takes some items, if there are any.
    pub(crate) async fn take(&mut self, channel: &Lines) -> Option<Take<String>> {
        if channel.state().waiting == 0 {
            return None;
        }
        let max = 1 + self.random.index(12);
        // Reading may fail on a disk that is off; a damaged rest may leave nothing to wait for.
        let take = tokio::time::timeout(Duration::from_mins(1), channel.take(max)).await.ok()?.ok()?;
        self.check_order(take.events());
        Some(take)
    }

    fn check_order(&self, items: &[String]) {
        let mut last = None;
        for item in items {
            let Some(&put) = self.of.get(item) else { panic!("nobody has put {item:.40}") };
            let at = self.puts[put].items.iter().position(|known| known == item).unwrap();
            assert!(last < Some((put, at)), "{item:.40} is out of order");
            assert!(!self.delivered_now.contains(item), "{item:.40} was committed before");
            last = Some((put, at));
        }
    }

    pub(crate) async fn deliver(&mut self, take: Take<String>) {
        self.delivered.extend(take.events().iter().cloned());
        self.delivered_now.extend(take.events().iter().cloned());
        take.commit().await.unwrap();
    }

    /// Power is lost, or the process is killed.
    pub(crate) fn crash(&mut self) {
        self.disk =
            if self.random.percent(30) { self.disk.kill() } else { self.disk.crash(&mut self.random) };
    }

    /// Delivers everything that is left.
    pub(crate) async fn drain(&mut self, channel: &Lines) {
        while channel.state().waiting > 0 {
            let take = self.take(channel).await.unwrap();
            self.deliver(take).await;
        }
    }

    /// Opens it anew, takes all, and looks whether everything that was safe has come, and puts are whole.
    pub(crate) async fn check(&mut self) {
        let channel = self.open().await.unwrap();
        assert_eq!(channel.status().lost_events, 0, "{:?}", channel.status());
        self.drain(&channel).await;
        assert_eq!(channel.status().lost_events, 0, "{:?}", channel.status());
        assert!(channel.state().is_drained());
        assert_eq!(self.missing(), Vec::<&str>::new(), "lost");
        for put in &self.puts {
            let delivered = put.items.iter().filter(|item| self.delivered.contains(*item)).count();
            assert!(delivered == 0 || delivered == put.items.len(), "a part of a put");
        }
    }

    /// Items that were committed and have not come.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let safe = self.puts.iter().filter(|put| put.is_safe).flat_map(|put| &put.items);
        safe.filter(|item| !self.delivered.contains(*item)).map(|item| &item[..item.len().min(20)]).collect()
    }
}
