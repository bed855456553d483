use std::error::Error;
use std::time::Duration;

use flowcore::base::RestartPolicy;
use flowcore::ingest::agent::{AgentErrorKind, ComponentState};
use flowcore::ingest::{Agent, AgentBuilder, MemoryChannel};

use super::parts::{Counter, Fault, Log, Memory, Number, sleep};
use crate::seeds::{Random, Seed};

fn agent(counter: &Counter, memory: &Memory, random: &mut Random) -> Agent<Number> {
    let (counter, memory) = (counter.clone(), memory.clone());
    let policy = RestartPolicy { max_restarts: 100, ..RestartPolicy::default() };
    AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder().capacity(3 + random.below(20)))
        .source("counter", move || counter.anew())
        .restart(policy.clone())
        .into(["memory"])
        .sink("memory", move || memory.clone())
        .batch(1 + random.below(6))
        .restart(policy)
        .from("memory")
        .grace(Duration::from_hours(1))
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_fails_and_panics_loses_nothing_and_keeps_the_order() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let log = Log::default();
        let counter = Counter::new(60, Fault::None, &log);
        let memory = Memory::new(Fault::random(3, 1 + random.below(12), seed), &log);
        let handle = agent(&counter, &memory, &mut random).start().await.unwrap();
        let report = handle.wait().await.unwrap();
        assert!(report.is_clean());
        assert_eq!(memory.numbers(), (0..60).collect::<Vec<_>>());
        assert_eq!(report.snapshot.sinks[0].delivered, 60);
        assert_eq!(log.lines().last().unwrap(), "source stop, 0 outstanding");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_and_panics_goes_on_from_what_was_acknowledged() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let log = Log::default();
        let times = 1 + random.below(12);
        let counter = Counter::new(60, Fault::random(3, times, seed), &log);
        let memory = Memory::new(Fault::random(4, random.below(5), !seed), &log);
        let handle = agent(&counter, &memory, &mut random).start().await.unwrap();
        let report = handle.wait().await.unwrap();
        assert!(report.is_clean());
        let restarts = report.snapshot.sources[0].restarts;
        assert!(restarts <= times as u64);
        let mut got = memory.numbers();
        got.sort_unstable();
        got.dedup();
        assert_eq!(got, (0..60).collect::<Vec<_>>(), "repeated perhaps, but never lost");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_pass_stops_the_agent_and_names_the_sink() {
    let log = Log::default();
    let counter = Counter::new(10_000, Fault::None, &log);
    let memory = Memory::new(Fault::Fatal, &log);
    let handle = agent(&counter, &memory, &mut Random::new(1)).start().await.unwrap();
    let error = handle.failed().await;
    assert_eq!(error.to_string(), "memory of agent test cannot work");
    assert_eq!(error.kind(), AgentErrorKind::Fatal);
    let cause = error.source().unwrap();
    assert_eq!(cause.to_string(), "the sink cannot work");
    assert_eq!(cause.source().unwrap().to_string(), "wrong password");
    assert!(matches!(handle.snapshot().sinks[0].state, ComponentState::Failed { .. }));
    assert_eq!(handle.stop().await.unwrap_err().component(), "memory");
    assert!(memory.numbers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_pass_stops_the_agent_and_names_the_source() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::Fatal, &log);
    let memory = Memory::new(Fault::None, &log);
    let error = agent(&counter, &memory, &mut Random::new(1)).start().await.unwrap().wait().await;
    assert_eq!(error.unwrap_err().component(), "counter");
    assert!(log.position("sink stop") > log.position("sink start"), "the rest was stopped in order");
}

#[tokio::test(start_paused = true)]
async fn a_component_that_fails_too_often_is_given_up() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let memory = Memory::new(Fault::Panics, &log);
    let policy = RestartPolicy { max_restarts: 3, ..RestartPolicy::default() };
    let agent = AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder())
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink("memory", move || memory.clone())
        .restart(policy)
        .from("memory")
        .build()
        .unwrap();
    let error = agent.start().await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.kind(), AgentErrorKind::RestartLimit { restarts: 3 });
    assert_eq!(error.to_string(), "memory of agent test was given up after 3 restarts");
    assert_eq!(error.source().unwrap().to_string(), "panicked: out of beans");
    let starts = log.lines().iter().filter(|line| *line == "sink start").count();
    assert_eq!(starts, 4);
}

#[tokio::test(start_paused = true)]
async fn a_component_that_backs_off_shows_why_and_until_when() {
    let log = Log::default();
    let counter = Counter::new(10, Fault::None, &log);
    let memory = Memory::new(Fault::random(1, 1_000_000, 5), &log);
    let handle = agent(&counter, &memory, &mut Random::new(1)).start().await.unwrap();
    sleep(Duration::from_secs(30)).await;
    let snapshot = handle.snapshot();
    let sink = &snapshot.sinks[0];
    assert!(matches!(sink.state, ComponentState::BackingOff { .. }), "{:?}", sink.state);
    assert!(sink.failed_attempts > 3);
    assert_eq!(sink.delivered, 0);
    assert!(sink.last_error.is_some());
    assert!(matches!(snapshot.sources[0].state, ComponentState::Running | ComponentState::Stopped));
}

#[tokio::test(start_paused = true)]
async fn sources_start_after_the_sinks() {
    let log = Log::default();
    let counter = Counter::new(3, Fault::None, &log);
    let memory = Memory::new(Fault::None, &log);
    agent(&counter, &memory, &mut Random::new(1)).start().await.unwrap().wait().await.unwrap();
    let order = ["sink start", "source start", "source end", "sink stop", "source stop, 0 outstanding"];
    assert_eq!(*log.lines(), order);
}
