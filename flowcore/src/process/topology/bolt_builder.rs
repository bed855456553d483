use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::bolt_node::BoltNode;
use super::stream::MakeGrouping;
use super::{AsStream, ReadBy, Stream, StreamName};
use crate::process::grouping::{
    All, Custom, Direct, Fields, Global, PartialKey, Shuffle, ShuffleByLoad, stable_hash,
};
use crate::process::{Bolt, Directed, Grouping, GroupingKey, Outputs, Targets, Tuple};

/// A bolt in a topology. It stands for its stream: pass it to another bolt's grouping. A bolt with several
/// outputs stands for a tuple of streams: pass `&bolt.0`, `&bolt.1`.
///
/// # Groupings
///
/// A bolt reads any number of streams, each with a grouping of its own, which says which of its tasks get
/// a tuple. Every sending task decides for itself.
///
/// | grouping | a tuple goes to | what holds |
/// |---|---|---|
/// | [`shuffle`](Self::shuffle) | one task after the other | counts of two tasks differ by at most one a sender |
/// | [`shuffle_by_load`](Self::shuffle_by_load) | the tasks for which least waits | the same under even load |
/// | [`local_or_shuffle`](Self::local_or_shuffle) | as with `shuffle` | one process is as local as it gets |
/// | [`fields`](Self::fields) | the task of its key | a key is on one task, in every run with as many tasks |
/// | [`partial_key`](Self::partial_key) | one of the two tasks of its key | a key is on at most two tasks, and these are the same for all senders |
/// | [`all`](Self::all) | every task | it is acknowledged when all are done |
/// | [`global`](Self::global) | the first task | one task sees everything |
/// | [`direct`](Self::direct) | the task that its sender named | |
/// | [`group`](Self::group) | what a [`Grouping`] says | that a task which does not exist is an error |
///
/// - **Order**: what one task sends to another over one stream arrives in the order of the emits. Nothing else
///   is ordered, and replays come late.
/// - **Replays**: a tuple that is sent again goes through its grouping again. With `fields`, `all`, `global`
///   and `direct` it comes to the same tasks, with `partial_key` to one of the same two, with a shuffle to
///   any.
/// - **Keys** are hashed by [`stable_hash`], which is the same in every process, on every platform and in
///   every release. [`StableHasher`](crate::process::StableHasher) says how, and which task a hash is on. A
///   change of parallelism moves keys.
/// - **A key function that panics** fails its tuple, with an error that names the bolt, and no other.
pub struct BoltBuilder<B, O: Outputs> {
    node: Arc<BoltNode<B, O>>,
}

impl<B, O: Outputs> BoltBuilder<B, O> {
    pub(super) fn new(node: Arc<BoltNode<B, O>>) -> Self {
        Self { node }
    }
}

