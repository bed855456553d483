//! What a random topology looks like.

use std::sync::Arc;

use flowcore::process::{
    Bolt, BoltBuilder, BoltDeclaration, Outputs, Routes, Stream, Targets, TopologyBuilder, TopologySnapshot,
};
use flowcore_testkit::Random;

use super::Weather;
use super::ledger::Books;
use super::parts::{Feed, Item, Keeper, Mishaps, Splitter, Worker, child, fan_out};
use super::side::{Desk, Listener, Sender, Teller, Undertaker, Via};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Grouping {
    Shuffle,
    ByLoad,
    Fields,
    PartialKey,
    Own,
    All,
    Global,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Worker,
    Splitter,
    Keeper,
    /// A worker that tells of what it does in tuples that nobody waits for.
    Teller,
    /// A worker whose task is named by who sends to it.
    Desk,
}

#[derive(Debug)]
pub(super) struct BoltPlan {
    pub(super) kind: Kind,
    pub(super) tasks: usize,
    /// Which streams it reads, and how. Streams are numbered: spouts first, then the outputs of bolts.
    inputs: Vec<(usize, Grouping, Via)>,
    first_output: usize,
    mishaps: Mishaps,
    /// Of those who hear what a teller tells.
    listeners: Mishaps,
}

#[derive(Debug)]
pub(super) struct Plan {
    /// Tasks, and the first and last item of each spout.
    pub(super) spouts: Vec<(usize, u64, u64)>,
    pub(super) bolts: Vec<BoltPlan>,
    pub(super) batch: usize,
    pub(super) mailbox: usize,
    pub(super) max_pending: usize,
    /// Whether dead letters are a stream that a bolt reads.
    undertaker: bool,
    feed: Mishaps,
    /// Whether spouts end only when everything is answered, as they must to deliver again what they were
    /// interrupted in. Otherwise topologies close with tokens that are kept.
    pub(super) patient: bool,
}

/// An execution that must have happened: the bolt, the item, and the task if every task gets it.
pub(super) type Deed = (usize, u64, Option<usize>);

impl Plan {
    pub(super) fn random(random: &mut Random, weather: Weather) -> Self {
        let mut next = 0;
        let spouts: Vec<_> = (0..=random.below(3).min(2))
            .map(|_| {
                let first = next;
                next += random.below(150);
                (1 + random.index(2), first, next)
            })
            .collect();
        let mut streams = spouts.len();
        let bolts = (0..=random.below(6).min(5))
            .map(|_| {
                let bolt = BoltPlan::random(random, weather, streams);
                streams += if bolt.kind == Kind::Splitter { 2 } else { 1 };
                bolt
            })
            .collect();
        let batch = 1 + random.index(40);
        let max_pending = 1 + random.index(200);
        let feed = Mishaps::random(random, weather);
        let (mailbox, undertaker) = (1 + random.index(4), random.percent(50));
        let patient = random.percent(70);
        Self { spouts, bolts, batch, mailbox, max_pending, undertaker, feed, patient }
    }

