//! The spillable channel: its two parts, and the order between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Receipts, Token};
use flowcore::ingest::{
    Channel, ChannelError, FileChannel, MemoryChannel, PutErrorKind, SpillableChannel,
    SpillableChannelBuilder, SpillableChannelError, Take,
};
use flowcore_testkit::{CrashDisk, Random};

use crate::seeds::Seed;

type Lines = SpillableChannel<String>;

const PATIENCE: Duration = Duration::from_secs(3);

fn builder(disk: &CrashDisk, memory: usize, overflow: usize) -> SpillableChannelBuilder<String> {
    let mut builder = SpillableChannel::builder().transaction(20).overflow_timeout(PATIENCE);
    if memory > 0 {
        builder = builder.memory(MemoryChannel::builder().capacity(memory).bytes(1 << 20));
    }
    if overflow > 0 {
        let part = FileChannel::builder(["data"]).capacity(overflow).on_disk(Arc::new(disk.clone()));
        builder = builder.disk(part.segment_bytes(64 << 10).least_free_space(0).memory(2_000));
    }
    builder
}

async fn put(channel: &Lines, numbers: std::ops::Range<u64>, token: Token) -> Result<(), PutErrorKind> {
    let mut put = channel.begin_put().await.unwrap();
    put.put(numbers.map(|number| number.to_string()).collect()).await.map_err(|error| error.kind)?;
    put.commit(token).await.unwrap();
    Ok(())
}

fn numbers(take: &Take<String>) -> Vec<u64> {
    take.events().iter().map(|event| event.parse().unwrap()).collect()
}

