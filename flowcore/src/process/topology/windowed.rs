use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use super::keyed::Key;
use super::{BoltBuilder, Stream};
use crate::base::Timestamp;
use crate::process::window::{
    Aggregate, Aggregating, Bound, Collecting, Counting, EventWindowBolt, EventWindowResult, EventWindows,
    Fill, Folding, Late, Layout,
};
use crate::process::{Emitter, Tuple};

/// A stream in windows by event time, from [`Keyed::window`](super::Keyed::window) or [`Stream::window`]. Its
/// methods say what a window makes of its tuples; [`EventWindowBolt`] says what is acknowledged when.
///
/// The stream needs event time, and it must be known where the timestamps of its tuples are
/// ([`Stream::event_time`], [`Stream::timestamped_by`]): otherwise the topology does not build. What becomes of
/// late tuples has to be said as well: read [`late`](BoltBuilder::late), or call
/// [`ignore_late`](BoltBuilder::ignore_late).
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::TopologyBuilder;
/// use flowcore::process::time::EventTime;
/// use flowcore::process::window::{EventWindows, WindowSpec};
/// # use flowcore_testkit::ScriptedSpout;
/// use std::time::Duration;
///
/// #[derive(Debug, Clone)]
/// struct Order { shop: u32, cups: u64, at: Timestamp }
///
/// let mut topology = TopologyBuilder::new("orders");
/// # let spout = ScriptedSpout::<Order>::new();
/// let orders = topology.spout("orders", spout.factory())
///     .event_time(EventTime::of(|order: &Order| order.at).lag(Duration::from_secs(5)));
///
/// let minutes = EventWindows::of(WindowSpec::tumbling(Duration::from_mins(1))?)
///     .allowed_lateness(Duration::from_mins(10));
/// let sold = orders.key_by(|order| order.shop).window("sold", minutes)
///     .fold(|| 0, |cups: &mut u64, order: &Order| *cups += order.cups);
/// sold.late().for_each("late", |late| eprintln!("{:?} came too late", late.tuple));
///
/// // The results have event time, too.
/// let hours = WindowSpec::tumbling(Duration::from_hours(1))?;
/// let busiest = sold.results().window("busiest", hours).collect().ignore_late();
/// busiest.results().for_each("show", |hour| println!("{:?}", hour.contents));
/// # assert!(topology.build().is_ok());
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
#[must_use = "say what a window makes of its tuples"]
pub struct Windowed<T: Tuple + ?Sized, K, L> {
    stream: Stream<T>,
    key: Key<T, K>,
    /// Without keys, any task may have any tuple.
    keyed: bool,
    name: Arc<str>,
    windows: EventWindows<L>,
}

/// The bolt that a [`Windowed`] stream adds, and its two streams: results and late tuples.
pub type WindowBuilder<T, K, F, L> = BoltBuilder<EventWindowBolt<T, K, F, L>, WindowOutputs<T, K, F, L>>;

/// Results of windows, and late tuples.
pub type WindowOutputs<T, K, F, L> =
    (Emitter<EventWindowResult<K, <F as Fill<T>>::Result, Bound<L>>>, Emitter<Late<<T as ToOwned>::Owned>>);

impl<T: Tuple + ?Sized, K, L: Layout> Windowed<T, K, L> {
    pub(super) fn by_key(
        stream: Stream<T>,
        key: Key<T, K>,
        name: Arc<str>,
        windows: EventWindows<L>,
    ) -> Self {
        Self { stream, key, keyed: true, name, windows }
    }
}

impl<T: Tuple + ?Sized, L: Layout> Windowed<T, (), L> {
    pub(super) fn unkeyed(stream: Stream<T>, name: Arc<str>, windows: EventWindows<L>) -> Self {
        Self { stream, key: Arc::new(|_| ()), keyed: false, name, windows }
    }
}

