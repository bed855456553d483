use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::PhantomData;

use super::kept::{Kept, KeptWindows};
use super::{Aggregate, ClosedWindow, CountByKey, Window, WindowAxis, WindowSpec};
use crate::base::{Timestamp, Token};
use crate::process::observe::OpenWindows;
use crate::process::{Bolt, BoltError, Emitter, Outputs, Tuple};

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
pub struct WindowedCount<In: ?Sized, K, F = fn(&mut CountByKey<K>, &In), B = Timestamp> {
    kept: KeptWindows<CountByKey<K>, B>,
    add: F,
    input: PhantomData<fn(&In)>,
}

impl<In: ?Sized, K: Hash + Eq + Clone, B: WindowAxis> WindowedCount<In, K, fn(&mut CountByKey<K>, &In), B> {
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
    K: Hash + Eq + Clone,
    F: Fn(&mut CountByKey<K>, &In),
    B: WindowAxis,
{
    pub(crate) fn adding(spec: WindowSpec<B>, add: F) -> Self {
        Self { kept: KeptWindows::new(spec), add, input: PhantomData }
    }
}

impl<In: ?Sized, K, F> WindowedCount<In, K, F, Timestamp> {
    /// How many tuples it holds at most, over all panes. At least 1.
    #[must_use]
    pub fn max_kept(mut self, tuples: usize) -> Self {
        self.kept.max_kept = tuples.max(1);
        self
    }

    /// How many keys it holds at most; one counts once for each pane that it is in. At least 1; unlimited
    /// unless set.
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.kept.max_entries = keys.max(1);
        self
    }
}

type Out<K, B> = Emitter<WindowCount<K, B>>;

async fn emit<K, B: WindowAxis>(closed: ClosedWindow<Kept<CountByKey<K>>, B>, out: &mut Out<K, B>)
where
    WindowCount<K, B>: Send + Sync + 'static,
{
    let ClosedWindow { window, contents: Kept { aggregate, tokens, .. } } = closed;
    let token = Token::joint(tokens);
    for (key, count) in aggregate {
        out.send_anchored(WindowCount { window, key, count }, token.share()).await;
    }
    token.ack();
}

impl<In, K, F, B> Bolt<In> for WindowedCount<In, K, F, B>
where
    In: Tuple + ?Sized,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fn(&mut CountByKey<K>, &In) + Send + 'static,
    B: WindowAxis,
{
    type Out = Out<K, B>;

    #[inline]
    async fn execute(&mut self, tuple: &In, out: &mut Self::Out) -> Result<(), BoltError> {
        let now = out.now();
        self.kept.add(now, |tokens| out.keep_in(tokens), |counts| (self.add)(counts, tuple));
        if self.kept.is_due(now) {
            return self.tick(now, out).await;
        }
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        while let Some(closed) = self.kept.close(now) {
            emit(closed, out).await;
        }
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.kept.next_close()
    }

    fn is_full(&self) -> bool {
        self.kept.is_full()
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        self.kept.open_windows(windows);
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        // What has ended since the last batch is not cut short.
        self.tick(out.now(), out).await?;
        while let Some(closed) = self.kept.flush() {
            emit(closed, out).await;
        }
        Ok(())
    }
}

impl<In: ?Sized, K, F, B: WindowAxis> std::fmt::Debug for WindowedCount<In, K, F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WindowedCount").finish_non_exhaustive()
    }
}
