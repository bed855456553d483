//! Groups of sinks, in virtual time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Backoff, Clock, Timestamp};
use flowcore::ingest::agent::{AgentErrorKind, AgentProblem, ComponentState};
use flowcore::ingest::{
    Agent, AgentBuilder, Batch, ComponentContext, FailoverPolicy, LoadBalancePolicy, MemoryChannel, Sink,
    SinkError, SinkPolicy,
};

use super::parts::{Counter, Fault, Log, Number, sleep};
use crate::seeds::{Random, Seed};

/// What a sink does wrong now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Fails,
    Panics,
    Fatal,
    DoesNotStart,
}

/// A sink whose mood the test changes; notes when it was tried, in milliseconds, and what it delivered.
#[derive(Clone)]
struct Moody {
    mood: Arc<Mutex<Mood>>,
    tried: Arc<Mutex<Vec<i64>>>,
    got: Arc<Mutex<Vec<u64>>>,
    clock: Clock,
}

impl Moody {
    fn new(mood: Mood, clock: &Clock) -> Self {
        let mood = Arc::new(Mutex::new(mood));
        Self { mood, tried: Arc::default(), got: Arc::default(), clock: clock.clone() }
    }

    fn is_now(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn got(&self) -> Vec<u64> {
        self.got.lock().unwrap().clone()
    }

    fn tried(&self) -> Vec<i64> {
        self.tried.lock().unwrap().clone()
    }
}

#[async_trait]
impl Sink<Number> for Moody {
    async fn start(&mut self, _context: &ComponentContext) -> Result<(), SinkError> {
        match *self.mood.lock().unwrap() {
            Mood::DoesNotStart => Err(SinkError::retry("no route to host")),
            _ => Ok(()),
        }
    }

    async fn deliver(&mut self, events: &[Number]) -> Result<(), SinkError> {
        self.tried.lock().unwrap().push(self.clock.now().as_millis());
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => self.got.lock().unwrap().extend(events.iter().map(|number| number.0)),
            Mood::Fails | Mood::DoesNotStart => return Err(SinkError::retry("connection refused")),
            Mood::Panics => panic!("out of beans"),
            Mood::Fatal => return Err(SinkError::fatal("wrong password")),
        }
        Ok(())
    }
}

fn clock() -> Clock {
    Clock::starting_at(Timestamp::from_millis(0))
}

/// One event a batch, from whoever has the channel.
fn agent(policy: impl SinkPolicy + Clone, sinks: &[&Moody], clock: &Clock) -> Agent<Number> {
    let agent = AgentBuilder::new("test").clock(clock.clone()).grace(Duration::from_hours(1));
    let agent = agent.channel("memory", MemoryChannel::builder().capacity(1_000)).written_elsewhere("memory");
    let second = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
    let mut group = agent.sink_group("group", policy).batch(1).retry(second);
    for (at, &sink) in sinks.iter().enumerate() {
        let sink = sink.clone();
        group = group.sink(format!("k{at}"), move || sink.clone());
    }
    group.from("memory").build().unwrap()
}

