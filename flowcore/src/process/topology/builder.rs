use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::bolt_declaration::BoltDeclaration;
use super::graph::Graph;
use super::spout_builder::SpoutBuilder;
use super::validate::problems;
use super::{BuildError, Feedback, Node};
use crate::base::{Clock, RestartPolicy};
use crate::process::engine::{Settings, start};
use crate::process::{Deadline, Delivery, RetryPolicy, RunError, RunReport, RunningTopology, Spout, Tuple};

/// Says what a topology is made of.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::{BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TopologyBuilder};
/// use flowcore::process::{flat_map, for_each};
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
///
/// struct Lines(std::vec::IntoIter<&'static str>);
///
/// impl Spout for Lines {
///     type Out = Emitter<str>;
///
///     async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
///         let Some(line) = self.0.next() else { return Ok(Next::End) };
///         out.emit(line);
///         Ok(Next::More)
///     }
/// }
///
/// let count = Arc::new(AtomicU64::new(0));
/// let counted = count.clone();
///
/// let mut topology = TopologyBuilder::new("words");
/// let lines = topology.spout("lines", || Lines(vec!["to be or", "not to be"].into_iter()));
/// let words = topology
///     .bolt("split", || flat_map(|line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>()))
///     .shuffle(&lines)
///     .parallelism(2);
/// topology
///     .bolt("count", move || {
///         let counted = counted.clone();
///         for_each(move |_word: &String| { counted.fetch_add(1, Ordering::Relaxed); })
///     })
///     .fields(&words, |word| word);
/// let report = topology.build()?.run().await?;
///
/// assert_eq!(count.load(Ordering::Relaxed), 6);
/// assert!(report.unsettled.is_empty());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TopologyBuilder {
    name: Arc<str>,
    id: u64,
    graph: Graph,
    settings: Settings,
}

impl Drop for TopologyBuilder {
    fn drop(&mut self) {
        self.graph.close();
    }
}

