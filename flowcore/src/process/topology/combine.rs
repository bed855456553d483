use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use crate::base::{Timestamp, Token, TokenSet};
use crate::process::{Bolt, BoltError, Emitter, Outputs};

/// See [`combine`].
pub struct Combine<T, K, Key, Merge> {
    within: Duration,
    key: Key,
    merge: Merge,
    open: HashMap<K, Open<T>>,
    /// When each open result is due, in the order in which they were opened.
    due: VecDeque<(Timestamp, K)>,
    most: usize,
}

/// A result that may not be complete.
struct Open<T> {
    result: T,
    /// The partial results that it was made of.
    tokens: TokenSet,
}

/// A bolt that puts partial results together: the second stage behind
/// [`partial_key`](crate::process::BoltBuilder::partial_key). Partial results with the same key become one,
/// by `merge`, and that is emitted `within` after the first of them has come, or when the input ends.
///
/// Read the partial results with [`fields`](crate::process::BoltBuilder::fields) by the same key. The key says
/// which belong together: for counts of a window, the window and what was counted.
///
/// - **Acknowledgement**: a partial result is acknowledged when the result that it went into is safe.
/// - **A partial result that comes later** than `within` is a result of its own. So whoever reads adds results up,
///   and does not overwrite one with another; then each partial result counts once, however late it is.
///   Failures are replayed as everywhere, so results can repeat.
/// - **Bounds**: with as many open results as [`max_keys`](Combine::max_keys) (100,000 unless set), the task takes
///   no more input until some are due. It may be more by those of one batch.
///
/// ```
/// use flowcore::process::window::{WindowCount, WindowSpec, WindowedCount};
/// use flowcore::process::{TopologyBuilder, combine};
/// use flowcore_testkit::{Recorder, ScriptedSpout};
/// use std::collections::BTreeMap;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let orders = ["latte"; 90].into_iter().chain(["mocha"; 3]).map(str::to_owned);
/// let script = ScriptedSpout::new().emit(orders);
/// let hour = WindowSpec::tumbling(Duration::from_secs(3_600))?;
/// let seen = Recorder::new();
/// let record = seen.clone();
///
/// let mut topology = TopologyBuilder::new("sales");
/// let orders = topology.spout("orders", script.factory());
/// // Almost all orders are for a latte: two tasks count them.
/// let partial = topology
///     .bolt("count", move || WindowedCount::<String, String>::of(hour))
///     .partial_key(&orders, |drink| drink)
///     .parallelism(4);
/// let counts = topology
///     .bolt("add up", || {
///         combine(
///             Duration::from_secs(1),
///             |part: &WindowCount<String>| (part.window, part.key.clone()),
///             |sum, part| sum.count += part.count,
///         )
///     })
///     .fields_by(&partial, |part| (part.window, part.key.clone()))
///     .parallelism(2);
/// topology.bolt("record", move || record.bolt()).global(&counts);
/// topology.build()?.run().await?;
///
/// let mut sold = BTreeMap::new();
/// for sum in seen.items() {
///     *sold.entry(sum.key).or_insert(0) += sum.count;
/// }
/// assert_eq!(sold, BTreeMap::from([("latte".to_owned(), 90), ("mocha".to_owned(), 3)]));
/// # Ok(()) }
/// ```
pub fn combine<T, K, Key, Merge>(within: Duration, key: Key, merge: Merge) -> Combine<T, K, Key, Merge>
where
    Key: Fn(&T) -> K,
    Merge: FnMut(&mut T, &T),
{
    Combine { within, key, merge, open: HashMap::new(), due: VecDeque::new(), most: 100_000 }
}

impl<T, K, Key, Merge> Combine<T, K, Key, Merge> {
    /// How many results may be open. At least 1.
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.most = keys.max(1);
        self
    }
}

impl<T, K, Key, Merge> Combine<T, K, Key, Merge>
where
    T: Clone + Send + Sync + 'static,
    K: Hash + Eq + Clone,
    Key: Fn(&T) -> K,
    Merge: FnMut(&mut T, &T),
{
    fn add(&mut self, part: &T, out: &mut Emitter<T>) {
        let key = (self.key)(part);
        if let Some(open) = self.open.get_mut(&key) {
            (self.merge)(&mut open.result, part);
            out.keep_in(&mut open.tokens);
            return;
        }
        let mut open = Open { result: part.clone(), tokens: TokenSet::default() };
        out.keep_in(&mut open.tokens);
        self.due.push_back((out.now() + self.within, key.clone()));
        self.open.insert(key, open);
    }

    async fn emit_first(&mut self, out: &mut Emitter<T>) {
        let open = self.due.pop_front().and_then(|(_, key)| self.open.remove(&key));
        if let Some(Open { result, tokens }) = open {
            out.send_anchored(result, Token::joint(tokens)).await;
        }
    }
}

impl<T, K, Key, Merge> Bolt<T> for Combine<T, K, Key, Merge>
where
    T: Clone + Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + 'static,
    Key: Fn(&T) -> K + Send + 'static,
    Merge: FnMut(&mut T, &T) + Send + 'static,
{
    type Out = Emitter<T>;

    async fn execute(&mut self, part: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        self.add(part, out);
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        while self.due.front().is_some_and(|(due, _)| *due <= now) {
            self.emit_first(out).await;
        }
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.due.front().map(|(due, _)| *due)
    }

    fn is_full(&self) -> bool {
        self.open.len() >= self.most
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        while !self.due.is_empty() {
            self.emit_first(out).await;
        }
        Ok(())
    }
}

impl<T, K, Key, Merge> std::fmt::Debug for Combine<T, K, Key, Merge> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Combine").field("open", &self.open.len()).finish_non_exhaustive()
    }
}
