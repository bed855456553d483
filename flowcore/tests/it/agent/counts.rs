//! What the agent counts by itself.

use flowcore::base::{Clock, Timestamp};
use flowcore::ingest::agent::{AgentSnapshot, ComponentKind};
use flowcore::ingest::metrics::{Counter as Counted, Counts};
use flowcore::ingest::{
    AgentBuilder, Batch, Channel, ChannelHealth, ChannelWriter, ComponentContext, FailoverPolicy,
    FileChannel, MemoryChannel, Stopping,
};
use tokio::sync::watch;

use super::parts::{Counter, Fault, Log, Memory, Number};
use crate::seeds::Random;

fn values(counts: &Counts, of: &[Counted]) -> Vec<(&'static str, u64)> {
    of.iter().map(|counter| (counter.name(), counts.get(*counter))).collect()
}

fn clock() -> Clock {
    Clock::starting_at(Timestamp::from_millis(1_000_000))
}

/// Ten numbers in batches of three, taken in batches of at most four; the sink fails `failures` times.
async fn ten(failures: usize) -> AgentSnapshot {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let memory = Memory::new(Fault::random(1, failures, 3), &log);
    let agent = AgentBuilder::new("test")
        .clock(clock())
        .channel("memory", MemoryChannel::builder())
        .type_name(ComponentKind::Channel, "memory", "memory")
        .source("counter", move || counter.anew())
        .into(["memory"])
        .type_name(ComponentKind::Source, "counter", "numbers")
        .sink("memory", move || memory.clone())
        .batch(4)
        .from("memory")
        .build()
        .unwrap();
    agent.start().await.unwrap().wait().await.unwrap().snapshot
}

#[tokio::test(start_paused = true)]
async fn events_and_batches_are_counted_from_source_to_sink() {
    let snapshot = ten(0).await;
    let (source, channel, sink) = (&snapshot.sources[0], &snapshot.channels[0], &snapshot.sinks[0]);
    assert_eq!(
        values(&source.activity.counts, &Counted::SOURCE),
        [
            ("EventReceivedCount", 10),
            ("EventAcceptedCount", 10),
            ("AppendReceivedCount", 0),
            ("AppendAcceptedCount", 0),
            ("AppendBatchReceivedCount", 4),
            ("AppendBatchAcceptedCount", 4),
            ("OpenConnectionCount", 0),
            ("EventReadFail", 0),
            ("ChannelWriteFail", 0),
            ("GenericProcessingFail", 0),
        ]
    );
    assert_eq!(
        values(&channel.activity.counts, &Counted::CHANNEL),
        [
            ("EventPutAttemptCount", 10),
            ("EventPutSuccessCount", 10),
            ("EventTakeAttemptCount", 10),
            ("EventTakeSuccessCount", 10),
        ]
    );
    assert_eq!((source.batch_delays.count(), channel.put_delays.count()), (4, 4));
    let sent = sink.activity.counts;
    assert_eq!((sent.get(Counted::EventDrainAttempt), sent.get(Counted::EventDrainSuccess)), (10, 10));
    let batches = sent.get(Counted::BatchUnderflow) + sent.get(Counted::BatchComplete);
    assert_eq!((sink.send_delays.count(), channel.take_delays.count()), (batches, batches));
    assert!(sent.get(Counted::BatchEmpty) > 0, "the channel was empty at its end");
    assert_eq!((sent.get(Counted::EventWriteFail), sent.get(Counted::ChannelReadFail)), (0, 0));
    assert_eq!(channel.health, None);
}