impl TopologyBuilder {
    /// A topology without components.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { name: name.into(), id, graph: Graph::new(id), settings: Settings::default() }
    }

    /// Adds a spout. `factory` makes one for each task, and a new one after a failure.
    pub fn spout<S: Spout>(
        &mut self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> S + Send + Sync + 'static,
    ) -> SpoutBuilder<S> {
        let name = self.graph.declare(name.into());
        SpoutBuilder::new(&self.graph, name, Arc::new(factory))
    }

    /// Adds a bolt. `factory` makes one for each task, and a new one after a failure. Say next what it reads,
    /// with a grouping.
    pub fn bolt<B: Send + 'static>(
        &mut self,
        name: impl Into<Arc<str>>,
        factory: impl Fn() -> B + Send + Sync + 'static,
    ) -> BoltDeclaration<B> {
        let name = self.graph.declare(name.into());
        BoltDeclaration::new(self.graph.clone(), name, Arc::new(factory))
    }

    /// A stream that may lead back to where its tuples came from. At most `capacity` of them wait for each task
    /// that reads it; see [`Feedback`].
    pub fn feedback<T: Tuple + ?Sized>(&mut self, name: impl Into<Arc<str>>, capacity: usize) -> Feedback<T> {
        let name = self.graph.declare(name.into());
        Feedback::new(&self.graph, name, capacity)
    }

    /// The clock that tasks see. The machine's by default.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// What becomes of a tuple when something fails. At least once by default.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.settings.delivery = delivery;
        self
    }

    /// How many tuples travel together at most. 2,048 by default.
    #[must_use]
    pub fn batch(mut self, tuples: usize) -> Self {
        self.settings.batch = tuples;
        self
    }

    /// How long a tuple may wait in a busy task for its batch to fill. A task that would wait sends what it
    /// has at once. 5 ms by default; looked at between batches, to the millisecond.
    #[must_use]
    pub fn linger(mut self, time: Duration) -> Self {
        self.settings.linger = time;
        self
    }

    /// How many batches a mailbox holds before senders wait. 16 by default.
    #[must_use]
    pub fn mailbox(mut self, batches: usize) -> Self {
        self.settings.mailbox = batches;
        self
    }

    /// How many tuples of one spout task may be under way. Tuples that a window keeps are not. One call of
    /// `next` may go beyond it by what it emits, and so may tuples that were kept and are replayed. 16,384 by
    /// default.
    #[must_use]
    pub fn max_pending(mut self, tuples: usize) -> Self {
        self.settings.max_pending = tuples;
        self
    }

    /// How often a failed tuple is tried.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// How long what comes of a tuple may take. Without an end by default. A tuple that takes longer fails, at
    /// most a twentieth later than that, and is tried again as a new attempt; what is answered to the old
    /// one, which may still be in work, says nothing any more. It is looked at once a batch, not for each tuple, and a
    /// spout that itself waits for room in a mailbox looks when it has waited that long again.
    ///
    /// It is for code that may hang: what fails or panics is known at once.
    /// [`keep_alive`](crate::process::Outputs::keep_alive) gives more time to what gets on.
    ///
    /// ```
    /// use flowcore::process::{Deadline, TopologyBuilder};
    /// use std::time::Duration;
    ///
    /// let topology = TopologyBuilder::new("orders").deadline(Duration::from_secs(30));
    /// # drop(topology);
    /// // As Storm has it: what windows keep must be safe as well.
    /// let topology = TopologyBuilder::new("orders").deadline(Deadline::settled_within(Duration::from_mins(5)));
    /// # drop(topology);
    /// ```
    #[must_use]
    pub fn deadline(mut self, deadline: impl Into<Deadline>) -> Self {
        self.settings.deadline = Some(deadline.into());
        self
    }

    /// How a task that failed is made anew.
    #[must_use]
    pub fn restart(mut self, policy: RestartPolicy) -> Self {
        self.settings.restart = policy;
        self
    }

    /// How long a stop waits for what is under way. An end without a stop waits for its bolts without a limit,
    /// then this long for tokens that are somewhere else. 30 s by default.
    #[must_use]
    pub fn grace(mut self, time: Duration) -> Self {
        self.settings.grace = time;
        self
    }

    /// How long after it should have closed an open window is *overdue*: then there is one warning, in the log
    /// of events and with `tracing`, which says what [`explain`](crate::process::TopologyHandle::explain) says.
    /// A minute by default; `None` for never.
    ///
    /// A window of the clock should close when the clock says so; one of event time when the watermark of any
    /// of its inputs has come so far or, when no watermark moves, when the clock has. Count windows are
    /// never overdue.
    #[must_use]
    pub fn overdue_after(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.overdue_after = time.into();
        self
    }

    /// Logs with `tracing`, in this interval, what each component does in a second: see
    /// [`ComponentRates`](crate::process::ComponentRates). Off by default. At least a millisecond.
    #[must_use]
    pub fn log_rates(mut self, every: Duration) -> Self {
        self.settings.log_rates = Some(every.max(Duration::from_millis(1)));
        self
    }

    /// How many events the log of the running topology holds; at least 1, and 256 by default. See
    /// [`TopologyHandle::events`](crate::process::TopologyHandle::events).
    #[must_use]
    pub fn event_log(mut self, events: usize) -> Self {
        self.settings.event_log = events;
        self
    }

    /// Checks the topology: names, inputs, outputs, tasks, limits, circles. Whatever is wrong is found at once.
    ///
    /// # Errors
    /// [`BuildError`] with everything that is wrong.
    pub fn build(self) -> Result<Topology, BuildError> {
        let slots = self.graph.close();
        let problems = problems(&self.name, self.id, &slots, &self.settings);
        if problems.is_empty() {
            let nodes = slots.into_iter().filter_map(|slot| slot.node).collect();
            return Ok(Topology { name: Arc::clone(&self.name), nodes, settings: self.settings.clone() });
        }
        Err(BuildError { topology: self.name.to_string(), problems })
    }
}

/// A topology that was checked and can run, once.
pub struct Topology {
    name: Arc<str>,
    nodes: Vec<Arc<dyn Node>>,
    settings: Settings,
}

impl Topology {
    /// Starts all tasks on the current runtime. They are joined by [`RunningTopology::wait`], and aborted
    /// when that is dropped.
    pub fn start(self) -> RunningTopology {
        start(self.name, &self.nodes, self.settings)
    }

    /// Runs until all spouts have ended and everything is settled.
    ///
    /// # Errors
    /// [`RunError`] when a task failed for good.
    pub async fn run(self) -> Result<RunReport, RunError> {
        self.start().wait().await
    }
}

impl std::fmt::Debug for Topology {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topology").field("name", &self.name).finish_non_exhaustive()
    }
}
