use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::bolt_node::BoltNode;
use super::graph::Graph;
use super::stream::MakeGrouping;
use super::{Node, Stream, StreamName};
use crate::process::grouping::{All, Fields, Global, Shuffle, stable_hash};
use crate::process::{Bolt, Outputs, Tuple};

/// A bolt in a topology. It stands for its stream: pass it to another bolt's grouping. A bolt with several
/// outputs stands for a tuple of streams: pass `&bolt.0`, `&bolt.1`.
pub struct BoltBuilder<B, O: Outputs> {
    node: Arc<BoltNode<B, O>>,
}

/// A bolt that reads nothing yet: say what with a grouping. It is part of the topology from then on.
#[must_use = "a bolt reads nothing before a grouping says what"]
pub struct BoltDeclaration<B> {
    graph: Graph,
    name: StreamName,
    factory: Arc<dyn Fn() -> B + Send + Sync>,
}

impl<B: Send + 'static> BoltDeclaration<B> {
    pub(super) fn new(graph: Graph, name: StreamName, factory: Arc<dyn Fn() -> B + Send + Sync>) -> Self {
        Self { graph, name, factory }
    }

    /// The bolt with its node, as soon as a first input has said what its outputs are.
    fn declare<O: Outputs>(self) -> BoltBuilder<B, O> {
        let id = self.name.node;
        let node = Arc::new(BoltNode::new(self.name, self.factory));
        self.graph.fill(id, Arc::clone(&node) as Arc<dyn Node>);
        BoltBuilder { node }
    }

    /// Reads `stream`: its tuples are dealt out evenly over the tasks.
    pub fn shuffle<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<T>,
    {
        self.declare::<B::Out>().shuffle(stream)
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is borrowed from the tuple.
    pub fn fields<T: Tuple + ?Sized, K: Hash + ?Sized>(
        self,
        stream: &Stream<T>,
        key: impl Fn(&T) -> &K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<T>,
    {
        self.declare::<B::Out>().fields(stream, key)
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is made from the tuple.
    pub fn fields_by<T: Tuple + ?Sized, K: Hash>(
        self,
        stream: &Stream<T>,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<T>,
    {
        self.declare::<B::Out>().fields_by(stream, key)
    }

    /// Reads `stream`: every task gets every tuple.
    pub fn all<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<T>,
    {
        self.declare::<B::Out>().all(stream)
    }

    /// Reads `stream`: the first task gets every tuple.
    pub fn global<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<T>,
    {
        self.declare::<B::Out>().global(stream)
    }
}

impl<B> std::fmt::Debug for BoltDeclaration<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BoltDeclaration({})", self.name)
    }
}

/// Further inputs, and the settings of its tasks. What a grouping with a key uses is [`stable_hash`].
#[expect(
    clippy::return_self_not_must_use,
    reason = "the last bolts of a topology are declared for their own sake"
)]
impl<B: Send + 'static, O: Outputs> BoltBuilder<B, O> {
    /// Reads `stream`: its tuples are dealt out evenly over the tasks.
    pub fn shuffle<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.subscribe(stream, Arc::new(|| Box::new(Shuffle::default())))
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is borrowed from the tuple.
    pub fn fields<T: Tuple + ?Sized, K: Hash + ?Sized>(
        self,
        stream: &Stream<T>,
        key: impl Fn(&T) -> &K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.by_hash(stream, move |tuple| stable_hash(key(tuple)))
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is made from the tuple.
    pub fn fields_by<T: Tuple + ?Sized, K: Hash>(
        self,
        stream: &Stream<T>,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.by_hash(stream, move |tuple| stable_hash(&key(tuple)))
    }

    fn by_hash<T: Tuple + ?Sized>(
        self,
        stream: &Stream<T>,
        hash: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        let hash = Arc::new(hash);
        self.subscribe(
            stream,
            Arc::new(move || {
                let hash = Arc::clone(&hash);
                Box::new(Fields::new(move |tuple: &T| hash(tuple)))
            }),
        )
    }

    /// Reads `stream`: every task gets every tuple.
    pub fn all<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.subscribe(stream, Arc::new(|| Box::new(All)))
    }

    /// Reads `stream`: the first task gets every tuple.
    pub fn global<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.subscribe(stream, Arc::new(|| Box::new(Global)))
    }

    fn subscribe<T: Tuple + ?Sized>(self, stream: &Stream<T>, grouping: MakeGrouping<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.node.add_input(stream.name().clone(), stream.subscribe(grouping));
        self
    }

    /// How many tasks it has. 1 by default.
    pub fn parallelism(self, tasks: usize) -> Self {
        self.node.set_parallelism(tasks);
        self
    }

    /// Calls [`Bolt::tick`] of every task in this interval. Not at all by default.
    pub fn tick_every(self, interval: Duration) -> Self {
        self.node.set_tick(interval);
        self
    }
}

impl<B, O: Outputs> Deref for BoltBuilder<B, O> {
    type Target = O::Handles;

    fn deref(&self) -> &Self::Target {
        self.node.streams()
    }
}

impl<B, O: Outputs> std::fmt::Debug for BoltBuilder<B, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BoltBuilder({})", self.node.stream_name())
    }
}