#[tokio::test(start_paused = true)]
async fn deliveries_that_fail_are_attempts_without_success() {
    let snapshot = ten(3).await;
    let (channel, sink) = (&snapshot.channels[0].activity.counts, &snapshot.sinks[0]);
    let sent = sink.activity.counts;
    let failed = sink.failed_attempts + sink.restarts;
    assert!(failed >= 3, "{sink:?}");
    assert!(sent.get(Counted::EventDrainAttempt) > 10);
    assert_eq!(sent.get(Counted::EventDrainSuccess), 10);
    assert_eq!(sent.get(Counted::EventWriteFail), 3);
    assert_eq!(channel.get(Counted::EventTakeAttempt), sent.get(Counted::EventDrainAttempt));
    assert_eq!(channel.get(Counted::EventTakeSuccess), 10);
    assert!(sink.activity.last_error_at < sink.activity.last_success);
    assert!(sink.activity.last_error_at.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_says_types_ways_and_times() {
    let snapshot = ten(0).await;
    let (source, channel, sink) = (&snapshot.sources[0], &snapshot.channels[0], &snapshot.sinks[0]);
    assert_eq!(source.activity.type_name.as_deref(), Some("numbers"));
    assert_eq!(channel.activity.type_name.as_deref(), Some("memory"));
    assert_eq!(sink.activity.type_name, None);
    assert_eq!((source.channels.len(), &source.channels[0]), (1, &channel.name));
    for activity in [&source.activity, &channel.activity, &sink.activity] {
        assert!(activity.started >= Some(Timestamp::from_millis(1_000_000)), "{activity:?}");
        assert!(activity.stopped >= activity.started, "{activity:?}");
    }
    assert!(source.activity.last_success.is_some() && sink.activity.last_success.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_observer_reads_on_when_the_agent_has_stopped() {
    let (log, random) = (Log::default(), Random::new(1).below(5));
    let counter = Counter::new(3 + random as u64, Fault::None, &log);
    let memory = Memory::new(Fault::None, &log);
    let agent = AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder())
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink("memory", move || memory.clone())
        .from("memory");
    let handle = agent.build().unwrap().start().await.unwrap();
    let observer = handle.observer();
    let report = handle.wait().await.unwrap();
    assert_eq!(observer.snapshot().sinks[0].delivered, report.snapshot.sinks[0].delivered);
    assert_eq!(observer.snapshot().sinks[0].delivered, 3 + random as u64);
}

#[tokio::test(start_paused = true)]
async fn sinks_of_a_group_are_counted_each() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let (first, spare) = (Memory::new(Fault::Fatal, &log), Memory::new(Fault::None, &log));
    let agent = AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder())
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink_group("group", FailoverPolicy::new([Some(10), Some(5)]).unwrap())
        .sink("first", move || first.clone())
        .sink("spare", move || spare.clone())
        .batch(100)
        .from("memory")
        .build()
        .unwrap();
    let snapshot = agent.start().await.unwrap().wait().await.unwrap().snapshot;
    let [first, spare] = &snapshot.sinks[0].members[..] else { panic!("{snapshot:?}") };
    let (failed, sent) = (first.activity.counts, spare.activity.counts);
    assert_eq!(failed.get(Counted::EventDrainSuccess), 0);
    assert!(failed.get(Counted::EventWriteFail) > 0);
    assert_eq!((sent.get(Counted::EventDrainSuccess), sent.get(Counted::EventWriteFail)), (10, 0));
    assert_eq!(spare.send_delays.count(), sent.get(Counted::BatchUnderflow));
}

#[tokio::test(start_paused = true)]
async fn one_event_that_was_sent_alone_is_an_append_and_a_refusal_is_a_failed_write() {
    let channel = MemoryChannel::<Number>::builder().capacity(1).build("small");
    let context = ComponentContext::new("source", clock());
    let (_stop, stopping) = watch::channel(false);
    let channels: Vec<std::sync::Arc<dyn Channel<Number>>> = vec![std::sync::Arc::new(channel)];
    let mut writer = ChannelWriter::new(channels, context.clone(), Stopping::new(stopping));
    writer.put_sent(vec![Number(1)]).await.unwrap();
    writer.put_sent(vec![Number(2)]).await.unwrap_err();
    writer.put_once(Batch::untracked(vec![Number(3), Number(4)])).await.unwrap_err();
    let counted: Vec<u64> = Counted::SOURCE.iter().map(|counter| context.counters.get(*counter)).collect();
    assert_eq!(counted, [4, 1, 2, 1, 1, 0, 0, 0, 2, 0]);
}

#[tokio::test]
async fn a_file_channel_says_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let builder = FileChannel::<String>::builder([folder.path()]).segment_bytes(1 << 20).least_free_space(0);
    let channel = builder.open("c1").await.unwrap();
    let well = ChannelHealth { is_open: true, is_unhealthy: false, is_disk_full: false, lost_events: 0 };
    assert_eq!(channel.health(), Some(well));
    channel.close();
    assert_eq!(channel.health(), Some(ChannelHealth { is_open: false, ..well }));
}
