//! What stands beside the workers of a random topology: operators on their way, tuples that nobody waits for,
//! tasks that are named, readers of dead letters.

use std::sync::Arc;

use flowcore::base::Clock;
use flowcore::process::{
    Bolt, BoltError, DeadLettered, Directed, Emitter, NoOutput, Stream, Targets, TaskContext,
};
use flowcore_testkit::Random;

use super::ledger::Books;
use super::parts::{Item, Mishaps, Worker};

/// Operators that an item passes unchanged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Via {
    Nothing,
    Map,
    Inspect,
    Filter,
    FlatMap,
    BranchAndMerge,
    Reduce,
}

impl Via {
    pub(super) fn random(random: &mut Random) -> Self {
        let some =
            [Self::Map, Self::Inspect, Self::Filter, Self::FlatMap, Self::BranchAndMerge, Self::Reduce];
        if random.percent(70) { Self::Nothing } else { some[random.index(some.len())] }
    }

    pub(super) fn pass(self, stream: &Stream<Item>, name: &str) -> Stream<Item> {
        match self {
            Self::Nothing => stream.clone(),
            Self::Map => stream.map(name, Item::clone).parallelism(2).clone(),
            Self::Inspect => stream.inspect(name, |_| {}).parallelism(2).clone(),
            Self::Filter => stream.filter(name, |_| true).clone(),
            Self::FlatMap => stream.flat_map(name, |item: &Item| [item.clone()]).clone(),
            Self::BranchAndMerge => {
                let (even, odd) = stream.branch(name, |item| item.id.is_multiple_of(2)).both();
                even.merge(format!("{name}-merge"), &[&odd]).clone()
            }
            Self::Reduce => {
                let last = stream.key_by(|item| item.id).reduce(name, |_, item| item.clone());
                last.map(format!("{name}-last"), |(_, item): &(u64, Item)| item.clone()).clone()
            }
        }
    }
}

/// A worker that tells of each item on another stream, and does not care who hears it.
pub(super) struct Teller(pub(super) Worker);

impl Bolt<Item> for Teller {
    type Out = (Emitter<Item>, Emitter<Item>);

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0.ready(context).await
    }

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        if item.id.is_multiple_of(2) {
            out.1.emit_unanchored(item.clone());
        } else {
            out.1.send_unanchored(item.clone()).await;
        }
        self.0.work(item.id, &mut out.0).await
    }
}

/// Hears what a teller tells. What goes wrong here is nobody's failure.
pub(super) struct Listener {
    mishaps: Mishaps,
    random: Random,
}

impl Listener {
    pub(super) fn new(mishaps: Mishaps, seed: u64) -> Self {
        Self { mishaps, random: Random::new(seed) }
    }
}

impl Bolt<Item> for Listener {
    type Out = NoOutput;

    async fn execute(&mut self, item: &Item, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.random = Random::new(self.random.next_u64() ^ item.id);
        self.mishaps.strike(&mut self.random, &Clock::system()).await
    }
}

/// Names a task for each item.
pub(super) struct Sender(pub(super) Targets);

impl Bolt<Item> for Sender {
    type Out = Emitter<Directed<Item>>;

    async fn execute(&mut self, item: &Item, out: &mut Self::Out) -> Result<(), BoltError> {
        let task = item.id % self.0.len() as u64;
        let target = usize::try_from(task).ok().and_then(|task| self.0.get(task));
        out.emit(Directed::to(target.ok_or_else(|| BoltError::reject("no such task"))?, item.clone()));
        Ok(())
    }
}

/// A worker that complains about items that are not for its task.
pub(super) struct Desk {
    worker: Worker,
    task: usize,
}

impl Desk {
    pub(super) fn new(worker: Worker) -> Self {
        Self { worker, task: 0 }
    }
}

impl Bolt<Directed<Item>> for Desk {
    type Out = Emitter<Item>;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.task = context.task;
        self.worker.ready(context).await
    }

    async fn execute(&mut self, item: &Directed<Item>, out: &mut Self::Out) -> Result<(), BoltError> {
        if item.target().task() != self.task {
            self.worker.complain(format!("{item:?} came to task {}", self.task));
        }
        self.worker.work(item.id, out).await
    }
}

/// Takes dead letters as a stream.
pub(super) struct Undertaker(pub(super) Arc<Books>);

impl Bolt<DeadLettered<Item>> for Undertaker {
    type Out = NoOutput;

    async fn execute(&mut self, dead: &DeadLettered<Item>, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.given_up(dead.tuple().id);
        Ok(())
    }
}