    pub(super) fn declare(
        &self,
        mut topology: TopologyBuilder,
        books: &Arc<Books>,
        seed: u64,
    ) -> TopologyBuilder {
        let mut streams: Vec<Stream<Item>> = Vec::new();
        for (spout, &(tasks, ..)) in self.spouts.iter().enumerate() {
            let (books, mishaps) = (Arc::clone(books), self.feed);
            let dead = Arc::clone(&books);
            let factory = move || Feed::new(Arc::clone(&books), spout, mishaps, seed);
            let builder = topology.spout(format!("spout{spout}"), factory).parallelism(tasks);
            if self.undertaker {
                let factory = move || Undertaker(Arc::clone(&dead));
                topology.bolt(format!("dead{spout}"), factory).shuffle(&builder.dead_letters());
            } else {
                builder.on_dead_letter(move |item: &Item, _| dead.given_up(item.id));
            }
            streams.push(builder.clone());
        }
        for (at, bolt) in self.bolts.iter().enumerate() {
            let (books, mishaps) = (Arc::clone(books), bolt.mishaps);
            let name = format!("bolt{at}");
            let streams_via = bolt.pass_inputs(at, &streams);
            match bolt.kind {
                Kind::Worker => {
                    let factory = move || Worker::new(at, Arc::clone(&books), mishaps, seed);
                    let builder = bolt.subscribe(topology.bolt(name, factory), &streams_via);
                    streams.push(builder.parallelism(bolt.tasks).clone());
                }
                Kind::Splitter => {
                    let factory = move || Splitter(Worker::new(at, Arc::clone(&books), mishaps, seed));
                    let builder = bolt.subscribe(topology.bolt(name, factory), &streams_via);
                    streams.extend([builder.0.clone(), builder.1.clone()]);
                    builder.parallelism(bolt.tasks);
                }
                Kind::Keeper => {
                    let factory = move || Keeper::new(Worker::new(at, Arc::clone(&books), mishaps, seed));
                    let builder = bolt.subscribe(topology.bolt(name, factory), &streams_via);
                    streams.push(builder.parallelism(bolt.tasks).clone());
                }
                Kind::Teller => {
                    let factory = move || Teller(Worker::new(at, Arc::clone(&books), mishaps, seed));
                    let builder = bolt.subscribe(topology.bolt(name, factory), &streams_via);
                    let (worked, told) = builder.both();
                    builder.parallelism(bolt.tasks);
                    streams.push(worked);
                    let mishaps = bolt.listeners;
                    let listener = move || Listener::new(mishaps, seed);
                    topology.bolt(format!("listener{at}"), listener).shuffle(&told);
                }
                Kind::Desk => {
                    let targets = Targets::new(bolt.tasks);
                    let sender = topology.bolt(format!("sender{at}"), move || Sender(targets));
                    let sender = bolt.subscribe(sender, &streams_via).parallelism(2);
                    let factory = move || Desk::new(Worker::new(at, Arc::clone(&books), mishaps, seed));
                    streams.push(topology.bolt(name, factory).direct(&sender, targets).clone());
                }
            }
        }
        // Some have readers.
        streams.iter().for_each(Stream::ignore);
        topology
    }

    /// Everything that has to happen to an item of a stream.
    pub(super) fn deeds(&self, stream: usize, id: u64, deeds: &mut Vec<Deed>) {
        for (at, bolt) in self.bolts.iter().enumerate() {
            for &(_, grouping, _) in bolt.inputs.iter().filter(|(input, ..)| *input == stream) {
                let tasks = if grouping == Grouping::All { bolt.tasks } else { 1 };
                for task in 0..tasks {
                    deeds.push((at, id, (grouping == Grouping::All).then_some(task)));
                    for output in 0..bolt.outputs() {
                        for copy in 0..fan_out(id, at, output) {
                            let id = child(id, at, output, copy, task_of(grouping, task));
                            self.deeds(bolt.first_output + output, id, deeds);
                        }
                    }
                }
            }
        }
    }

    /// `max_pending` bounds what is under way, but for what one call emits, and what was kept and failed.
    /// `largest` is the largest there was.
    pub(super) fn check_pending(&self, snapshot: &TopologySnapshot, largest: usize) {
        if self.bolts.iter().any(|bolt| bolt.kind == Kind::Keeper) {
            return;
        }
        let most = largest + Feed::MOST.max(self.batch);
        let spouts = snapshot.tasks.iter().filter(|task| task.component.starts_with("spout"));
        for task in spouts {
            assert!(task.waiting <= most, "{} under way, {largest} allowed", task.waiting);
        }
    }

    /// The mailbox bounds what waits for a bolt: so many parcels of a batch, and what one call emits above it.
    pub(super) fn check_waiting(&self, snapshot: &TopologySnapshot) {
        let parcel = 2 * self.batch + 2 * Keeper::MOST + Feed::MOST;
        for (at, bolt) in self.bolts.iter().enumerate() {
            let most = bolt.inputs.len() * self.mailbox * parcel;
            let name = format!("bolt{at}");
            for task in snapshot.tasks.iter().filter(|task| *task.component == *name) {
                assert!(task.waiting <= most, "{} wait for {name}, {most} allowed", task.waiting);
            }
        }
    }
}

