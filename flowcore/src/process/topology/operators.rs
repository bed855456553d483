//! Bolts that are declared on a stream, as thin as closures.

use std::sync::Arc;

use super::bolt_declaration::BoltDeclaration;
use super::{BoltBuilder, Filter, FlatMap, ForEach, Inspect, Keyed, Map, Stream};
use super::{filter, flat_map, for_each, inspect, map};
use crate::process::{Bolt, BoltError, Emitter, Tuple};

/// Each of these adds a bolt called `name` that reads the stream by shuffle; its parallelism can be set on what
/// is returned. The closure is cloned for each task.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::TopologyBuilder;
/// use flowcore::process::futures::{StreamSpout, reader};
/// use futures_util::{StreamExt, stream};
///
/// let mut topology = TopologyBuilder::new("operators");
/// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter(1..=10)));
/// let even = numbers.filter("even", |n| n % 2 == 0);
/// let (small, large) = even.map("square", |n: &i32| n * n).branch("split", |n| *n < 50).both();
/// let all = small.merge("all", &[&large]);
/// let (read, seen) = reader(16);
/// all.bolt("read", move || read.clone());
/// let (report, mut seen) = tokio::join!(topology.build()?.run(), seen.collect::<Vec<i32>>());
/// seen.sort_unstable();
/// assert_eq!(seen, [4, 16, 36, 64, 100]);
/// # report?;
/// # Ok(()) }
/// ```
impl<T: Tuple + ?Sized> Stream<T> {
    /// Any bolt.
    pub fn bolt<B: Bolt<T>>(
        &self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> B + Send + Sync + 'static,
    ) -> BoltBuilder<B, B::Out> {
        self.declare_bolt(name, factory).shuffle(self)
    }

    /// A bolt in the topology of this stream, which reads nothing yet.
    pub(super) fn declare_bolt<B: Send + 'static>(
        &self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> B + Send + Sync + 'static,
    ) -> BoltDeclaration<B> {
        let graph = self.name().graph.clone();
        let name = graph.declare(name.into());
        BoltDeclaration::new(graph, name, Arc::new(factory))
    }

    /// What `f` makes of each tuple.
    pub fn map<Made, F>(&self, name: impl Into<Arc<str>>, f: F) -> BoltBuilder<Map<F>, Emitter<Made>>
    where
        Made: Send + Sync + 'static,
        F: FnMut(&T) -> Made + Clone + Send + Sync + 'static,
    {
        self.bolt(name, move || map(f.clone()))
    }

    /// Everything that `f` makes of each tuple.
    pub fn flat_map<Many, F>(
        &self,
        name: impl Into<Arc<str>>,
        f: F,
    ) -> BoltBuilder<FlatMap<F>, Emitter<Many::Item>>
    where
        Many: IntoIterator + 'static,
        Many::IntoIter: Send,
        Many::Item: Send + Sync + 'static,
        F: FnMut(&T) -> Many + Clone + Send + Sync + 'static,
    {
        self.bolt(name, move || flat_map(f.clone()))
    }

    /// The tuples for which `f` says so.
    pub fn filter<F>(&self, name: impl Into<Arc<str>>, f: F) -> BoltBuilder<Filter<F>, Emitter<T>>
    where
        F: FnMut(&T) -> bool + Clone + Send + Sync + 'static,
        Filter<F>: Bolt<T, Out = Emitter<T>>,
    {
        self.bolt(name, move || filter(f.clone())).timed_like(self)
    }

    /// The same tuples, each shown to `f`.
    pub fn inspect<F>(&self, name: impl Into<Arc<str>>, f: F) -> BoltBuilder<Inspect<F>, Emitter<T>>
    where
        F: FnMut(&T) + Clone + Send + Sync + 'static,
        Inspect<F>: Bolt<T, Out = Emitter<T>>,
    {
        self.bolt(name, move || inspect(f.clone())).timed_like(self)
    }

    /// The end of the stream: each tuple is shown to `f`.
    pub fn for_each<F>(
        &self,
        name: impl Into<Arc<str>>,
        f: F,
    ) -> BoltBuilder<ForEach<F>, <ForEach<F> as Bolt<T>>::Out>
    where
        F: FnMut(&T) + Clone + Send + Sync + 'static,
    {
        self.bolt(name, move || for_each(f.clone()))
    }

    /// The tuples of this stream and of `others`. Between two streams there is no order. It knows where
    /// timestamps are if all of them were made of one that does.
    pub fn merge(&self, name: impl Into<Arc<str>>, others: &[&Self]) -> BoltBuilder<Merge<T>, Emitter<T>>
    where
        Merge<T>: Bolt<T, Out = Emitter<T>>,
    {
        let pass: fn(&T) = |_| {};
        let merged = self.bolt(name, move || inspect(pass));
        let merged = others.iter().fold(merged, BoltBuilder::shuffle);
        let alike = others.iter().all(|other| self.is_timestamped_like(other));
        if alike { merged.timed_like(self) } else { merged }
    }

    /// Two streams: the tuples for which `f` says so are `.0` of it, the others `.1`.
    pub fn branch<F>(
        &self,
        name: impl Into<Arc<str>>,
        f: F,
    ) -> BoltBuilder<Branch<F>, (Emitter<T>, Emitter<T>)>
    where
        F: FnMut(&T) -> bool + Clone + Send + Sync + 'static,
        Branch<F>: Bolt<T, Out = (Emitter<T>, Emitter<T>)>,
    {
        let branches = self.bolt(name, move || Branch(f.clone()));
        branches.0.inherit_timestamps(self);
        branches.1.inherit_timestamps(self);
        branches
    }

    /// The stream by the key of its tuples: for operations that need all tuples of a key in one task.
    pub fn key_by<K>(&self, key: impl Fn(&T) -> K + Send + Sync + 'static) -> Keyed<T, K> {
        Keyed::new(self.clone(), Arc::new(key))
    }
}

impl<B, X, Y> BoltBuilder<B, (Emitter<X>, Emitter<Y>)>
where
    X: Tuple + ?Sized,
    Y: Tuple + ?Sized,
{
    /// Both streams of a bolt with two outputs.
    pub fn both(&self) -> (Stream<X>, Stream<Y>) {
        (self.0.clone(), self.1.clone())
    }
}

/// A bolt that hands on what it gets. See [`Stream::merge`].
pub type Merge<T> = Inspect<fn(&T)>;

/// See [`Stream::branch`].
#[derive(Debug, Clone)]
pub struct Branch<F>(F);

impl<T, F> Bolt<T> for Branch<F>
where
    T: Clone + Send + Sync + 'static,
    F: FnMut(&T) -> bool + Send + 'static,
{
    type Out = (Emitter<T>, Emitter<T>);

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        let to = if (self.0)(tuple) { &mut out.0 } else { &mut out.1 };
        to.emit(tuple.clone());
        Ok(())
    }
}

impl<F> Bolt<str> for Branch<F>
where
    F: FnMut(&str) -> bool + Send + 'static,
{
    type Out = (Emitter<str>, Emitter<str>);

    async fn execute(&mut self, tuple: &str, out: &mut Self::Out) -> Result<(), BoltError> {
        let to = if (self.0)(tuple) { &mut out.0 } else { &mut out.1 };
        to.emit(tuple);
        Ok(())
    }
}
