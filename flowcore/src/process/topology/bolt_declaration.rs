use std::sync::Arc;

use super::bolt_node::BoltNode;
use super::graph::Graph;
use super::{AsStream, BoltBuilder, Node, ReadBy, Stream, StreamName};
use crate::process::{Bolt, Directed, Grouping, GroupingKey, Outputs, Targets};

/// A bolt that reads nothing yet: say what with a grouping, which [`BoltBuilder`] explains. It is part of the
/// topology from then on.
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
        BoltBuilder::new(node)
    }

    /// Reads `stream`: its tuples are dealt out evenly over the tasks.
    pub fn shuffle<S: AsStream + ReadBy<B>>(self, stream: &S) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().shuffle(stream)
    }

    /// Reads `stream`: its tuples go where less waits. See [`BoltBuilder::shuffle_by_load`].
    pub fn shuffle_by_load<S: AsStream + ReadBy<B>>(self, stream: &S) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().shuffle_by_load(stream)
    }

    /// Reads `stream`: the same as [`shuffle`](Self::shuffle). See [`BoltBuilder::local_or_shuffle`].
    pub fn local_or_shuffle<S: AsStream + ReadBy<B>>(self, stream: &S) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().local_or_shuffle(stream)
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is borrowed from the tuple.
    pub fn fields<S: AsStream + ReadBy<B>, K: GroupingKey + ?Sized>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> &K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().fields(stream, key)
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is made from the tuple.
    pub fn fields_by<S: AsStream + ReadBy<B>, K: GroupingKey>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().fields_by(stream, key)
    }

    /// Reads `stream`: tuples with the same key go to one of two tasks. The key is borrowed from the tuple. See
    /// [`BoltBuilder::partial_key`].
    pub fn partial_key<S: AsStream + ReadBy<B>, K: GroupingKey + ?Sized>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> &K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().partial_key(stream, key)
    }

    /// Reads `stream`: tuples with the same key go to one of two tasks. The key is made from the tuple. See
    /// [`BoltBuilder::partial_key`].
    pub fn partial_key_by<S: AsStream + ReadBy<B>, K: GroupingKey>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> K + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().partial_key_by(stream, key)
    }

    /// Reads `stream`: every task gets every tuple.
    pub fn all<S: AsStream + ReadBy<B>>(self, stream: &S) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().all(stream)
    }

    /// Reads `stream`: the first task gets every tuple.
    pub fn global<S: AsStream + ReadBy<B>>(self, stream: &S) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().global(stream)
    }

    /// Reads `stream`: the sender names the task. See [`BoltBuilder::direct`].
    pub fn direct<T: Send + Sync + 'static>(
        self,
        stream: &Stream<Directed<T>>,
        targets: Targets,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<Directed<T>>,
    {
        self.declare::<B::Out>().direct(stream, targets)
    }

    /// Reads `stream` with a grouping of one's own. See [`BoltBuilder::group`].
    pub fn group<S: AsStream + ReadBy<B>, G: Grouping<S::Tuple>>(
        self,
        stream: &S,
        grouping: impl Fn() -> G + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out>
    where
        B: Bolt<S::Tuple>,
    {
        self.declare::<B::Out>().group(stream, grouping)
    }
}

impl<B> std::fmt::Debug for BoltDeclaration<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BoltDeclaration({})", self.name)
    }
}
