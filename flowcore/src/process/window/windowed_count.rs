use std::borrow::Borrow;
use std::hash::Hash;

use super::bolt::sealed::Give;
use super::{Aggregate, CountByKey, Window, WindowAxis, WindowBolt, WindowSpec};
use crate::base::Timestamp;

/// How many tuples of one key a window held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowCount<K, B = Timestamp> {
    /// Which window.
    pub window: Window<B>,
    /// Which key.
    pub key: K,
    /// How many tuples.
    pub count: u64,
}

/// Counts tuples by key in each window, incrementally, and emits one [`WindowCount`] for each key when the
/// window closes. Group its input by the same key, or each task gives a count of its own.
///
/// For all counts of a window in one tuple, take a [`WindowBolt`](super::WindowBolt) of [`CountByKey`]. Closing,
/// acknowledgement and bounds are those of [`WindowBolt`](super::WindowBolt): a tuple is acknowledged when
/// all counts of its windows are safe, not only that of its own key.
///
/// ```
/// use flowcore::process::window::{WindowSpec, WindowedCount};
/// use std::time::Duration;
///
/// struct Order { branch: String, cups: u32 }
///
/// let buckets = WindowSpec::tumbling(Duration::from_secs(30))?;
/// let words = WindowedCount::<str, String>::of(buckets).max_keys(100_000);
/// let branches = WindowedCount::by_ref(buckets, |order: &Order| order.branch.as_str());
/// let sizes = WindowedCount::by(buckets, |order: &Order| order.cups);
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
pub type WindowedCount<In, K, F = fn(&mut CountByKey<K>, &In), B = Timestamp> =
    WindowBolt<In, CountByKey<K>, F, B, EachKey>;

/// A closed window becomes one [`WindowCount`] for each key.
#[derive(Debug, Clone, Copy)]
pub struct EachKey;

impl<K, B> Give<CountByKey<K>, B> for EachKey
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    B: WindowAxis,
{
    type Result = WindowCount<K, B>;

    fn give(window: Window<B>, counts: CountByKey<K>) -> impl Iterator<Item = WindowCount<K, B>> + Send {
        counts.into_iter().map(move |(key, count)| WindowCount { window, key, count })
    }
}

impl<In, K, B> WindowedCount<In, K, fn(&mut CountByKey<K>, &In), B>
where
    In: ?Sized,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    B: WindowAxis,
{
    /// The tuple itself is the key.
    pub fn of(spec: WindowSpec<B>) -> Self
    where
        In: Hash + Eq + ToOwned<Owned = K>,
        K: Borrow<In>,
    {
        Self::adding(spec, CountByKey::add)
    }

    /// `key` makes the key of a tuple: for numbers and other small keys.
    pub fn by(
        spec: WindowSpec<B>,
        key: impl Fn(&In) -> K,
    ) -> WindowedCount<In, K, impl Fn(&mut CountByKey<K>, &In), B> {
        WindowedCount::adding(spec, move |counts: &mut CountByKey<K>, tuple: &In| {
            counts.add_owned(key(tuple));
        })
    }

    /// `key` borrows the key from the tuple: it is copied once for each pane, not for each tuple.
    pub fn by_ref<Q>(
        spec: WindowSpec<B>,
        key: impl Fn(&In) -> &Q,
    ) -> WindowedCount<In, K, impl Fn(&mut CountByKey<K>, &In), B>
    where
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        K: Borrow<Q>,
    {
        WindowedCount::adding(spec, move |counts: &mut CountByKey<K>, tuple: &In| counts.add(key(tuple)))
    }
}

impl<In, K, F, B> WindowedCount<In, K, F, B>
where
    In: ?Sized,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fn(&mut CountByKey<K>, &In),
    B: WindowAxis,
{
    pub(crate) fn adding(spec: WindowSpec<B>, add: F) -> Self {
        Self::giving(spec, add)
    }
}

impl<In: ?Sized, K, F> WindowedCount<In, K, F, Timestamp> {
    /// How many keys it holds at most; one counts once for each pane that it is in. At least 1; unlimited
    /// unless set.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        self.with_entries(keys)
    }
}
