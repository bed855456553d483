use std::hash::Hash;
use std::mem::needs_drop;
use std::sync::Arc;

use super::{BoltBuilder, Stream, Windowed};
use crate::base::Timestamp;
use crate::process::window::{CountByKey, EventWindows, Layout, WindowCount, WindowSpec, WindowedCount};
use crate::process::{Bolt, BoltError, Emitter, KeyTable, Tuple};

pub(super) type Key<T, K> = Arc<dyn Fn(&T) -> K + Send + Sync>;
type First<T, A> = Arc<dyn Fn(&T) -> A + Send + Sync>;
type Add<T, A> = Arc<dyn Fn(&mut A, &T) + Send + Sync>;

/// A stream by the key of its tuples, from [`Stream::key_by`]. All tuples of a key go to one task.
///
/// What is counted and folded is kept in memory: a task that is made anew starts again, and a tuple that is
/// replayed counts again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowcore::process::TopologyBuilder;
/// use flowcore::process::futures::{StreamSpout, reader};
/// use futures_util::{StreamExt, stream};
///
/// let mut topology = TopologyBuilder::new("counts");
/// let words = topology.spout("words", || StreamSpout::new(stream::iter(["a", "b", "a"])));
/// let counts = words.key_by(|word| *word).count("count").parallelism(2);
/// let (read, seen) = reader(16);
/// counts.bolt("read", move || read.clone());
/// let (report, mut seen) = tokio::join!(topology.build()?.run(), seen.collect::<Vec<_>>());
/// seen.sort_unstable();
/// assert_eq!(seen, [("a", 1), ("a", 2), ("b", 1)]);
/// # report?;
/// # Ok(()) }
/// ```
pub struct Keyed<T: Tuple + ?Sized, K> {
    stream: Stream<T>,
    key: Key<T, K>,
    max_keys: usize,
}

/// Keys that a task holds unless told otherwise.
const MAX_KEYS: usize = 1_000_000;

impl<T: Tuple + ?Sized, K> Keyed<T, K> {
    pub(super) fn new(stream: Stream<T>, key: Key<T, K>) -> Self {
        Self { stream, key, max_keys: MAX_KEYS }
    }

    /// How many keys a task holds at most; a million unless set. A tuple with one more is given up as a dead
    /// letter; windows wait instead until one closes.
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys.max(1);
        self
    }
}

impl<T, K> Keyed<T, K>
where
    T: Tuple + ?Sized,
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    /// How many tuples each key has had, emitted with every tuple.
    pub fn count(self, name: impl Into<Arc<str>>) -> BoltBuilder<KeyedFold<T, K, u64>, Emitter<(K, u64)>> {
        self.fold(name, || 0, |count, _| *count += 1)
    }

    /// What `add` makes of all tuples of a key, from what `init` gives on; emitted with every tuple.
    pub fn fold<A: Clone + Send + Sync + 'static>(
        self,
        name: impl Into<Arc<str>>,
        init: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&mut A, &T) + Send + Sync + 'static,
    ) -> BoltBuilder<KeyedFold<T, K, A>, Emitter<(K, A)>> {
        let add = Arc::new(add);
        let first = {
            let add = Arc::clone(&add);
            move |tuple: &T| {
                let mut state = init();
                add(&mut state, tuple);
                state
            }
        };
        self.states(name, Arc::new(first), add)
    }

    fn states<A: Clone + Send + Sync + 'static>(
        self,
        name: impl Into<Arc<str>>,
        first: First<T, A>,
        add: Add<T, A>,
    ) -> BoltBuilder<KeyedFold<T, K, A>, Emitter<(K, A)>> {
        let Self { stream, key, max_keys } = self;
        let empty = KeyedFold { key: Arc::clone(&key), first, add, states: KeyTable::default(), max_keys };
        grouped(&stream, name, key, move || empty.another())
    }

    /// What `join` makes of all tuples of a key, two at a time; emitted with every tuple.
    pub fn reduce(
        self,
        name: impl Into<Arc<str>>,
        join: impl Fn(&T, &T) -> T + Send + Sync + 'static,
    ) -> BoltBuilder<KeyedFold<T, K, T>, Emitter<(K, T)>>
    where
        T: Clone + Sized,
    {
        let add = move |sum: &mut T, tuple: &T| *sum = join(sum, tuple);
        self.states(name, Arc::new(T::clone), Arc::new(add))
    }

    /// Windows by event time, for each key: say what they make of their tuples with one of the methods of
    /// [`Windowed`]. `windows` is a [`WindowSpec`], a [`SessionSpec`](crate::process::window::SessionSpec), or an
    /// [`EventWindows`] that says more.
    pub fn window<L: Layout>(
        self,
        name: impl Into<Arc<str>>,
        windows: impl Into<EventWindows<L>>,
    ) -> Windowed<T, K, L> {
        let windows = windows.into();
        let windows = if self.max_keys == MAX_KEYS { windows } else { windows.max_entries(self.max_keys) };
        Windowed::by_key(self.stream, self.key, name.into(), windows)
    }

    /// How many tuples each key has had in each window of processing time: the window that is open, by the
    /// topology's clock, when a tuple is processed. Emitted when a window closes.
    #[expect(clippy::type_complexity, reason = "it is what the bolt is made of")]
    pub fn processing_time_window(
        self,
        name: impl Into<Arc<str>>,
        spec: WindowSpec,
    ) -> BoltBuilder<
        WindowedCount<T, K, impl Fn(&mut CountByKey<K>, &T) + Send + 'static>,
        Emitter<WindowCount<K, Timestamp>>,
    > {
        let Self { stream, key, max_keys } = self;
        let by = Arc::clone(&key);
        grouped(&stream, name, key, move || {
            let key = Arc::clone(&by);
            WindowedCount::adding(spec, move |counts: &mut CountByKey<K>, tuple: &T| {
                counts.add_owned(key(tuple));
            })
            .max_keys(max_keys)
        })
    }
}

