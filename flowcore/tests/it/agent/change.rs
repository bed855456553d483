//! A running agent becomes another one: what differs is stopped and started, what does not is left alone.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::Token;
use flowcore::ingest::agent::{ComponentState, Unchanged};
use flowcore::ingest::{
    Agent, AgentBuilder, Channel, ChannelError, ChannelFactory, ComponentContext, MemoryChannel,
};

use super::other_channel::Other;
use super::parts::{Counter, Fault, Log, Memory, Number, sleep};
use crate::seeds::{Random, Seed};

pub(super) const GRACE: Duration = Duration::from_secs(5);

fn agent(counter: &Counter, memory: &Memory, capacity: usize) -> Agent<Number> {
    let (counter, memory) = (counter.clone(), memory.clone());
    AgentBuilder::new("test")
        .grace(GRACE)
        .channel("memory", MemoryChannel::builder().capacity(capacity))
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink("sink", move || memory.clone())
        .batch(4)
        .from("memory")
        .build()
        .unwrap()
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|&name| name.into()).collect()
}

#[tokio::test(start_paused = true)]
async fn components_that_are_exchanged_at_any_moment_lose_and_double_nothing() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let log = Log::default();
        let counter = Counter::new(1_000_000, Fault::None, &log);
        let mut memory = Memory::new(Fault::None, &log);
        memory.pace = Duration::from_millis(1 + random.next() % 5);
        let handle = agent(&counter, &memory, 20).start().await.unwrap();
        for _ in 0..10 {
            sleep(Duration::from_millis(random.next() % 100)).await;
            let mut unchanged = Unchanged::new();
            let mut expected = Vec::new();
            let mut keep = |set: &mut BTreeSet<Arc<str>>, name: &str| {
                let stays = random.one_in(2);
                if stays {
                    set.insert(name.into());
                }
                stays
            };
            let channel = keep(&mut unchanged.channels, "memory");
            for (kind, stays) in [
                ("source counter", keep(&mut unchanged.sources, "counter")),
                ("sink sink", keep(&mut unchanged.sinks, "sink")),
            ] {
                if !stays {
                    expected.push(kind.into());
                }
            }
            // One that is not said to stay is given its limits, and stays all the same.
            let capacity = if channel { 20 } else { 10 + random.below(20) };
            let applied = handle.apply(agent(&counter, &memory, capacity), unchanged).await.unwrap();
            assert_eq!((&applied.stopped, applied.resized.is_empty()), (&expected, channel), "{applied:?}");
            assert!(applied.left.is_empty() && applied.overdue.is_empty(), "{applied:?}");
        }
        let report = handle.stop().await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        let written = counter.committed.load(Ordering::Relaxed);
        assert!(written > 0);
        assert_eq!(memory.numbers(), (0..written).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_of_another_kind_is_drained_before_it_goes() {
    let log = Log::default();
    let counter = Counter::new(1_000_000, Fault::None, &log);
    let mut memory = Memory::new(Fault::None, &log);
    memory.pace = Duration::from_millis(3);
    let first = Other::channel("memory", 500);
    let with = |channel: Arc<dyn Channel<Number>>| {
        let (counter, memory) = (counter.clone(), memory.clone());
        AgentBuilder::new("test")
            .grace(GRACE)
            .channel("memory", channel)
            .source("counter", move || counter.anew())
            .into(["memory"])
            .sink("sink", move || memory.clone())
            .batch(4)
            .from("memory")
            .build()
            .unwrap()
    };
    let handle = with(first.clone()).start().await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert!(first.state().waiting > 100);
    let all = Unchanged::new().source("counter").sink("sink");
    let applied = handle.apply(with(Other::channel("memory", 9)), all).await.unwrap();
    assert_eq!(applied.stopped, names(&["source counter", "sink sink", "channel memory"]));
    assert_eq!(applied.started, names(&["channel memory", "sink sink", "source counter"]));
    assert!(applied.left.is_empty() && first.state().is_drained(), "{applied:?}");
    sleep(Duration::from_millis(100)).await;
    assert!(handle.stop().await.unwrap().is_clean());
    let written = counter.committed.load(Ordering::Relaxed);
    assert_eq!(memory.numbers(), (0..written).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_a_sink_that_hangs_leaves_in_a_channel_that_goes_is_reported_after_the_grace_period() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let memory = Memory::new(Fault::Hangs, &log);
    let handle = agent(&counter, &memory, 100).start().await.unwrap();
    handle.sources_ended().await;
    let other = Memory::new(Fault::None, &log);
    let next = {
        let sink = other.clone();
        AgentBuilder::new("test")
            .channel("results", MemoryChannel::builder())
            .written_elsewhere("results")
            .sink("sink", move || sink.clone())
            .from("results")
            .build()
            .unwrap()
    };
    let applied = handle.apply(next, Unchanged::new()).await.unwrap();
    assert_eq!(applied.left.len(), 1, "{applied:?}");
    assert_eq!((&*applied.left[0].channel, applied.left[0].events), ("memory", 10));
    assert_eq!(applied.overdue, names(&["sink"]));
    let snapshot = handle.snapshot();
    assert!(snapshot.sources.is_empty() && snapshot.channels.len() == 1, "{snapshot:?}");
    assert_eq!(&*snapshot.channels[0].name, "results");
    let results = handle.channel("results").unwrap();
    let mut put = results.begin_put().await.unwrap();
    put.put(vec![Number(7)]).await.unwrap();
    put.commit(Token::untracked()).await.unwrap();
    assert!(handle.finish().await.unwrap().is_clean());
    assert_eq!(other.numbers(), [7]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_does_not_open_is_told_and_applying_again_tries_it_again() {
    let log = Log::default();
    let counter = Counter::new(30, Fault::None, &log);
    let memory = Memory::new(Fault::None, &log);
    let handle = agent(&counter, &memory, 100).start().await.unwrap();
    let broken = Arc::new(Mutex::new(true));
    let next = || {
        let (counter, memory, own) = (counter.clone(), memory.clone(), memory.clone());
        let second = Counter::new(3, Fault::None, &log);
        AgentBuilder::new("test")
            .channel("memory", MemoryChannel::builder().capacity(100))
            .channel("second", OnceBroken(broken.clone()))
            .source("counter", move || counter.anew())
            .into(["memory"])
            .source("other", move || second.anew())
            .into(["second"])
            .sink("sink", move || memory.clone())
            .batch(4)
            .from("memory")
            .sink("own", move || own.clone())
            .from("second")
            .build()
            .unwrap()
    };
    let unchanged = || Unchanged::new().channel("memory").source("counter").sink("sink");
    let applied = handle.apply(next(), unchanged()).await.unwrap();
    assert_eq!((applied.failed.len(), &*applied.failed[0].channel), (1, "second"), "{applied:?}");
    assert!(applied.started.is_empty() && applied.stopped.is_empty(), "{applied:?}");
    let snapshot = handle.snapshot();
    let waiting = snapshot.sources.iter().find(|source| &*source.name == "other").unwrap();
    assert!(matches!(waiting.state, ComponentState::Starting));
    assert!(waiting.last_error.is_some(), "the state says why it does not run");
    *broken.lock().unwrap() = false;
    let applied = handle.apply(next(), unchanged()).await.unwrap();
    assert_eq!(applied.started, names(&["channel second", "sink own", "source other"]));
    handle.sources_ended().await;
    assert!(handle.stop().await.unwrap().is_clean());
    let mut numbers = memory.numbers();
    numbers.sort_unstable();
    let mut expected: Vec<u64> = (0..30).chain(0..3).collect();
    expected.sort_unstable();
    assert_eq!(numbers, expected);
}

#[tokio::test(start_paused = true)]
async fn a_component_that_cannot_work_leaves_the_others_alone_until_none_is_left() {
    let log = Log::default();
    let counter = Counter::new(1_000_000, Fault::None, &log);
    let mut memory = Memory::new(Fault::None, &log);
    memory.pace = Duration::from_millis(1);
    let with = |second: Fault| {
        let (counter, memory) = (counter.clone(), memory.clone());
        let bad = Counter::new(9, second, &log);
        AgentBuilder::new("test")
            .keep_going()
            .channel("memory", MemoryChannel::builder().capacity(100))
            .source("counter", move || counter.anew())
            .into(["memory"])
            .source("bad", move || bad.anew())
            .into(["memory"])
            .sink("sink", move || memory.clone())
            .from("memory")
            .build()
            .unwrap()
    };
    let handle = with(Fault::Fatal).start().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let before = memory.numbers().len();
    sleep(Duration::from_secs(1)).await;
    assert!(memory.numbers().len() > before);
    assert!(matches!(handle.snapshot().sources[1].state, ComponentState::Failed { .. }));
    let unchanged = Unchanged::new().channel("memory").source("counter").sink("sink");
    let applied = handle.apply(with(Fault::None), unchanged).await.unwrap();
    assert_eq!(applied.started, names(&["source bad"]), "another try, with other keys");
    handle.stop().await.unwrap();

    let only = Memory::new(Fault::Fatal, &log);
    let handle = AgentBuilder::new("test")
        .keep_going()
        .channel("memory", MemoryChannel::builder())
        .written_elsewhere("memory")
        .sink("sink", move || only.clone())
        .from("memory")
        .build()
        .unwrap()
        .start()
        .await
        .unwrap();
    let memory = handle.channel("memory").unwrap();
    let mut put = memory.begin_put().await.unwrap();
    put.put(vec![Number(1)]).await.unwrap();
    put.commit(Token::untracked()).await.unwrap();
    assert_eq!(handle.failed().await.component(), "sink");
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_stops_is_not_changed_any_more() {
    let log = Log::default();
    let counter = Counter::new(1_000_000, Fault::None, &log);
    let memory = Memory::new(Fault::None, &log);
    let handle = agent(&counter, &memory, 20).start().await.unwrap();
    handle.stop_sources().await;
    assert!(handle.apply(agent(&counter, &memory, 20), Unchanged::new()).await.is_err());
    assert!(handle.finish().await.unwrap().is_clean());
}

/// Does not open while it is broken.
struct OnceBroken(Arc<Mutex<bool>>);

#[async_trait]
impl ChannelFactory<Number> for OnceBroken {
    async fn open(
        self: Box<Self>,
        context: &ComponentContext,
    ) -> Result<Arc<dyn Channel<Number>>, ChannelError> {
        if *self.0.lock().unwrap() {
            return Err(ChannelError::Storage {
                channel: context.name.to_string(),
                cause: "no such folder".into(),
            });
        }
        Ok(Other::channel(&context.name, 100))
    }
}