impl<T, K, L> Windowed<T, K, L>
where
    T: Tuple + ToOwned + ?Sized,
    T::Owned: Clone + Send + Sync + 'static,
    K: Hash + Eq + Clone + Debug + Send + Sync + 'static,
    L: Layout,
{
    /// How many tuples.
    pub fn count(self) -> WindowBuilder<T, K, Counting, L> {
        self.fill(Counting)
    }

    /// What an [`Aggregate`] makes of the tuples, as they come: none is kept.
    pub fn aggregate<A>(self) -> WindowBuilder<T, K, Aggregating<A>, L>
    where
        A: Aggregate<T> + Send + Sync + 'static,
    {
        self.fill(Aggregating::default())
    }

    /// All tuples, in the order of their timestamps; of those with the same one, in the order of arrival.
    pub fn collect(self) -> WindowBuilder<T, K, Collecting, L> {
        self.fill(Collecting)
    }

    /// What `add` makes of all tuples, in the order of their timestamps, from what `init` gives on. The tuples
    /// are kept until then; [`aggregate`](Self::aggregate) keeps none.
    pub fn fold<A, I, F>(self, init: I, add: F) -> WindowBuilder<T, K, Folding<I, F>, L>
    where
        A: Send + Sync + 'static,
        I: Fn() -> A + Clone + Send + Sync + 'static,
        F: Fn(&mut A, &T) + Clone + Send + Sync + 'static,
    {
        self.fill(Folding::new(init, add))
    }

    /// What any [`Fill`] makes of the tuples.
    pub fn fill<F: Fill<T> + Clone + Sync>(self, fill: F) -> WindowBuilder<T, K, F, L> {
        let Self { stream, key, keyed, name, windows } = self;
        let timestamp = stream.timestamp_of();
        let known = timestamp.is_some();
        let timestamp = timestamp.unwrap_or_else(|| Arc::new(|_| Timestamp::MIN));
        let windows = windows.or_max_ahead(stream.max_ahead());
        let by = Arc::clone(&key);
        let bolt = stream.declare_bolt(name, move || {
            EventWindowBolt::reading(&windows, Arc::clone(&timestamp), Arc::clone(&by), fill.clone())
        });
        let bolt =
            if keyed { bolt.fields_by(&stream, move |tuple: &T| key(tuple)) } else { bolt.shuffle(&stream) };
        let bolt = bolt.requires_event_time();
        if !known {
            bolt.lack_timestamps(stream.name());
        }
        bolt.0.timestamped_by(|result| result.timestamp);
        bolt.1.timestamped_by(|late| late.timestamp);
        bolt
    }
}

impl<T: Tuple + ?Sized> Stream<T> {
    /// Windows by event time, over all keys: each task has windows of its own, so leave its parallelism at one
    /// for windows over all tuples. See [`Windowed`].
    pub fn window<L: Layout>(
        &self,
        name: impl Into<Arc<str>>,
        windows: impl Into<EventWindows<L>>,
    ) -> Windowed<T, (), L> {
        Windowed::unkeyed(self.clone(), name.into(), windows.into())
    }
}

/// The streams of windows by event time.
impl<B, K, A, W, T> BoltBuilder<B, (Emitter<EventWindowResult<K, A, W>>, Emitter<Late<T>>)>
where
    B: Send + 'static,
    EventWindowResult<K, A, W>: Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// What the windows give.
    pub fn results(&self) -> &Stream<EventWindowResult<K, A, W>> {
        &self.0
    }

    /// Tuples that are in no window, because they came too late or are too far in the future.
    pub fn late(&self) -> &Stream<Late<T>> {
        &self.1
    }

    /// Says that nobody reads [`late`](Self::late), and that this is meant: such tuples are acknowledged and
    /// counted, and that is all.
    #[expect(clippy::return_self_not_must_use, reason = "the bolt is part of the topology anyway")]
    pub fn ignore_late(self) -> Self {
        self.1.ignore();
        self
    }
}

impl<T: Tuple + ?Sized, K, L> Debug for Windowed<T, K, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Windowed")
            .field("name", &self.name)
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
