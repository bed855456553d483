use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::graph::Graph;
use super::{Node, Output, StreamName};
use crate::process::engine::{SpoutPolicies, SpoutTask, WatchedEdge, Wiring as RunWiring};
use crate::process::output::Wiring;
use crate::process::{Deadline, Outputs, RetryPolicy, Spout};

/// A spout in a topology. It stands for its stream: pass it to a bolt's grouping.
pub struct SpoutBuilder<S: Spout> {
    node: Arc<SpoutNode<S>>,
}

struct SpoutNode<S: Spout> {
    name: StreamName,
    factory: Arc<dyn Fn() -> S + Send + Sync>,
    parallelism: AtomicUsize,
    policies: Mutex<SpoutPolicies>,
    streams: <S::Out as Wiring>::Handles,
    letters: <S::Out as Wiring>::Letters,
}

impl<S: Spout> SpoutBuilder<S> {
    pub(super) fn new(graph: &Graph, name: StreamName, factory: Arc<dyn Fn() -> S + Send + Sync>) -> Self {
        let (streams, letters) = (S::Out::handles(&name), S::Out::letters(&name));
        let id = name.node;
        let (parallelism, policies) = (AtomicUsize::new(1), Mutex::default());
        let node = Arc::new(SpoutNode { name, factory, parallelism, policies, streams, letters });
        graph.fill(id, Arc::clone(&node) as Arc<dyn Node>);
        Self { node }
    }

    pub(super) fn streams(&self) -> &<S::Out as Wiring>::Handles {
        &self.node.streams
    }

    /// How many tasks it has. 1 by default.
    #[must_use]
    pub fn parallelism(self, tasks: usize) -> Self {
        self.node.parallelism.store(tasks, Ordering::Relaxed);
        self
    }

    /// How often its failed tuples are tried, and how long they wait. The topology's policy by default.
    #[must_use]
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.node.policies().retry = Some(policy);
        self
    }

    /// How long what comes of its tuples may take. As long as the topology says by default: see
    /// [`TopologyBuilder::deadline`](super::TopologyBuilder::deadline).
    #[must_use]
    pub fn deadline(self, deadline: impl Into<Deadline>) -> Self {
        self.node.policies().deadline = Some(deadline.into());
        self
    }
}

impl<S: Spout> SpoutBuilder<S>
where
    S::Out: Outputs<DeadLetters = <S::Out as Wiring>::Letters>,
{
    /// The stream of the tuples that are given up: refused for good, or tried as often as the
    /// [policy](Self::retry) says. Any bolt can read it, with any grouping. For a spout with several outputs, it is
    /// a tuple of streams.
    ///
    /// A dead letter is delivered at least once in its turn. It is covered by what covers the tuple: the spout's
    /// source is told that the tuple is safe when the bolt that reads dead letters has acknowledged it. One that
    /// fails is tried again by the same policy; given up once more, it is logged and counted, and its source
    /// is told that it is safe. A stop that leaves it undelivered reports it as unsettled. Without a reader, dead
    /// letters are logged and counted. With [best effort](crate::process::Delivery::BestEffort) there are none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::futures::StreamSpout;
    /// use flowcore::process::{Bolt, BoltError, DeadLettered, NoOutput, TopologyBuilder};
    /// use futures_util::stream;
    /// use std::sync::{Arc, Mutex};
    ///
    /// struct Parse;
    ///
    /// impl Bolt<&'static str> for Parse {
    ///     type Out = NoOutput;
    ///
    ///     async fn execute(&mut self, text: &&'static str, _: &mut NoOutput) -> Result<(), BoltError> {
    ///         text.parse::<u64>().map(|_| ()).map_err(BoltError::reject)
    ///     }
    /// }
    ///
    /// let found = Arc::new(Mutex::new(Vec::new()));
    /// let keep = found.clone();
    /// let mut topology = TopologyBuilder::new("numbers");
    /// let lines = topology.spout("lines", || StreamSpout::new(stream::iter(["1", "two"])));
    /// topology.bolt("parse", || Parse).shuffle(&lines);
    /// lines.dead_letters().for_each("keep", move |dead: &DeadLettered<&str>| {
    ///     keep.lock().unwrap().push(format!("{}: {}", dead.tuple(), dead.letter().error.chain()));
    /// });
    /// topology.build()?.run().await?;
    /// assert_eq!(*found.lock().unwrap(), ["two: rejected for good in parse: invalid digit found in string"]);
    /// # Ok(()) }
    /// ```
    pub fn dead_letters(&self) -> <S::Out as Outputs>::DeadLetters {
        self.node.letters.clone()
    }
}

impl<S: Spout> SpoutNode<S> {
    fn policies(&self) -> MutexGuard<'_, SpoutPolicies> {
        self.policies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Spout> Deref for SpoutBuilder<S>
where
    S::Out: Outputs<Streams = <S::Out as Wiring>::Handles>,
{
    type Target = <S::Out as Outputs>::Streams;

    fn deref(&self) -> &Self::Target {
        &self.node.streams
    }
}

impl<S: Spout> std::fmt::Debug for SpoutBuilder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpoutBuilder({})", self.node.name)
    }
}

impl<S: Spout> Node for SpoutNode<S> {
    fn name(&self) -> Arc<str> {
        Arc::clone(&self.name.component)
    }

    fn parallelism(&self) -> usize {
        self.parallelism.load(Ordering::Relaxed)
    }

    fn is_spout(&self) -> bool {
        true
    }

    fn targets(&self) -> Vec<usize> {
        Vec::new()
    }

    fn tick(&self) -> Option<Duration> {
        None
    }

    fn policies(&self) -> SpoutPolicies {
        self.policies().clone()
    }

    fn inputs(&self) -> Vec<StreamName> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Output> {
        S::Out::outputs(&self.streams)
    }

    fn requires_event_time(&self) -> bool {
        false
    }

    fn edges(&self) -> Vec<WatchedEdge> {
        Vec::new()
    }

    fn open_mailboxes(&self, _wiring: &mut RunWiring) {}

    fn spawn(&self, wiring: &mut RunWiring) {
        for task in 0..self.parallelism() {
            let shared = wiring.spout(&self.name.component, task, self.parallelism());
            let connect = wiring.connect(self.name.node, &shared.0);
            let outputs = S::Out::of_spout(&self.streams, &self.letters, &connect);
            let task = SpoutTask::new(Arc::clone(&self.factory), outputs, self.policies().clone(), shared);
            wiring.spawn_spout(task);
        }
    }

    fn close_mailboxes(&self) {}
}
