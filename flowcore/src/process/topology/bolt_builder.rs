use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::bolt_node::BoltNode;
use super::builder::Graph;
use super::stream::MakeGrouping;
use super::{Node, Stream, StreamName};
use crate::process::grouping::{All, Fields, Global, Shuffle, stable_hash};
use crate::process::{Bolt, Outputs, Tuple};

/// A bolt in a topology. It stands for its stream: pass it to another bolt's grouping. A bolt with several
/// outputs stands for a tuple of streams: pass `&bolt.0`, `&bolt.1`.
///
/// A bolt reads every stream that it is subscribed to with one of the groupings. What a grouping with a key
/// uses is [`stable_hash`].
pub struct BoltBuilder<B, O: Outputs> {
    node: Arc<BoltNode<B, O>>,
}

impl<B: Send + 'static, O: Outputs> BoltBuilder<B, O> {
    pub(super) fn new(
        graph: &Graph,
        name: StreamName,
        factory: Arc<dyn Fn() -> B + Send + Sync>,
    ) -> Self {
        let node = Arc::new(BoltNode::new(name, factory));
        graph.add(Arc::clone(&node) as Arc<dyn Node>);
        Self { node }
    }

    /// Reads `stream`: its tuples are dealt out evenly over the tasks.
    #[must_use]
    pub fn shuffle<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.subscribe(stream, Arc::new(|| Box::new(Shuffle::default())))
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is borrowed from the tuple.
    #[must_use]
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
    #[must_use]
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
    #[must_use]
    pub fn all<T: Tuple + ?Sized>(self, stream: &Stream<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        self.subscribe(stream, Arc::new(|| Box::new(All)))
    }

    /// Reads `stream`: the first task gets every tuple.
    #[must_use]
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
    #[must_use]
    pub fn parallelism(self, tasks: usize) -> Self {
        self.node.set_parallelism(tasks);
        self
    }

    /// Calls [`Bolt::tick`] of every task in this interval. Not at all by default.
    #[must_use]
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