async fn take_all(channel: &Lines) -> Vec<u64> {
    let mut all = Vec::new();
    while channel.state().waiting > 0 {
        let take = channel.take(20).await.unwrap();
        all.extend(numbers(&take));
        take.commit().await.unwrap();
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_the_memory_has_no_room_for_goes_to_the_disk_and_leaves_in_its_turn() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 10, 100).open("spill").await.unwrap();
    for from in 0..6 {
        put(&channel, from * 5..from * 5 + 5, Token::untracked()).await.unwrap();
    }
    assert_eq!((channel.on_disk(), channel.state().waiting, channel.state().capacity), (20, 30, 110));
    let first = channel.take(20).await.unwrap();
    assert_eq!(numbers(&first), (0..10).collect::<Vec<_>>(), "a take is of one part");
    first.commit().await.unwrap();
    // The memory is free: what comes now is there, and behind what is on disk.
    put(&channel, 30..33, Token::untracked()).await.unwrap();
    assert_eq!(channel.on_disk(), 20);
    assert_eq!(take_all(&channel).await, (10..33).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_put_waits_for_the_memory_before_it_goes_to_the_disk_and_those_after_it_do_not() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 10, 100).open("spill").await.unwrap();
    put(&channel, 0..10, Token::untracked()).await.unwrap();
    let watch = Clock::system().stopwatch();
    put(&channel, 10..11, Token::untracked()).await.unwrap();
    let first = watch.elapsed();
    assert!((PATIENCE..2 * PATIENCE).contains(&first), "{first:?}");
    put(&channel, 11..12, Token::untracked()).await.unwrap();
    assert!(watch.elapsed() < first + PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn the_threshold_says_how_much_memory_must_be_free_to_come_back() {
    for (threshold, taken, on_disk) in [(5, 1, 1), (5, 10, 1), (40, 6, 2), (40, 8, 2), (40, 10, 1), (0, 1, 1)]
    {
        let disk = CrashDisk::new();
        let builder = builder(&disk, 20, 100).deactivation_threshold(threshold);
        let channel = builder.open("spill").await.unwrap();
        put(&channel, 0..20, Token::untracked()).await.unwrap();
        put(&channel, 20..21, Token::untracked()).await.unwrap();
        channel.take(taken).await.unwrap().commit().await.unwrap();
        put(&channel, 21..22, Token::untracked()).await.unwrap();
        // One of twenty is five percent, which is not more than five.
        let on_disk = if (threshold, taken) == (5, 1) { 2 } else { on_disk };
        assert_eq!(channel.on_disk(), on_disk, "{threshold} % free, {taken} taken");
    }
}

#[tokio::test(start_paused = true)]
async fn one_part_may_be_missing_and_not_both() {
    let disk = CrashDisk::new();
    let only_disk = builder(&disk, 0, 10).open("disk").await.unwrap();
    put(&only_disk, 0..3, Token::untracked()).await.unwrap();
    assert_eq!((only_disk.on_disk(), take_all(&only_disk).await), (3, vec![0, 1, 2]));
    let only_memory = builder(&disk, 10, 0).open("memory").await.unwrap();
    put(&only_memory, 0..10, Token::untracked()).await.unwrap();
    assert_eq!(put(&only_memory, 10..11, Token::untracked()).await, Err(PutErrorKind::Full));
    assert_eq!((only_memory.on_disk(), take_all(&only_memory).await.len()), (0, 10));
    let neither = builder(&disk, 0, 0).open("neither").await;
    assert!(matches!(neither, Err(SpillableChannelError::NoPart)));
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_the_memory_or_a_transaction_is_told_apart() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 4, 30).open("spill").await.unwrap();
    put(&channel, 0..9, Token::untracked()).await.unwrap();
    assert_eq!(channel.on_disk(), 9);
    assert_eq!(put(&channel, 9..30, Token::untracked()).await, Err(PutErrorKind::TooLarge));
    put(&channel, 9..12, Token::untracked()).await.unwrap();
    assert_eq!((channel.on_disk(), take_all(&channel).await.len()), (9, 12));
}

#[tokio::test(start_paused = true)]
async fn a_transaction_of_both_parts_is_whole_and_in_order() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 10, 100).open("spill").await.unwrap();
    put(&channel, 0..7, Token::untracked()).await.unwrap();
    let receipts = Receipts::new();
    let mut both = channel.begin_put().await.unwrap();
    for numbers in [7..10, 10..14] {
        both.put(numbers.map(|number: u64| number.to_string()).collect()).await.unwrap();
    }
    assert_eq!(channel.state().waiting, 7);
    both.commit(receipts.token(0)).await.unwrap();
    assert_eq!((channel.state().waiting, channel.on_disk()), (14, 4));
    assert!(receipts.try_next().is_none(), "three are in memory");
    let first = channel.take(20).await.unwrap();
    assert_eq!(numbers(&first), (0..10).collect::<Vec<_>>());
    first.commit().await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok());
    assert_eq!(take_all(&channel).await, [10, 11, 12, 13]);
}

#[tokio::test(start_paused = true)]
async fn its_limits_change_while_it_runs_and_its_events_stay() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 10, 5).open("spill").await.unwrap();
    put(&channel, 0..10, Token::untracked()).await.unwrap();
    put(&channel, 10..15, Token::untracked()).await.unwrap();
    assert_eq!(put(&channel, 15..16, Token::untracked()).await, Err(PutErrorKind::Full));
    builder(&disk, 10, 50).transaction(3).overflow_timeout(Duration::ZERO).resize(&channel);
    let watch = Clock::system().stopwatch();
    put(&channel, 15..18, Token::untracked()).await.unwrap();
    assert_eq!(put(&channel, 18..22, Token::untracked()).await, Err(PutErrorKind::TooLarge));
    assert_eq!((watch.elapsed(), channel.on_disk()), (Duration::ZERO, 8));
    builder(&disk, 30, 50).deactivation_threshold(70).resize(&channel);
    put(&channel, 18..19, Token::untracked()).await.unwrap();
    assert_eq!(channel.on_disk(), 9, "20 of 30 free are less than 70 %");
    builder(&disk, 30, 50).deactivation_threshold(60).resize(&channel);
    put(&channel, 19..20, Token::untracked()).await.unwrap();
    assert_eq!(channel.on_disk(), 9);
    assert_eq!(take_all(&channel).await, (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn another_part_or_another_folder_is_more_than_another_limit() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 10, 5).open("spill").await.unwrap();
    assert!(builder(&disk, 1, 1).can_resize(&channel));
    assert!(!builder(&disk, 0, 5).can_resize(&channel));
    assert!(!builder(&disk, 10, 0).can_resize(&channel));
    let elsewhere = FileChannel::builder(["other"]).segment_bytes(64 << 10).least_free_space(0);
    assert!(!builder(&disk, 10, 5).disk(elsewhere).can_resize(&channel));
    assert!(!channel.is_durable());
    let on_disk = SpillableChannel::<String>::builder()
        .disk(FileChannel::builder(["alone"]).on_disk(Arc::new(disk.clone())).least_free_space(0));
    assert!(on_disk.open("disk").await.unwrap().is_durable());
}