/// Inputs, and the settings of its tasks.
#[expect(
    clippy::return_self_not_must_use,
    reason = "the last bolts of a topology are declared for their own sake"
)]
impl<B: Send + 'static, O: Outputs> BoltBuilder<B, O> {
    /// Reads `stream`: its tuples are dealt out evenly over the tasks.
    pub fn shuffle<S: AsStream + ReadBy<B>>(self, stream: &S) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.subscribe(stream.as_stream(), Arc::new(|| Box::new(Shuffle::default())))
    }

    /// Reads `stream`: its tuples go to the tasks for which least waits, so that as much waits for each
    /// afterwards. It is for tasks that are not equally fast, or tuples that are not equally heavy: one slow task
    /// does not hold up the others. A task whose mailbox is full gets nothing while another has room.
    ///
    /// What counts is the number of tuples in the mailboxes of a task, whoever sent them, looked at once
    /// a batch. While these are even, it deals out like [`shuffle`](Self::shuffle).
    pub fn shuffle_by_load<S: AsStream + ReadBy<B>>(self, stream: &S) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.subscribe(stream.as_stream(), Arc::new(|| Box::new(ShuffleByLoad::default())))
    }

    /// Reads `stream`: the same as [`shuffle`](Self::shuffle), because all tasks of a topology run in one
    /// process. It is here for those who know it from Storm, where it prefers tasks in the sender's process.
    pub fn local_or_shuffle<S: AsStream + ReadBy<B>>(self, stream: &S) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.shuffle(stream)
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is borrowed from the tuple.
    pub fn fields<S: AsStream + ReadBy<B>, K: GroupingKey + ?Sized>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> &K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.by_hash(stream.as_stream(), move |tuple| stable_hash(key(tuple)))
    }

    /// Reads `stream`: tuples with the same key go to the same task. The key is made from the tuple.
    pub fn fields_by<S: AsStream + ReadBy<B>, K: GroupingKey>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.by_hash(stream.as_stream(), move |tuple| stable_hash(&key(tuple)))
    }

    /// Reads `stream`: tuples with the same key go to one of two tasks, whichever this sender used less so far.
    /// The key is borrowed from the tuple.
    ///
    /// It is for keys of which few are very frequent: with [`fields`](Self::fields), the task of the most
    /// frequent one sets the pace. In return, each task has a part of what belongs to a key, which is put
    /// together downstream: by [`combine`](crate::process::combine), which has an example.
    pub fn partial_key<S: AsStream + ReadBy<B>, K: GroupingKey + ?Sized>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> &K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.by_two_hashes(stream.as_stream(), move |tuple| stable_hash(key(tuple)))
    }

    /// Reads `stream` as with [`partial_key`](Self::partial_key). The key is made from the tuple.
    pub fn partial_key_by<S: AsStream + ReadBy<B>, K: GroupingKey>(
        self,
        stream: &S,
        key: impl Fn(&S::Tuple) -> K + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.by_two_hashes(stream.as_stream(), move |tuple| stable_hash(&key(tuple)))
    }

    /// Reads `stream`: every task gets every tuple.
    pub fn all<S: AsStream + ReadBy<B>>(self, stream: &S) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.subscribe(stream.as_stream(), Arc::new(|| Box::new(All)))
    }

    /// Reads `stream`: the first task gets every tuple.
    pub fn global<S: AsStream + ReadBy<B>>(self, stream: &S) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        self.subscribe(stream.as_stream(), Arc::new(|| Box::new(Global)))
    }

    /// Reads `stream`, whose senders name the task of each tuple by a [`Target`](crate::process::Target) out of
    /// `targets`. The bolt gets as many tasks; another [`parallelism`](Self::parallelism) is an error when the
    /// topology is built.
    ///
    /// ```
    /// use flowcore::process::{Bolt, BoltError, Directed, Emitter, Targets, TopologyBuilder, for_each};
    /// # use flowcore_testkit::ScriptedSpout;
    ///
    /// struct Assign(Targets);
    ///
    /// impl Bolt<u64> for Assign {
    ///     type Out = Emitter<Directed<u64>>;
    ///
    ///     async fn execute(&mut self, order: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
    ///         let desk = if *order < 100 { 0 } else { 1 };
    ///         let Some(desk) = self.0.get(desk) else { return Err(BoltError::reject("no such desk")) };
    ///         out.emit(Directed::to(desk, *order));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let desks = Targets::new(2);
    /// let mut topology = TopologyBuilder::new("orders");
    /// # let spout = ScriptedSpout::new().emit([1_u64]);
    /// # let orders = topology.spout("orders", spout.factory());
    /// let assigned = topology.bolt("assign", move || Assign(desks)).shuffle(&orders);
    /// topology.bolt("desk", || for_each(|order: &Directed<u64>| println!("{}", **order)))
    ///     .direct(&assigned, desks);
    /// # assert!(topology.build().is_ok());
    /// ```
    ///
    /// Nothing is emitted on a direct stream without a target:
    ///
    /// ```compile_fail,E0308
    /// # use flowcore::process::{Directed, Emitter};
    /// fn assign(out: &mut Emitter<Directed<u64>>) {
    ///     out.emit(7);
    /// }
    /// ```
    ///
    /// And a stream without targets cannot be read as one:
    ///
    /// ```compile_fail,E0308
    /// # use flowcore::process::{BoltDeclaration, Directed, ForEach, Stream, Targets};
    /// fn read<F: FnMut(&Directed<u64>) + Send + 'static>(
    ///     desk: BoltDeclaration<ForEach<F>>,
    ///     orders: &Stream<u64>,
    /// ) {
    ///     desk.direct(orders, Targets::new(2));
    /// }
    /// ```
    pub fn direct<T: Send + Sync + 'static>(self, stream: &Stream<Directed<T>>, targets: Targets) -> Self
    where
        B: Bolt<Directed<T>, Out = O>,
    {
        self.node.add_targets(targets.len());
        self.group(stream, Direct::default)
    }

    /// Reads `stream` with a [`Grouping`] of one's own. `grouping` makes one for each sending task, and a new
    /// one after a panic.
    ///
    /// ```
    /// use flowcore::process::{Grouping, Routes, TopologyBuilder, for_each};
    /// # use flowcore_testkit::ScriptedSpout;
    ///
    /// struct ByLength;
    ///
    /// impl Grouping<String> for ByLength {
    ///     fn route(&mut self, word: &String, to: &mut Routes) {
    ///         to.task(word.len() % to.tasks());
    ///     }
    /// }
    ///
    /// let mut topology = TopologyBuilder::new("words");
    /// # let spout = ScriptedSpout::new().emit([String::from("a")]);
    /// # let words = topology.spout("words", spout.factory());
    /// topology.bolt("read", || for_each(|_word: &String| {})).group(&words, || ByLength).parallelism(3);
    /// # assert!(topology.build().is_ok());
    /// ```
    ///
    /// The compiler checks that it groups what the stream carries:
    ///
    /// ```compile_fail,E0277
    /// # use flowcore::process::{BoltDeclaration, ForEach, Grouping, Routes, Stream};
    /// # struct ByLength;
    /// # impl Grouping<String> for ByLength {
    /// #     fn route(&mut self, word: &String, to: &mut Routes) {}
    /// # }
    /// fn read<F: FnMut(&u64) + Send + 'static>(bolt: BoltDeclaration<ForEach<F>>, numbers: &Stream<u64>) {
    ///     bolt.group(numbers, || ByLength);
    /// }
    /// ```
    pub fn group<S: AsStream + ReadBy<B>, G: Grouping<S::Tuple>>(
        self,
        stream: &S,
        grouping: impl Fn() -> G + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<S::Tuple, Out = O>,
    {
        let factory: Arc<dyn Fn() -> G + Send + Sync> = Arc::new(grouping);
        self.subscribe(stream.as_stream(), Arc::new(move || Box::new(Custom::new(Arc::clone(&factory)))))
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
        let make: MakeGrouping<T> = Arc::new(move || {
            let hash = Arc::clone(&hash);
            Box::new(Fields::new(move |tuple: &T| hash(tuple)))
        });
        self.subscribe(stream, make)
    }

    fn by_two_hashes<T: Tuple + ?Sized>(
        self,
        stream: &Stream<T>,
        hash: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        let hash = Arc::new(hash);
        let make: MakeGrouping<T> = Arc::new(move || {
            let hash = Arc::clone(&hash);
            Box::new(PartialKey::new(move |tuple: &T| hash(tuple)))
        });
        self.subscribe(stream, make)
    }

    fn subscribe<T: Tuple + ?Sized>(self, stream: &Stream<T>, grouping: MakeGrouping<T>) -> Self
    where
        B: Bolt<T, Out = O>,
    {
        let reader = Arc::clone(&self.node.stream_name().component);
        self.node.add_input(stream.name().clone(), stream.subscribe(reader, grouping));
        self
    }

    /// How many tasks it has. 1 by default.
    pub fn parallelism(self, tasks: usize) -> Self {
        self.node.set_parallelism(tasks);
        self
    }

    /// Says that the bolt works by watermarks: a topology in which none of its inputs has event time does not
    /// build. See [`EventTime`](crate::process::time::EventTime).
    pub fn requires_event_time(self) -> Self {
        self.node.require_event_time();
        self
    }

    /// Nobody said where the timestamps are that it reads from `stream`.
    pub(super) fn lack_timestamps(&self, stream: &StreamName) {
        self.node.lack_timestamps(stream);
    }

    /// How long one call of `execute` may take. Without an end by default.
    ///
    /// - A call that waits for something and has not returned by then is dropped: its tuple fails as
    ///   [timed out](crate::base::LossKind::TimedOut) and is replayed by policy, and the bolt is made anew, as after
    ///   a panic. Time in which it waits for room in a mailbox does not count.
    /// - One that keeps its thread for itself cannot be dropped. It is reported: an error in the log, and
    ///   `hung` in the snapshot. Its tuples fail by the [deadline of their
    ///   topology](super::TopologyBuilder::deadline), if there is one.
    ///
    /// ```
    /// # use flowcore::process::{TopologyBuilder, for_each};
    /// # use std::time::Duration;
    /// # let mut topology = TopologyBuilder::new("orders");
    /// # let spout = flowcore_testkit::ScriptedSpout::<u64>::new();
    /// # let orders = topology.spout("orders", spout.factory());
    /// topology
    ///     .bolt("ask a server", || for_each(|_order: &u64| {}))
    ///     .shuffle(&orders)
    ///     .execute_deadline(Duration::from_secs(10));
    /// # assert!(topology.build().is_ok());
    /// ```
    pub fn execute_deadline(self, time: Duration) -> Self {
        self.node.set_deadline(time);
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
