use std::time::Duration;

use flowcore::base::{Clock, TaskSet, Token};
use flowcore::ingest::agent::{ComponentState, LeftInChannel};
use flowcore::ingest::{
    Agent, AgentBuilder, Channel, ChannelError, Checkpoints, FileChannel, MemoryChannel, Sink, SinkError,
};

use super::parts::{Counter, Fault, Log, Memory, Number, sleep};
use crate::seeds::{Random, Seed};

const GRACE: Duration = Duration::from_secs(5);

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

#[tokio::test(start_paused = true)]
async fn stopping_at_any_moment_delivers_all_that_was_put() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let log = Log::default();
        let counter = Counter::new(1_000_000, Fault::None, &log);
        let mut memory = Memory::new(Fault::random(5, random.below(3), seed), &log);
        memory.pace = Duration::from_millis(1 + random.next() % 5);
        let handle = agent(&counter, &memory, 3 + random.below(30)).start().await.unwrap();
        sleep(Duration::from_millis(random.next() % 300)).await;
        let report = handle.stop().await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        let written = report.snapshot.sources[0].written;
        assert_eq!(memory.numbers(), (0..written).collect::<Vec<_>>());
        assert_eq!(report.snapshot.sinks[0].delivered, written);
        if written > 0 {
            assert_eq!(log.lines().last().unwrap(), "source stop, 0 outstanding");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_return_is_dropped_after_the_grace_period() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::Hangs, &log);
    let memory = Memory::new(Fault::None, &log);
    let handle = agent(&counter, &memory, 100).start().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let watch = Clock::system().stopwatch();
    let report = handle.stop().await.unwrap();
    assert_eq!(watch.elapsed().as_secs(), GRACE.as_secs());
    assert_eq!(report.overdue, ["counter".into()]);
    assert!(log.position("source stop, 0 outstanding") > 0, "it may still close what it holds");
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_does_not_return_leaves_its_events_in_the_channel() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let memory = Memory::new(Fault::Hangs, &log);
    let handle = agent(&counter, &memory, 100).start().await.unwrap();
    handle.sources_ended().await;
    let watch = Clock::system().stopwatch();
    let report = handle.stop().await.unwrap();
    assert_eq!(watch.elapsed().as_secs(), GRACE.as_secs());
    assert_eq!(report.overdue, ["sink".into()]);
    assert_eq!(report.left, [LeftInChannel { channel: "memory".into(), events: 10 }]);
    assert_eq!(report.snapshot.channels[0].state.waiting, 10);
    assert!(matches!(report.snapshot.sinks[0].state, ComponentState::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_read_elsewhere_ends_when_the_sources_have_stopped() {
    let log = Log::default();
    let counter = Counter::new(1_000_000, Fault::None, &log);
    let channel = MemoryChannel::builder().capacity(9).build("orders");
    let orders = channel.clone();
    let agent = AgentBuilder::new("test")
        .channel("orders", orders)
        .read_elsewhere("orders")
        .source("counter", move || counter.anew())
        .into(["orders"])
        .build()
        .unwrap();
    let handle = agent.start().await.unwrap();
    let mut topology = TaskSet::new();
    topology.spawn("topology", async move {
        let mut got = 0;
        loop {
            match channel.take(5).await {
                Ok(take) => {
                    sleep(Duration::from_millis(1)).await;
                    got += take.events().len() as u64;
                    take.hand_over().into_iter().for_each(|batch| batch.token.ack());
                }
                Err(ChannelError::Closed { .. }) => return got,
                Err(error) => panic!("{error}"),
            }
        }
    });
    sleep(Duration::from_millis(200)).await;
    handle.stop_sources().await;
    let (_, end) = topology.next().await.unwrap();
    let report = handle.finish().await.unwrap();
    let written = report.snapshot.sources[0].written;
    assert!(written > 100);
    assert!(matches!(end, flowcore::base::TaskEnd::Done(got) if got == written));
    assert_eq!(log.lines().last().unwrap(), "source stop, 0 outstanding");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_written_elsewhere_stays_open_until_the_finish() {
    let log = Log::default();
    let memory = Memory::new(Fault::None, &log);
    let sink = memory.clone();
    let agent = AgentBuilder::new("test")
        .channel("results", MemoryChannel::builder())
        .written_elsewhere("results")
        .sink("sink", move || sink.clone())
        .from("results")
        .build()
        .unwrap();
    let handle = agent.start().await.unwrap();
    handle.stop_sources().await;
    let results = handle.channel("results").unwrap();
    let mut put = results.begin_put().await.unwrap();
    put.put(vec![Number(7)]).await.unwrap();
    put.commit(flowcore::base::Token::untracked()).await.unwrap();
    assert!(handle.finish().await.unwrap().is_clean());
    assert_eq!(memory.numbers(), [7]);
    assert!(matches!(results.begin_put().await, Err(ChannelError::Closed { .. })));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_ends_everything() {
    let log = Log::default();
    let counter = Counter::new(1_000_000, Fault::None, &log);
    let mut memory = Memory::new(Fault::None, &log);
    memory.pace = Duration::from_millis(1);
    let handle = agent(&counter, &memory, 10).start().await.unwrap();
    sleep(Duration::from_millis(100)).await;
    drop(handle);
    sleep(Duration::from_millis(5)).await;
    let before = memory.numbers().len();
    sleep(Duration::from_secs(5)).await;
    assert!(before > 0);
    assert_eq!(memory.numbers().len(), before);
}

#[tokio::test(start_paused = true)]
async fn abandoned_it_ends_at_once_and_what_was_committed_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let open = || FileChannel::<String>::builder([folder.path()]).segment_bytes(1 << 20).least_free_space(0);
    let builder = open().checkpoints(Checkpoints::new(folder.path()));
    let lines = vec!["line".to_owned(); 50];
    let handle = AgentBuilder::new("test")
        .channel("file", builder)
        .written_elsewhere("file")
        .sink("stuck", || Stuck)
        .batch(10)
        .from("file")
        .build()
        .unwrap()
        .start()
        .await
        .unwrap();
    let channel = handle.channel("file").unwrap();
    let mut put = channel.begin_put().await.unwrap();
    put.put(lines.clone()).await.unwrap();
    put.commit(Token::untracked()).await.unwrap();
    while channel.state().taken == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    drop(channel);
    let watch = Clock::system().stopwatch();
    handle.abandon(Duration::from_secs(1)).await;
    assert!(watch.elapsed() <= Duration::from_secs(1));
    assert!(folder.path().join("flowcore.checkpoint").exists());
    let channel = open().open("file").await.unwrap();
    assert_eq!(channel.state().waiting, lines.len());
}

/// Delivers nothing, and does not return.
struct Stuck;

#[async_trait::async_trait]
impl Sink<String> for Stuck {
    async fn deliver(&mut self, _events: &[String]) -> Result<(), SinkError> {
        std::future::pending().await
    }
}
