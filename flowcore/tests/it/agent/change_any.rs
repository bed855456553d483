//! Any agent becomes any other.

use std::any::Any;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::ingest::agent::{Applied, Unchanged};
use flowcore::ingest::{
    Agent, AgentBuilder, Batch, Channel, ChannelError, ChannelFactory, ChannelWriter, ComponentContext,
    MemoryChannel, Source, SourceError,
};

use super::change::GRACE;
use super::other_channel::Other;
use super::parts::{Fault, Log, Memory, Number, sleep};
use crate::seeds::{Random, Seed};

/// What an agent of the property test is made of: the key of a part stands for its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    channels: BTreeMap<usize, usize>,
    /// Key, and channels.
    sources: BTreeMap<usize, (usize, Vec<usize>)>,
    sinks: BTreeMap<usize, (usize, usize)>,
}

impl Parts {
    fn random(random: &mut Random) -> Self {
        let mut some = |most: usize| -> BTreeMap<usize, usize> {
            let mut some: BTreeMap<usize, usize> =
                (0..most).filter(|_| random.one_in(2)).map(|at| (at, 0)).collect();
            for key in some.values_mut() {
                *key = random.below(3);
            }
            some
        };
        let (mut channels, sources, sinks) = (some(3), some(3), some(4));
        channels.entry(0).or_insert(0);
        let names: Vec<usize> = channels.keys().copied().collect();
        let one = |random: &mut Random| names[random.below(names.len())];
        let sources = sources.into_iter().map(|(at, key)| {
            let mut own = vec![one(random), one(random)];
            own.dedup();
            (at, (key, own))
        });
        let sources = sources.collect();
        let sinks = sinks.into_iter().map(|(at, key)| (at, (key, one(random)))).collect();
        Self { channels, sources, sinks }
    }

    /// What is the same in both.
    fn unchanged(&self, next: &Self) -> Unchanged {
        let mut unchanged = Unchanged::new();
        let same = |at: &&usize| self.channels.get(at) == next.channels.get(at);
        unchanged.channels = next.channels.keys().filter(same).map(|at| format!("c{at}").into()).collect();
        let same = |at: &&usize| self.sources.get(at) == next.sources.get(at);
        unchanged.sources = next.sources.keys().filter(same).map(|at| format!("r{at}").into()).collect();
        let same = |at: &&usize| self.sinks.get(at) == next.sinks.get(at);
        unchanged.sinks = next.sinks.keys().filter(same).map(|at| format!("k{at}").into()).collect();
        unchanged
    }

    fn agent(&self, made: &Made) -> Agent<Number> {
        let mut builder = AgentBuilder::new("test").grace(GRACE);
        for (at, key) in &self.channels {
            let name = format!("c{at}");
            builder = if self.sinks.values().any(|sink| sink.1 == *at) {
                builder
            } else {
                builder.read_elsewhere(name.as_str())
            };
            let factory = made.channel(&name, *key);
            builder = builder.channel(name.as_str(), factory).written_elsewhere(name);
        }
        for (at, (_, channel)) in &self.sinks {
            let (name, made) = (format!("k{at}"), made.clone());
            let own = name.clone();
            builder = builder.sink(name, move || made.sink(&own)).batch(5).from(format!("c{channel}"));
        }
        for (at, (_, channels)) in &self.sources {
            let (name, made) = (format!("r{at}"), made.clone());
            let (own, channels) = (name.clone(), channels.iter().map(|at| format!("c{at}")));
            builder = builder.source(name, move || made.source(&own)).into(channels);
        }
        builder.build().unwrap()
    }
}

/// Who was made how often, and what went in and out.
#[derive(Clone, Default)]
struct Made {
    times: Arc<Mutex<BTreeMap<String, usize>>>,
    put: Arc<Mutex<BTreeMap<String, Vec<u64>>>>,
    memory: Option<Memory>,
    log: Log,
}

impl Made {
    fn count(&self, name: &str) {
        *self.times.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    }

    fn times(&self) -> BTreeMap<String, usize> {
        self.times.lock().unwrap().clone()
    }

    /// An even key has limits that can change, an odd one is of another kind.
    fn channel(&self, name: &str, key: usize) -> Counting {
        let channel: Arc<dyn Channel<Number>> = if key == 1 {
            Other::channel(name, 50)
        } else {
            Arc::new(MemoryChannel::builder().capacity(50 + key).build(name))
        };
        Counting { channel, made: self.clone(), resizes: key != 1, capacity: 50 + key }
    }

    fn sink(&self, name: &str) -> Memory {
        self.count(name);
        self.memory.clone().unwrap()
    }

    fn source(&self, name: &str) -> Numbered {
        self.count(name);
        Numbered { name: name.to_owned(), made: self.clone() }
    }
}