/// Adds a bolt that reads the stream by its key.
fn grouped<T: Tuple + ?Sized, K: Hash + 'static, B: Bolt<T>>(
    stream: &Stream<T>,
    name: impl Into<Arc<str>>,
    key: Key<T, K>,
    factory: impl Fn() -> B + Send + Sync + 'static,
) -> BoltBuilder<B, B::Out> {
    stream.declare_bolt(name, factory).fields_by(stream, move |tuple: &T| key(tuple))
}

impl<T: Tuple + ?Sized, K> std::fmt::Debug for Keyed<T, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// Keeps a state for each key. See [`Keyed::fold`].
pub struct KeyedFold<T: Tuple + ?Sized, K, A> {
    key: Key<T, K>,
    first: First<T, A>,
    add: Add<T, A>,
    states: KeyTable<K, A>,
    max_keys: usize,
}

impl<T: Tuple + ?Sized, K, A> KeyedFold<T, K, A> {
    fn another(&self) -> Self {
        Self {
            key: Arc::clone(&self.key),
            first: Arc::clone(&self.first),
            add: Arc::clone(&self.add),
            states: KeyTable::default(),
            max_keys: self.max_keys,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it has a new key, and {0} are held already")]
struct TooManyKeys(usize);

impl<T, K, A> Bolt<T> for KeyedFold<T, K, A>
where
    T: Tuple + ?Sized,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    type Out = Emitter<(K, A)>;

    /// A key is made once more for it: not one that owns memory, which would cost more than it saves.
    #[inline]
    fn look_ahead(&self, tuple: &T) -> bool {
        !needs_drop::<K>() && self.states.is_large() && self.states.look_ahead(&(self.key)(tuple))
    }

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        let key = (self.key)(tuple);
        let state = if let Some(state) = self.states.get_mut(&key) {
            (self.add)(state, tuple);
            state.clone()
        } else if self.states.len() < self.max_keys {
            let first = || (self.first)(tuple);
            self.states.get_or_insert_with(key.clone(), first).clone()
        } else {
            return Err(BoltError::reject(TooManyKeys(self.max_keys)));
        };
        out.emit((key, state));
        Ok(())
    }
}

impl<T: Tuple + ?Sized, K, A> std::fmt::Debug for KeyedFold<T, K, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedFold").field("keys", &self.states.len()).finish_non_exhaustive()
    }
}
