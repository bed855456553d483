//! Order, evenness and keys, in chains under load and back-pressure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::Clock;
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, Spout, SpoutError, Stream, TaskContext, TopologyBuilder,
};
use flowcore_testkit::{Random, simulate};

use super::seeds::for_each_seed;

/// An item, and which one it is of the task that sent it.
#[derive(Debug, Clone)]
struct Numbered {
    key: u64,
    sender: usize,
    number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Shuffle,
    ByLoad,
    Fields,
    PartialKey,
    All,
    Global,
}

const RULES: [Rule; 6] =
    [Rule::Shuffle, Rule::ByLoad, Rule::Fields, Rule::PartialKey, Rule::All, Rule::Global];

/// What arrived at one stage.
#[derive(Default)]
struct Arrivals {
    /// Numbers by sender and receiver, as they came.
    numbers: BTreeMap<(usize, usize), Vec<u64>>,
    tasks_of: BTreeMap<u64, BTreeSet<usize>>,
}

type Stage = Arc<Mutex<Arrivals>>;

struct Source {
    left: u64,
    sent: u64,
    task: usize,
    random: Random,
}

impl Spout for Source {
    type Out = Emitter<Numbered>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.task = context.task;
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        for _ in 0..=self.random.below(20).min(self.left - 1) {
            let item = Numbered { key: self.random.below(30), sender: self.task, number: self.sent };
            self.left -= 1;
            self.sent += 1;
            if self.random.percent(50) { out.emit(item) } else { out.send(item).await }
        }
        Ok(Next::More)
    }
}

/// Writes down what comes from whom, and hands it on as its own.
struct Pass {
    stage: Stage,
    task: usize,
    sent: u64,
    random: Random,
    clock: Clock,
    waits: u64,
}

impl Bolt<Numbered> for Pass {
    type Out = Emitter<Numbered>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        (self.task, self.clock) = (context.task, context.clock.clone());
        Ok(())
    }

    async fn execute(&mut self, item: &Numbered, out: &mut Self::Out) -> Result<(), BoltError> {
        {
            let mut stage = self.stage.lock().unwrap();
            stage.numbers.entry((item.sender, self.task)).or_default().push(item.number);
            stage.tasks_of.entry(item.key).or_default().insert(self.task);
        }
        if self.random.below(1_000) < self.waits {
            self.clock.sleep(Duration::from_millis(1 + self.random.below(5))).await;
        }
        let item = Numbered { key: item.key, sender: self.task, number: self.sent };
        self.sent += 1;
        if self.random.percent(50) {
            out.emit(item);
        } else {
            out.send(item).await;
        }
        Ok(())
    }
}

/// A chain of up to four bolts, some of them slow, with small batches and mailboxes.
struct Chain {
    rules: Vec<(Rule, usize)>,
    stages: Vec<Stage>,
    sources: usize,
    items: u64,
}

impl Chain {
    fn random(random: &mut Random) -> Self {
        let rules: Vec<_> =
            (0..=random.below(4)).map(|_| (RULES[random.index(RULES.len())], 1 + random.index(4))).collect();
        let stages = rules.iter().map(|_| Stage::default()).collect();
        Self { rules, stages, sources: 1 + random.index(2), items: random.below(300) }
    }

    fn declare(&self, topology: &mut TopologyBuilder, random: &mut Random) {
        let (items, seed) = (self.items, random.next_u64());
        let source = move || Source { left: items, sent: 0, task: 0, random: Random::new(seed) };
        let mut stream: Stream<Numbered> = topology.spout("source", source).parallelism(self.sources).clone();
        for (at, (&(rule, tasks), stage)) in self.rules.iter().zip(&self.stages).enumerate() {
            let (stage, seed) = (Arc::clone(stage), random.next_u64());
            let waits = if random.percent(40) { random.below(200) } else { 0 };
            let bolt = topology.bolt(format!("pass{at}"), move || Pass {
                stage: Arc::clone(&stage),
                task: 0,
                sent: 0,
                random: Random::new(seed),
                clock: Clock::system(),
                waits,
            });
            let bolt = match rule {
                Rule::Shuffle => bolt.shuffle(&stream),
                Rule::ByLoad => bolt.shuffle_by_load(&stream),
                Rule::Fields => bolt.fields(&stream, |item| &item.key),
                Rule::PartialKey => bolt.partial_key(&stream, |item| &item.key),
                Rule::All => bolt.all(&stream),
                Rule::Global => bolt.global(&stream),
            };
            stream = bolt.parallelism(tasks).clone();
        }
        stream.ignore();
    }

    fn check(&self) {
        for (&(rule, tasks), stage) in self.rules.iter().zip(&self.stages) {
            let stage = stage.lock().unwrap();
            check_senders(rule, tasks, &stage.numbers);
            let most = match rule {
                Rule::Fields | Rule::Global => 1,
                Rule::PartialKey => 2,
                Rule::Shuffle | Rule::ByLoad | Rule::All => tasks,
            };
            for (key, tasks) in &stage.tasks_of {
                assert!(tasks.len() <= most, "{rule:?}: key {key} came to tasks {tasks:?}");
            }
        }
    }
}

/// What one task sends another arrives in order, and all of it arrives.
fn check_senders(rule: Rule, tasks: usize, numbers: &BTreeMap<(usize, usize), Vec<u64>>) {
    let mut of_sender: BTreeMap<usize, Vec<&Vec<u64>>> = BTreeMap::new();
    for ((sender, receiver), numbers) in numbers {
        let in_order = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(in_order, "{rule:?}: from {sender} to {receiver}: {numbers:?}");
        of_sender.entry(*sender).or_default().push(numbers);
    }
    for (sender, received) in of_sender {
        let mut all: Vec<u64> = received.iter().flat_map(|numbers| numbers.iter().copied()).collect();
        all.sort_unstable();
        let copies = if rule == Rule::All { tasks } else { 1 };
        let complete =
            all.chunks(copies).zip(0..).all(|(copies, number)| copies.iter().all(|n| *n == number));
        assert!(complete && all.len().is_multiple_of(copies), "{rule:?}: of {sender}: {all:?}");
        if rule == Rule::Shuffle {
            let most = received.iter().map(|numbers| numbers.len()).max().unwrap_or(0);
            let fewest =
                if received.len() < tasks { 0 } else { received.iter().map(|n| n.len()).min().unwrap_or(0) };
            assert!(most - fewest <= 1, "{most} for one task and {fewest} for another, of {sender}");
        }
    }
}

async fn run(clock: Clock, seed: u64) {
    let mut random = Random::new(seed);
    let chain = Chain::random(&mut random);
    let mut topology = TopologyBuilder::new("order")
        .clock(clock)
        .batch(1 + random.index(30))
        .mailbox(1 + random.index(3))
        .max_pending(1 + random.index(300))
        .linger(Duration::from_millis(random.below(10)));
    chain.declare(&mut topology, &mut random);
    let end = tokio::time::timeout(Duration::from_mins(10), topology.build().unwrap().run()).await;
    let report = end.unwrap_or_else(|_| panic!("it hangs")).unwrap();
    assert_eq!(report.snapshot.component("source").acked, chain.items * chain.sources as u64);
    chain.check();
}

#[test]
fn order_between_two_tasks_holds_a_shuffle_is_even_and_a_key_stays_on_its_tasks() {
    for_each_seed(70_000..70_300, |seed| simulate(|clock| run(clock, seed)));
}

#[test]
fn the_same_holds_on_many_threads() {
    for_each_seed(80_000..80_030, |seed| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build();
        runtime.unwrap().block_on(run(Clock::system(), seed));
    });
}