/// Puts numbers that nobody else puts, until it is to stop.
struct Numbered {
    name: String,
    made: Made,
}

#[async_trait]
impl Source<Number> for Numbered {
    async fn run(&mut self, out: &mut ChannelWriter<Number>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let base = u64::from(self.name.as_bytes()[1]) << 32;
            let next = self.made.put.lock().unwrap().get(&self.name).map_or(0, Vec::len) as u64;
            let numbers = vec![base + next, base + next + 1];
            if out.put(Batch::untracked(numbers.iter().copied().map(Number).collect())).await.is_ok() {
                self.made.put.lock().unwrap().entry(self.name.clone()).or_default().extend(numbers);
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// Counts how often a channel is opened.
struct Counting {
    channel: Arc<dyn Channel<Number>>,
    made: Made,
    resizes: bool,
    capacity: usize,
}

#[async_trait]
impl ChannelFactory<Number> for Counting {
    async fn open(
        self: Box<Self>,
        context: &ComponentContext,
    ) -> Result<Arc<dyn Channel<Number>>, ChannelError> {
        self.made.count(&context.name);
        Ok(self.channel)
    }

    fn resize<'a>(&'a self, running: &'a dyn Channel<Number>) -> Option<Box<dyn FnOnce() + 'a>> {
        let channel =
            (running as &dyn Any).downcast_ref::<MemoryChannel<Number>>().filter(|_| self.resizes)?;
        Some(Box::new(|| MemoryChannel::builder().capacity(self.capacity).resize(channel)))
    }
}

#[tokio::test(start_paused = true)]
async fn any_agent_becomes_any_other_and_what_is_the_same_is_not_touched() {
    for seed in 0..150 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let mut made = Made::default();
        let mut memory = Memory::new(Fault::None, &made.log);
        memory.pace = Duration::from_millis(1 + random.next() % 3);
        made.memory = Some(memory.clone());
        let mut parts = Parts::random(&mut random);
        let handle = parts.agent(&made).start().await.unwrap();
        // Until its sources were made.
        sleep(Duration::from_millis(30)).await;
        let mut undrained = false;
        for _ in 0..4 {
            sleep(Duration::from_millis(1 + random.next() % 60)).await;
            let next = Parts::random(&mut random);
            let before = made.times();
            let unchanged = parts.unchanged(&next);
            let applied = handle.apply(next.agent(&made), unchanged.clone()).await.unwrap();
            check(&parts, &next, &before, &made.times(), &applied);
            undrained |= applied.left.iter().any(|left| left.events > 0);
            parts = next;
        }
        let shown = handle.snapshot();
        let channels = shown.channels.iter().map(|channel| channel.name.clone());
        assert!(channels.eq(parts.channels.keys().map(|at| format!("c{at}").into())));
        let sources = shown.sources.iter().map(|source| source.name.clone());
        assert!(sources.eq(parts.sources.keys().map(|at| format!("r{at}").into())));
        let sinks = shown.sinks.iter().map(|sink| sink.name.clone());
        assert!(sinks.eq(parts.sinks.keys().map(|at| format!("k{at}").into())));
        let report = handle.stop().await.unwrap();
        let nobody_reads = undrained || !report.left.is_empty();
        let got: HashSet<u64> = memory.numbers().into_iter().collect();
        let put: Vec<u64> = made.put.lock().unwrap().values().flatten().copied().collect();
        assert!(nobody_reads || put.iter().all(|number| got.contains(number)), "something was lost");
    }
}

/// Everything is made as often as it should be, and nothing else.
fn check(
    parts: &Parts,
    next: &Parts,
    before: &BTreeMap<String, usize>,
    after: &BTreeMap<String, usize>,
    applied: &Applied,
) {
    // A channel of the memory kind becomes another of it without being opened again.
    let kept = |at: &usize| match (parts.channels.get(at), next.channels.get(at)) {
        (Some(before), Some(after)) => before == after || (*before != 1 && *after != 1),
        _ => false,
    };
    let times =
        |name: String| after.get(&name).copied().unwrap_or(0) - before.get(&name).copied().unwrap_or(0);
    for at in next.channels.keys() {
        assert_eq!(times(format!("c{at}")), usize::from(!kept(at)), "c{at} {applied:?}");
    }
    for (at, source) in &next.sources {
        let stays = parts.sources.get(at) == Some(source) && source.1.iter().all(kept);
        assert_eq!(times(format!("r{at}")), usize::from(!stays), "r{at} {applied:?}");
    }
    for (at, sink) in &next.sinks {
        let stays = parts.sinks.get(at) == Some(sink) && kept(&sink.1);
        assert_eq!(times(format!("k{at}")), usize::from(!stays), "k{at} {applied:?}");
    }
}
