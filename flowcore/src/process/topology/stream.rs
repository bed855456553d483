use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::graph::Graph;
use super::{DeadLetter, DeadLetterHandler, NodeId};
use crate::process::Tuple;
use crate::process::engine::{Count, Edge, MailboxSender};
use crate::process::grouping::Router;
use crate::process::observe::{Tap, TapOptions, Tapped, Taps};
use crate::process::time::{EventTime, TimestampOf};

/// A typed stream: what one output of a spout or bolt emits. Subscribe a bolt to it with one of the
/// groupings of [`BoltBuilder`](super::BoltBuilder).
pub struct Stream<T: Tuple + ?Sized> {
    shared: Arc<Shared<T>>,
}

struct Shared<T: Tuple + ?Sized> {
    name: StreamName,
    state: Mutex<State<T>>,
    taps: Arc<Taps<T>>,
}

struct State<T: Tuple + ?Sized> {
    subscriptions: Vec<Subscription<T>>,
    ignored: bool,
    /// Feedback edges that carry its tuples, too.
    loops: Vec<Stream<T>>,
    /// For a feedback edge: how many tuples wait for each reader.
    bound: Option<usize>,
    dead: Option<DeadLetterHandler<T>>,
    event_time: Option<EventTime<T>>,
    timestamps: Option<TimestampOf<T>>,
    max_ahead: Option<Duration>,
}

/// Whose output a stream is.
#[derive(Debug, Clone)]
pub struct StreamName {
    pub(crate) node: NodeId,
    pub(crate) component: Arc<str>,
    pub(crate) output: usize,
    /// Whether the stream has an event time of its own.
    pub(super) has_event_time: Arc<AtomicBool>,
    /// It carries the dead letters of that output.
    pub(crate) is_dead: bool,
    /// Where further bolts are declared.
    pub(super) graph: Graph,
}

/// What one output of a component is, before anything runs.
#[derive(Debug)]
pub struct Output {
    pub(crate) stream: StreamName,
    /// Or its readers are known not to be missing.
    pub(crate) is_read: bool,
}

impl StreamName {
    pub(crate) fn output(&self, output: usize) -> Self {
        Self { output, has_event_time: Arc::default(), ..self.clone() }
    }

    pub(super) fn has_event_time(&self) -> bool {
        self.has_event_time.load(Ordering::Relaxed)
    }

    pub(crate) fn dead_letters(&self) -> Self {
        Self { is_dead: true, has_event_time: Arc::default(), ..self.clone() }
    }
}

impl std::fmt::Display for StreamName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.component)?;
        if self.output > 0 {
            write!(f, ".{}", self.output)?;
        }
        f.write_str(if self.is_dead { ".dead_letters" } else { "" })
    }
}

/// Makes a grouping for each sending task.
pub(crate) type MakeGrouping<T> = Arc<dyn Fn() -> Box<dyn Router<T>> + Send + Sync>;

/// The mailboxes of the tasks that read a stream through one subscription. Filled when the topology starts.
pub(crate) struct Junction<T: Tuple + ?Sized> {
    pub(crate) mailboxes: Arc<Mutex<Vec<MailboxSender<T>>>>,
    /// Tuples sent through it.
    pub(crate) tuples: Arc<Count>,
    /// The feedback edge that it is part of, and how many tuples may wait in each mailbox.
    pub(crate) bound: Option<(Arc<str>, usize)>,
    /// Those of the stream, at its first junction.
    pub(crate) taps: Option<Arc<Taps<T>>>,
}

impl<T: Tuple + ?Sized> Clone for Junction<T> {
    fn clone(&self) -> Self {
        let (mailboxes, tuples) = (Arc::clone(&self.mailboxes), Arc::clone(&self.tuples));
        Self { mailboxes, tuples, bound: self.bound.clone(), taps: self.taps.clone() }
    }
}

struct Subscription<T: Tuple + ?Sized> {
    reader: Arc<str>,
    grouping: MakeGrouping<T>,
    junction: Junction<T>,
}

impl<T: Tuple + ?Sized> Subscription<T> {
    fn edge(&self) -> Edge<T> {
        let Junction { mailboxes, tuples, taps, .. } = self.junction.clone();
        let tapped = taps.as_ref().map(Tapped::new);
        let mailboxes = mailboxes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Edge::new(Arc::clone(&self.reader), (self.grouping)(), mailboxes, (tuples, tapped))
    }
}

impl<T: Tuple + ?Sized> Stream<T> {
    pub(crate) fn new(name: StreamName) -> Self {
        let (subscriptions, loops) = (Vec::new(), Vec::new());
        let state = State {
            subscriptions,
            ignored: false,
            loops,
            bound: None,
            dead: None,
            event_time: None,
            timestamps: None,
            max_ahead: None,
        };
        Self { shared: Arc::new(Shared { name, state: Mutex::new(state), taps: Arc::default() }) }
    }

    /// One that may lead back to where its tuples came from.
    pub(super) fn feedback(name: StreamName, capacity: usize) -> Self {
        let stream = Self::new(name);
        stream.state().bound = Some(capacity);
        stream
    }

    /// What it carries goes to the readers of `feedback`, too.
    pub(super) fn lead_to(&self, feedback: &Self) {
        self.state().loops.push(feedback.clone());
    }