async fn put(handle: &flowcore::ingest::AgentHandle<Number>, numbers: std::ops::Range<u64>) {
    let mut put = handle.channel("memory").unwrap().begin_put().await.unwrap();
    let Batch { events, token } = Batch::untracked(numbers.map(Number).collect());
    put.put(events).await.unwrap();
    put.commit(token).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn failover_turns_to_the_spare_at_once_and_back_when_the_first_is_well_again() {
    let clock = clock();
    let (first, spare) = (Moody::new(Mood::Well, &clock), Moody::new(Mood::Well, &clock));
    let policy = FailoverPolicy::new([Some(10), Some(5)]).unwrap();
    let handle = agent(policy, &[&first, &spare], &clock).start().await.unwrap();
    put(&handle, 0..3).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!((first.got(), spare.got()), (vec![0, 1, 2], vec![]));

    first.is_now(Mood::Fails);
    put(&handle, 3..6).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(spare.got(), [3, 4, 5]);
    assert_eq!(first.tried().len(), 4, "tried once, then left out");
    let status = &handle.snapshot().sinks[0];
    let until = Timestamp::from_millis(1_000) + Duration::from_secs(2);
    assert!(matches!(status.members[0].state, ComponentState::BackingOff { until: at, .. } if at == until));
    assert_eq!((status.members[0].failed_attempts, status.failed_attempts), (1, 0));

    first.is_now(Mood::Well);
    sleep(Duration::from_secs(2)).await;
    put(&handle, 6..8).await;
    let report = handle.stop().await.unwrap();
    assert_eq!(first.got(), [0, 1, 2, 6, 7]);
    let members = &report.snapshot.sinks[0].members;
    assert_eq!((members[0].delivered, members[1].delivered), (5, 3));
    assert_eq!(report.snapshot.sinks[0].delivered, 8);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn when_all_sinks_fail_the_batch_waits_and_each_is_tried_when_its_rest_is_over() {
    let clock = clock();
    let (first, spare) = (Moody::new(Mood::Fails, &clock), Moody::new(Mood::Panics, &clock));
    let policy = FailoverPolicy::new([None, None]).unwrap().max_penalty(Duration::from_secs(8));
    let handle = agent(policy, &[&first, &spare], &clock).start().await.unwrap();
    put(&handle, 0..1).await;
    sleep(Duration::from_millis(31_500)).await;
    assert_eq!(first.tried(), spare.tried());
    let rests: Vec<i64> = first.tried().windows(2).map(|pair| (pair[1] - pair[0] + 500) / 1_000).collect();
    assert_eq!(rests[..4], [2, 4, 8, 8], "{:?}", first.tried());
    spare.is_now(Mood::Well);
    sleep(Duration::from_secs(10)).await;
    let report = handle.stop().await.unwrap();
    assert!(report.is_clean());
    assert_eq!((first.got(), spare.got()), (vec![], vec![0]));
    let status = &report.snapshot.sinks[0];
    assert!(status.members[1].restarts >= 4, "made anew after each panic");
    assert_eq!(status.restarts, 0);
}

#[tokio::test(start_paused = true)]
async fn load_balance_shares_the_batches_and_leaves_out_the_sink_that_fails() {
    let clock = clock();
    let sinks = [Mood::Well, Mood::Fails, Mood::Well].map(|mood| Moody::new(mood, &clock));
    let policy = LoadBalancePolicy::round_robin(3).backoff(true);
    let handle = agent(policy, &[&sinks[0], &sinks[1], &sinks[2]], &clock).start().await.unwrap();
    put(&handle, 0..100).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(sinks[1].tried().len(), 1);
    assert_eq!(sinks[0].got().len() + sinks[2].got().len(), 100);
    assert!((49..=51).contains(&sinks[0].got().len()));
    sinks[1].is_now(Mood::Well);
    sleep(Duration::from_secs(1)).await;
    put(&handle, 100..190).await;
    assert!(handle.stop().await.unwrap().is_clean());
    assert_eq!(sinks.each_ref().map(|sink| sink.got().iter().filter(|&&n| n >= 100).count()), [30, 30, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_does_not_start_keeps_nobody_waiting() {
    let clock = clock();
    let (first, spare) = (Moody::new(Mood::DoesNotStart, &clock), Moody::new(Mood::Well, &clock));
    let policy = FailoverPolicy::new([Some(2), Some(1)]).unwrap();
    let handle = agent(policy, &[&first, &spare], &clock).start().await.unwrap();
    put(&handle, 0..1).await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(spare.got(), [0]);
    first.is_now(Mood::Well);
    put(&handle, 1..2).await;
    assert!(handle.stop().await.unwrap().is_clean());
    assert_eq!(first.got(), [1]);
}

#[tokio::test(start_paused = true)]
async fn the_agent_fails_only_when_no_sink_of_the_group_can_work() {
    let clock = clock();
    let (first, spare) = (Moody::new(Mood::Fatal, &clock), Moody::new(Mood::Well, &clock));
    let policy = LoadBalancePolicy::round_robin(2);
    let handle = agent(policy, &[&first, &spare], &clock).start().await.unwrap();
    put(&handle, 0..4).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(spare.got(), [0, 1, 2, 3]);
    spare.is_now(Mood::Fatal);
    put(&handle, 4..5).await;
    let error = handle.failed().await;
    assert_eq!((error.kind(), error.component()), (AgentErrorKind::Fatal, "group"));
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = [text, next.to_string()].join(": ");
        cause = next.source();
    }
    assert_eq!(
        text,
        "group of agent test cannot work: the sink cannot work: no sink of the group has delivered: \
         the sink cannot work: wrong password"
    );
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_and_panics_in_a_group_nothing_is_lost() {
    for seed in 0..60 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let clock = clock();
        let (log, got) = (Log::default(), Arc::new(Mutex::new(Vec::new())));
        let counter = Counter::new(60, Fault::None, &log);
        let sinks = 1 + random.below(4);
        let agent = AgentBuilder::new("test").clock(clock).grace(Duration::from_hours(1));
        let agent = agent.channel("memory", MemoryChannel::builder().capacity(10));
        let agent = agent.source("counter", move || counter.anew()).into(["memory"]);
        let mut group = match random.below(3) {
            0 => agent.sink_group("g", FailoverPolicy::new(vec![None; sinks]).unwrap()),
            1 => agent.sink_group("g", LoadBalancePolicy::random(sinks, seed).backoff(true)),
            _ => agent.sink_group("g", LoadBalancePolicy::round_robin(sinks)),
        };
        for at in 0..sinks {
            let fault = Fault::random(2, 1 + random.below(12), seed ^ (at as u64) << 8);
            let sink = super::parts::Memory { got: got.clone(), ..super::parts::Memory::new(fault, &log) };
            group = group.sink(format!("k{at}"), move || sink.clone());
        }
        let agent = group.batch(1 + random.below(6)).from("memory").build().unwrap();
        let report = agent.start().await.unwrap().wait().await.unwrap();
        assert!(report.is_clean());
        assert_eq!(*got.lock().unwrap(), (0..60).collect::<Vec<_>>());
        let members = &report.snapshot.sinks[0].members;
        assert_eq!(members.iter().map(|member| member.delivered).sum::<u64>(), 60);
    }
}

/// Panics at every third batch.
#[derive(Clone, Default)]
struct Brittle(Arc<AtomicUsize>, Arc<AtomicBool>);

impl SinkPolicy for Brittle {
    fn sinks(&self) -> usize {
        1
    }

    fn begin(&mut self, _now: Timestamp) {
        self.1.store(true, Ordering::Relaxed);
        assert!(self.0.fetch_add(1, Ordering::Relaxed) % 3 != 2, "out of ideas");
    }

    fn next(&mut self) -> Option<usize> {
        self.1.swap(false, Ordering::Relaxed).then_some(0)
    }

    fn delivered(&mut self, _sink: usize, _now: Timestamp) {}

    fn failed(&mut self, _sink: usize, _now: Timestamp) {}
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_policy_panics_is_made_anew() {
    let clock = clock();
    let only = Moody::new(Mood::Well, &clock);
    let handle = agent(Brittle::default(), &[&only], &clock).start().await.unwrap();
    put(&handle, 0..4).await;
    sleep(Duration::from_mins(2)).await;
    let report = handle.stop().await.unwrap();
    assert!(report.is_clean());
    assert_eq!(only.got(), [0, 1, 2, 3]);
    assert_eq!(report.snapshot.sinks[0].restarts, 1);
}

#[test]
fn a_group_must_have_the_sinks_that_its_policy_is_for() {
    let clock = Clock::system();
    let sink = Moody::new(Mood::Well, &clock);
    let error = AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder())
        .written_elsewhere("memory")
        .sink_group("two", LoadBalancePolicy::round_robin(2))
        .sink("k", move || sink.clone())
        .from("memory")
        .sink_group("none", LoadBalancePolicy::round_robin(0))
        .from("memory")
        .build()
        .unwrap_err();
    let size = AgentProblem::GroupSize { group: "two".into(), sinks: 1, policy: 2 };
    assert_eq!(error.problems(), [size, AgentProblem::EmptyGroup { group: "none".into() }]);
    assert_eq!(error.problems()[0].to_string(), "sink group two has 1 sinks, and its policy is for 2");
}