#[tokio::test(start_paused = true)]
async fn closed_it_gives_what_it_has_and_ends() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 5, 100).open("spill").await.unwrap();
    for at in 0..3 {
        put(&channel, at * 5..at * 5 + 5, Token::untracked()).await.unwrap();
    }
    channel.close();
    assert!(channel.begin_put().await.is_err());
    assert_eq!(take_all(&channel).await.len(), 15);
    assert!(matches!(channel.take(1).await, Err(ChannelError::Closed { .. })));
}

#[tokio::test(start_paused = true)]
async fn events_that_were_handed_over_come_back_to_their_place_when_they_fail() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 0, 100).open("spill").await.unwrap();
    put(&channel, 0..5, Token::untracked()).await.unwrap();
    let batches = channel.take(3).await.unwrap().hand_over();
    assert_eq!(batches.len(), 1);
    drop(batches);
    assert_eq!(take_all(&channel).await, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn what_the_disk_has_lost_holds_nobody_up() {
    let disk = CrashDisk::new();
    let channel = builder(&disk, 3, 100).open("spill").await.unwrap();
    put(&channel, 0..3, Token::untracked()).await.unwrap();
    for number in 3..9 {
        let mut put = channel.begin_put().await.unwrap();
        put.put(vec![format!("{number:0>1500}")]).await.unwrap();
        put.commit(Token::untracked()).await.unwrap();
    }
    channel.take(3).await.unwrap().commit().await.unwrap();
    put(&channel, 9..11, Token::untracked()).await.unwrap();
    assert_eq!(channel.on_disk(), 6);
    let path = Path::new("data/0000000000000001.segment");
    disk.damage(path, |bytes| bytes[5_000..].fill(0x55));
    let mut all = Vec::new();
    while all.last() != Some(&10) {
        let take = channel.take(5).await.unwrap();
        all.extend(numbers(&take));
        take.commit().await.unwrap();
    }
    assert!(all.len() < 8 && channel.status().unwrap().lost_events > 0, "{all:?}");
}

/// What is known of the channel under random work.
struct Model {
    random: Random,
    disk: CrashDisk,
    channel: Lines,
    receipts: Receipts<u64>,
    waiting: BTreeSet<u64>,
    takes: Vec<Take<String>>,
    /// Of each put: its numbers.
    puts: BTreeMap<u64, std::ops::Range<u64>>,
    acked: BTreeSet<u64>,
    /// Committed takes may come again after a crash.
    delivered: BTreeSet<u64>,
    next: u64,
    memory: usize,
    overflow: usize,
}

impl Model {
    async fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let disk = CrashDisk::new();
        let (memory, overflow) = (5 + random.index(20), 20 + random.index(60));
        let channel = builder(&disk, memory, overflow).open("model").await.unwrap();
        let (waiting, acked, delivered) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (takes, puts, receipts) = (Vec::new(), BTreeMap::new(), Receipts::new());
        let next = 0;
        Self {
            random,
            disk,
            channel,
            receipts,
            waiting,
            takes,
            puts,
            acked,
            delivered,
            next,
            memory,
            overflow,
        }
    }

    async fn put(&mut self) {
        let numbers = self.next..self.next + 1 + self.random.below(6);
        let id = numbers.start;
        let mut put = self.channel.begin_put().await.unwrap();
        let at = numbers.start + self.random.below(numbers.end - numbers.start + 1);
        for half in [numbers.start..at, at..numbers.end] {
            let events = half.map(|number| number.to_string()).collect();
            if let Err(error) = put.put(events).await {
                assert_eq!(error.kind, PutErrorKind::Full);
                assert!(
                    self.channel.state().waiting + self.channel.state().taken
                        >= self.overflow.min(self.memory)
                );
                return;
            }
        }
        if self.random.percent(10) {
            return drop(put);
        }
        let token = self.receipts.token(id);
        if self.random.percent(50) { put.commit(token).await } else { put.submit(token).await }.unwrap();
        self.next = numbers.end;
        self.waiting.extend(numbers.clone());
        self.puts.insert(id, numbers);
    }

    async fn take(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let max = 1 + self.random.index(9);
        let take = self.channel.take(max).await.unwrap();
        let got = numbers(&take);
        let expected: Vec<u64> = self.waiting.iter().copied().take(got.len()).collect();
        assert!(!got.is_empty() && got.len() <= max && got == expected, "{got:?}, not {expected:?}");
        self.waiting.retain(|number| !got.contains(number));
        self.takes.push(take);
    }

    async fn end_a_take(&mut self) {
        if self.takes.is_empty() {
            return;
        }
        let at = self.random.index(self.takes.len());
        let take = self.takes.swap_remove(at);
        if self.random.percent(60) {
            self.delivered.extend(numbers(&take));
            take.commit().await.unwrap();
        } else {
            self.waiting.extend(numbers(&take));
            take.rollback();
        }
    }

    fn answers(&mut self) {
        while let Some(receipt) = self.receipts.try_next() {
            if receipt.outcome.is_ok() {
                self.acked.insert(receipt.id);
            }
        }
    }

    /// Both parts may hold more or less from now on.
    fn resize(&mut self) {
        (self.memory, self.overflow) = (5 + self.random.index(20), 20 + self.random.index(60));
        let next = builder(&self.disk, self.memory, self.overflow);
        assert!(next.can_resize(&self.channel));
        next.resize(&self.channel);
        assert_eq!(self.channel.state().capacity, self.memory + self.overflow);
    }

    /// The process dies, or ends.
    async fn restart(&mut self) {
        // What was submitted is safe, or known not to be.
        Clock::system().sleep(Duration::from_millis(50)).await;
        self.answers();
        for take in std::mem::take(&mut self.takes) {
            self.waiting.extend(numbers(&take));
        }
        self.disk = self.disk.kill();
        self.channel = builder(&self.disk, self.memory, self.overflow).open("again").await.unwrap();
        let mut there = BTreeSet::new();
        while self.channel.state().waiting > 0 {
            let take = self.channel.take(7).await.unwrap();
            there.extend(numbers(&take));
            self.takes.push(take);
        }
        let known: BTreeSet<u64> = self.waiting.union(&self.delivered).copied().collect();
        let nowhere: Vec<&u64> = there.difference(&known).collect();
        assert!(nowhere.is_empty(), "{nowhere:?} came from nowhere");
        for id in &self.acked {
            let safe = self.puts[id].clone().filter(|number| self.waiting.contains(number));
            for number in safe {
                assert!(there.contains(&number), "{number} of put {id} is lost");
            }
        }
        self.takes.clear();
        self.waiting = there;
        self.answers();
    }
}

#[tokio::test(start_paused = true)]
async fn in_random_schedules_it_agrees_with_one_sorted_list() {
    for seed in 0..60 {
        let _seed = Seed(seed);
        let mut model = Model::new(seed).await;
        for _ in 0..250 {
            match model.random.below(20) {
                0..8 => model.put().await,
                8..13 => model.take().await,
                13..18 => model.end_a_take().await,
                18 if model.random.percent(30) => model.resize(),
                _ if model.random.percent(20) => model.restart().await,
                _ => {}
            }
            let state = model.channel.state();
            assert!(state.waiting <= model.waiting.len(), "{state:?}");
        }
        model.restart().await;
    }
}