    pub(crate) fn name(&self) -> &StreamName {
        &self.shared.name
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn subscribe(&self, reader: Arc<str>, grouping: MakeGrouping<T>) -> Junction<T> {
        let mut state = self.state();
        let bound = state.bound.map(|capacity| (Arc::clone(&self.name().component), capacity));
        let taps = state.subscriptions.is_empty().then(|| Arc::clone(&self.shared.taps));
        let junction = Junction { mailboxes: Arc::default(), tuples: Arc::default(), bound, taps };
        state.subscriptions.push(Subscription { reader, grouping, junction: junction.clone() });
        junction
    }

    /// The subscribers, for one sending task: its own, and those of the feedback edges that it is led to.
    pub(crate) fn subscribers(&self) -> Vec<Edge<T>> {
        let (mut edges, mut seen, mut left) = (Vec::new(), Vec::new(), vec![self.clone()]);
        while let Some(stream) = left.pop() {
            if !seen.contains(&stream.name().node) {
                seen.push(stream.name().node);
                edges.extend(stream.state().subscriptions.iter().map(Subscription::edge));
                left.extend(stream.state().loops.iter().cloned());
            }
        }
        edges
    }

    /// Says that nobody reads this stream, and that this is meant. Otherwise a stream without a reader is an
    /// error when the topology is built: what is emitted on it goes nowhere and counts as delivered.
    ///
    /// ```
    /// use flowcore::process::TopologyBuilder;
    /// # use flowcore_testkit::ScriptedSpout;
    ///
    /// let mut topology = TopologyBuilder::new("orders");
    /// # let spout = ScriptedSpout::<u64>::new();
    /// # let orders = topology.spout("orders", spout.factory());
    /// let (large, small) = orders.branch("size", |cups| *cups > 100).both();
    /// large.for_each("call", |cups| println!("call about {cups} cups"));
    /// small.ignore();
    /// # assert!(topology.build().is_ok());
    /// ```
    pub fn ignore(&self) {
        self.state().ignored = true;
    }

    /// Taps the stream: owned samples of its tuples, to be read as a `futures::Stream`, before the topology is
    /// built or while it runs. Replays are seen again.
    ///
    /// The topology never waits for who reads: while as many samples wait as [may](TapOptions::capacity),
    /// further ones are dropped and counted. A stream without a tap costs its sender one look a batch; one with
    /// a tap, a copy of each sample. Nothing is sent on a stream that nobody reads, so there is nothing to tap.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::{TopologyBuilder, futures::StreamSpout, observe::TapOptions};
    /// use futures_util::{StreamExt, stream};
    ///
    /// let mut topology = TopologyBuilder::new("squares");
    /// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter(0..100_u64)));
    /// let squares = numbers.map("square", |n| n * n);
    /// squares.for_each("end", |_| {});
    ///
    /// let tap = squares.tap(TapOptions::default().one_in(40));
    /// topology.build()?.run().await?;
    /// assert_eq!(tap.collect::<Vec<u64>>().await, [0, 1600, 6400]);
    /// # Ok(()) }
    /// ```
    pub fn tap(&self, options: TapOptions) -> Tap<T::Owned>
    where
        T: ToOwned<Owned: Send + 'static>,
    {
        self.shared.taps.set(options)
    }

    pub(crate) fn output(&self) -> Output {
        let state = self.state();
        let is_read = state.ignored || !state.subscriptions.is_empty() || !state.loops.is_empty();
        Output { stream: self.name().clone(), is_read }
    }

    pub(super) fn set_event_time(&self, time: EventTime<T>) {
        let mut state = self.state();
        state.max_ahead = Some(time.pace().max_ahead);
        state.event_time = Some(time);
        self.shared.name.has_event_time.store(true, Ordering::Relaxed);
    }

    /// How far ahead of the clock a timestamp is believed, where that was said.
    pub(super) fn max_ahead(&self) -> Option<Duration> {
        self.state().max_ahead
    }

    pub(crate) fn own_event_time(&self) -> Option<EventTime<T>> {
        self.state().event_time.clone()
    }

    pub(super) fn set_timestamps(&self, timestamps: TimestampOf<T>) {
        self.state().timestamps = Some(timestamps);
    }

    pub(super) fn timestamps(&self) -> Option<TimestampOf<T>> {
        self.state().timestamps.clone()
    }

    /// Whether both have their timestamps from one stream.
    pub(super) fn is_timestamped_like(&self, other: &Self) -> bool {
        match (self.timestamps(), other.timestamps()) {
            (Some(one), Some(other)) => std::ptr::addr_eq(Arc::as_ptr(&one), Arc::as_ptr(&other)),
            _ => false,
        }
    }

    pub(super) fn inherit_timestamps(&self, origin: &Self) {
        let (timestamps, max_ahead) = (origin.timestamps(), origin.max_ahead());
        let mut state = self.state();
        state.timestamps = timestamps;
        state.max_ahead = max_ahead;
    }

    pub(crate) fn dead_letters(&self) -> Option<DeadLetterHandler<T>> {
        self.state().dead.clone()
    }

    /// For streams of spouts: hands every tuple that is given up to `handler`, with the reason. Without one, and
    /// without a reader of its [dead letters](super::SpoutBuilder::dead_letters), they are logged and counted.
    /// It is called by the spout's task: it must be short.
    pub fn on_dead_letter(&self, handler: impl Fn(&T, &DeadLetter) + Send + Sync + 'static) {
        self.state().dead = Some(Arc::new(handler));
    }
}

impl<T: Tuple + ?Sized> Clone for Stream<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stream({})", self.shared.name)
    }
}
