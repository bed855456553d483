use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::graph::Graph;
use super::{Node, Output, Stream, StreamName};
use crate::process::Tuple;
use crate::process::engine::{WatchedEdge, Wiring};

/// A stream that may lead back to where its tuples came from: the only way to a circle, by name and with
/// a bound. Read it like any other stream; [`feed`](Self::feed) says what goes round.
///
/// - **Full**: an edge that waited for room could wait for itself. So this one does not wait: at most `capacity`
///   tuples wait for each task that reads it, and one for which there is no room fails, and is replayed from its spout
///   by policy.
/// - **Acknowledged**: a tuple that goes round stays anchored to its root. The root is safe when the last round
///   has come to its end. Nothing counts rounds: a tuple that may go round for ever needs a counter, or a
///   [deadline](super::TopologyBuilder::deadline).
/// - **The end**: tuples go round while their roots are under way. When no spout has anything left, loops end. What goes
///   round then without a root, [unanchored](crate::process::Emitter::emit_unanchored) or with best effort, is
///   worked on until what waits for a reader is empty, then it is lost; what a bolt emits into a loop when it is cleaned up
///   fails, and is reported as unsettled.
/// - **Event time** does not go round: it would wait for itself.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::futures::StreamSpout;
/// use flowcore::process::{Bolt, BoltError, Emitter, TopologyBuilder};
/// use futures_util::stream;
/// use std::sync::{Arc, Mutex};
///
/// /// Halves even numbers until they are odd.
/// struct Halve;
///
/// impl Bolt<u64> for Halve {
///     type Out = (Emitter<u64>, Emitter<u64>);
///
///     async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
///         if n % 2 == 0 { out.0.emit(n / 2) } else { out.1.emit(*n) }
///         Ok(())
///     }
/// }
///
/// let found = Arc::new(Mutex::new(Vec::new()));
/// let keep = found.clone();
/// let mut topology = TopologyBuilder::new("halve");
/// let numbers = topology.spout("numbers", || StreamSpout::new(stream::iter([40_u64, 7, 64])));
/// let again = topology.feedback::<u64>("again", 1_000);
/// let (even, odd) = topology.bolt("halve", || Halve).shuffle(&numbers).shuffle(&again).both();
/// again.feed(&even);
/// odd.for_each("keep", move |n| keep.lock().unwrap().push(*n));
/// topology.build()?.run().await?;
/// let mut found = found.lock().unwrap();
/// found.sort_unstable();
/// assert_eq!(*found, [1, 5, 7]);
/// # Ok(()) }
/// ```
///
/// Any other circle is an error when the topology is built:
///
/// ```
/// # use flowcore::process::{TopologyBuilder, inspect};
/// # let mut topology = TopologyBuilder::new("circle");
/// # let spout = flowcore_testkit::ScriptedSpout::<u64>::new();
/// # let numbers = topology.spout("numbers", spout.factory());
/// let one = topology.bolt("one", || inspect(|_: &u64| {})).shuffle(&numbers);
/// let two = topology.bolt("two", || inspect(|_: &u64| {})).shuffle(&one);
/// one.shuffle(&two);
/// let error = topology.build().unwrap_err().to_string();
/// assert!(error.contains("two -> one -> two"), "{error}");
/// ```
pub struct Feedback<T: Tuple + ?Sized> {
    node: Arc<FeedbackNode<T>>,
}

struct FeedbackNode<T: Tuple + ?Sized> {
    stream: Stream<T>,
    sources: Mutex<Vec<StreamName>>,
    graph: Graph,
    capacity: usize,
}

impl<T: Tuple + ?Sized> Feedback<T> {
    pub(super) fn new(graph: &Graph, name: StreamName, capacity: usize) -> Self {
        let stream = Stream::feedback(name, capacity);
        let node = FeedbackNode { stream, sources: Mutex::default(), graph: graph.clone(), capacity };
        Self { node: Arc::new(node) }
    }

    /// What `stream` carries goes round. It may have other readers, and several streams may be fed.
    pub fn feed(&self, stream: &Stream<T>) {
        stream.lead_to(&self.node.stream);
        self.node.sources().push(stream.name().clone());
        let id = self.node.stream.name().node;
        self.node.graph.fill(id, Arc::clone(&self.node) as Arc<dyn Node>);
    }
}

impl<T: Tuple + ?Sized> FeedbackNode<T> {
    fn sources(&self) -> MutexGuard<'_, Vec<StreamName>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Tuple + ?Sized> Deref for Feedback<T> {
    type Target = Stream<T>;

    fn deref(&self) -> &Self::Target {
        &self.node.stream
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for Feedback<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Feedback({})", self.node.stream.name())
    }
}

/// It has no task: those who emit what goes round send it to the readers themselves.
impl<T: Tuple + ?Sized> Node for FeedbackNode<T> {
    fn name(&self) -> Arc<str> {
        Arc::clone(&self.stream.name().component)
    }

    fn parallelism(&self) -> usize {
        1
    }

    fn is_spout(&self) -> bool {
        false
    }

    fn targets(&self) -> Vec<usize> {
        Vec::new()
    }

    fn tick(&self) -> Option<Duration> {
        None
    }

    fn inputs(&self) -> Vec<StreamName> {
        self.sources().clone()
    }

    /// A circle through here is meant.
    fn upstream(&self) -> Vec<StreamName> {
        Vec::new()
    }

    fn capacity(&self) -> Option<usize> {
        Some(self.capacity)
    }

    fn outputs(&self) -> Vec<Output> {
        vec![self.stream.output()]
    }

    fn requires_event_time(&self) -> bool {
        false
    }

    fn edges(&self) -> Vec<WatchedEdge> {
        Vec::new()
    }

    fn open_mailboxes(&self, _wiring: &mut Wiring) {}

    fn spawn(&self, _wiring: &mut Wiring) {}

    fn close_mailboxes(&self) {}
}