/// Every task of an `all` grouping makes children of its own.
pub(super) fn task_of(grouping: Grouping, task: usize) -> usize {
    if grouping == Grouping::All { task } else { usize::MAX }
}

/// One task after the other.
#[derive(Default)]
struct Turns(usize);

impl flowcore::process::Grouping<Item> for Turns {
    fn route(&mut self, _item: &Item, to: &mut Routes) {
        to.task(self.0 % to.tasks());
        self.0 += 1;
    }
}

impl BoltPlan {
    fn random(random: &mut Random, weather: Weather, streams: usize) -> Self {
        let kinds = [Kind::Worker, Kind::Worker, Kind::Splitter, Kind::Teller, Kind::Desk, Kind::Keeper];
        let mut kind = kinds[random.index(if weather.keepers { 6 } else { 5 })];
        let groupings = [
            Grouping::Shuffle,
            Grouping::ByLoad,
            Grouping::Fields,
            Grouping::PartialKey,
            Grouping::Own,
            Grouping::Global,
        ];
        let mut inputs: Vec<(usize, Grouping, Via)> = Vec::new();
        for _ in 0..=random.below(3) {
            let stream = random.index(streams);
            if inputs.iter().all(|(input, ..)| *input != stream) {
                inputs.push((stream, groupings[random.index(groupings.len())], Via::random(random)));
            }
        }
        if random.percent(15) {
            // A bolt with an `all` input has no other: its tasks could not tell.
            inputs.truncate(1);
            inputs[0].1 = Grouping::All;
            // And a desk has its items from one task.
            kind = if kind == Kind::Desk { Kind::Worker } else { kind };
        }
        let (mishaps, listeners) = (Mishaps::random(random, weather), Mishaps::of_a_listener(random));
        Self { kind, tasks: 1 + random.index(4), inputs, first_output: streams, mishaps, listeners }
    }

    pub(super) fn is_all(&self) -> bool {
        self.inputs[0].1 == Grouping::All
    }

    /// What it reads, each behind the operators that are on its way.
    fn pass_inputs(&self, at: usize, streams: &[Stream<Item>]) -> Vec<Stream<Item>> {
        let pass =
            |&(stream, _, via): &(usize, _, Via)| via.pass(&streams[stream], &format!("via{at}-{stream}"));
        self.inputs.iter().map(pass).collect()
    }

    fn outputs(&self) -> usize {
        if self.kind == Kind::Splitter { 2 } else { 1 }
    }

    fn subscribe<B: Bolt<Item, Out = O>, O: Outputs>(
        &self,
        bolt: BoltDeclaration<B>,
        streams: &[Stream<Item>],
    ) -> BoltBuilder<B, O> {
        let mut inputs = streams.iter().zip(self.inputs.iter().map(|(_, grouping, _)| *grouping));
        let (stream, grouping) = inputs.next().unwrap();
        let mut builder = match grouping {
            Grouping::Shuffle => bolt.shuffle(stream),
            Grouping::ByLoad => bolt.shuffle_by_load(stream),
            Grouping::Fields => bolt.fields(stream, |item| &item.id),
            Grouping::PartialKey => bolt.partial_key(stream, |item| &item.id),
            Grouping::Own => bolt.group(stream, Turns::default),
            Grouping::All => bolt.all(stream),
            Grouping::Global => bolt.global(stream),
        };
        for (stream, grouping) in inputs {
            builder = match grouping {
                Grouping::Shuffle => builder.shuffle(stream),
                Grouping::ByLoad => builder.shuffle_by_load(stream),
                Grouping::Fields => builder.fields_by(stream, |item| item.id % 7),
                Grouping::PartialKey => builder.partial_key_by(stream, |item| item.id % 7),
                Grouping::Own => builder.group(stream, Turns::default),
                Grouping::All => builder.all(stream),
                Grouping::Global => builder.global(stream),
            };
        }
        builder
    }
}
