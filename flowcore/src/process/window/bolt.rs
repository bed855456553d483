use std::marker::PhantomData;

use super::kept::{Kept, KeptWindows};
use super::{Aggregate, ClosedWindow, Pane, Window, WindowAxis, WindowSpec};
use crate::base::{Timestamp, Token};
use crate::process::observe::OpenWindows;
use crate::process::{Bolt, BoltError, Emitter, Outputs, Tuple};

/// What a window held, as one tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowResult<A, B = Timestamp> {
    /// Which window.
    pub window: Window<B>,
    /// All of it.
    pub contents: A,
}

/// Aggregates the tuples of each window and emits one [`WindowResult`] when it closes. Each task has windows
/// of its own.
///
/// A time window closes by a timer, though nothing may arrive; a count window with its last tuple; when the
/// input ends, all close, marked as cut short. Windows without tuples are not emitted.
///
/// **Acknowledgement:** a tuple is acknowledged when the results of all windows that it was in are safe; a
/// tuple between two windows at once. When a result fails, its tuples are replayed and fall into the windows
/// open then: a sliding window that still held them counts them again.
///
/// **Bounds:** time windows take no more input while they hold [`max_kept`](Self::max_kept) tuples (a million
/// unless set) or [`max_entries`](Self::max_entries) entries, until one closes. They can exceed them by one
/// batch. Count windows are bounded by their size. Under a clock that stands still no time window closes
/// before the end of the input: there, `max_kept` has to be larger than the input.
///
/// ```
/// use flowcore::process::window::{Count, CountByKey, WindowBolt, WindowSpec};
/// use std::time::Duration;
///
/// let minutes = WindowSpec::tumbling(Duration::from_secs(60))?;
/// let lines = WindowBolt::<str, Count>::aggregate(minutes);
/// let lengths = WindowBolt::new(minutes, |counts: &mut CountByKey<usize>, line: &str| {
///     counts.add_owned(line.len());
/// });
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
pub struct WindowBolt<In: ?Sized, A, F = fn(&mut A, &In), B = Timestamp, G = Whole> {
    kept: KeptWindows<A, B>,
    add: F,
    input: PhantomData<fn(&In) -> G>,
}

/// What tuples a closed window becomes. It cannot be implemented elsewhere.
pub trait Give<A, B>: sealed::Give<A, B> + Send + 'static {}

impl<A, B, G: sealed::Give<A, B> + Send + 'static> Give<A, B> for G {}

/// A closed window becomes one [`WindowResult`].
#[derive(Debug, Clone, Copy)]
pub struct Whole;

pub(super) mod sealed {
    use super::Window;

    pub trait Give<A, B> {
        type Result: Send + Sync + 'static;
        fn give(window: Window<B>, contents: A) -> impl Iterator<Item = Self::Result> + Send;
    }
}

impl<A, B> sealed::Give<A, B> for Whole
where
    WindowResult<A, B>: Send + Sync + 'static,
{
    type Result = WindowResult<A, B>;

    fn give(window: Window<B>, contents: A) -> impl Iterator<Item = WindowResult<A, B>> + Send {
        std::iter::once(WindowResult { window, contents })
    }
}

impl<In: ?Sized, A: Pane, F: Fn(&mut A, &In), B: WindowAxis> WindowBolt<In, A, F, B> {
    /// Windows as `spec` says, filled by `add`.
    pub fn new(spec: WindowSpec<B>, add: F) -> Self {
        Self::giving(spec, add)
    }
}

impl<In: ?Sized, A: Aggregate<In>, B: WindowAxis> WindowBolt<In, A, fn(&mut A, &In), B> {
    /// Windows as `spec` says, filled as the aggregate itself does it.
    pub fn aggregate(spec: WindowSpec<B>) -> Self {
        Self::new(spec, A::add)
    }
}

impl<In: ?Sized, A, F> WindowBolt<In, A, F, Timestamp> {
    /// How many entries (see [`Pane::entries`]) it holds at most, over all panes. At least 1; unlimited
    /// unless set.
    #[must_use]
    pub fn max_entries(self, entries: usize) -> Self {
        self.with_entries(entries)
    }
}

impl<In: ?Sized, A, F, G> WindowBolt<In, A, F, Timestamp, G> {
    /// How many tuples it holds at most, over all panes. At least 1.
    #[must_use]
    pub fn max_kept(mut self, tuples: usize) -> Self {
        self.kept.max_kept = tuples.max(1);
        self
    }

    pub(super) fn with_entries(mut self, entries: usize) -> Self {
        self.kept.max_entries = entries.max(1);
        self
    }
}

impl<In: ?Sized, A: Pane, F, B: WindowAxis, G> WindowBolt<In, A, F, B, G> {
    pub(super) fn giving(spec: WindowSpec<B>, add: F) -> Self {
        Self { kept: KeptWindows::new(spec), add, input: PhantomData }
    }
}

impl<In: ?Sized, A, F, B, G: Give<A, B>> WindowBolt<In, A, F, B, G> {
    async fn emit(closed: ClosedWindow<Kept<A>, B>, out: &mut Emitter<G::Result>) {
        let ClosedWindow { window, contents: Kept { aggregate, tokens, .. } } = closed;
        out.send_all_anchored(G::give(window, aggregate), Token::joint(tokens)).await;
    }
}

impl<In, A, F, B, G> Bolt<In> for WindowBolt<In, A, F, B, G>
where
    In: Tuple + ?Sized,
    A: Pane + Send + Sync + 'static,
    F: Fn(&mut A, &In) + Send + 'static,
    B: WindowAxis,
    G: Give<A, B>,
{
    type Out = Emitter<G::Result>;

    #[inline]
    async fn execute(&mut self, tuple: &In, out: &mut Self::Out) -> Result<(), BoltError> {
        let now = out.now();
        self.kept.add(now, |tokens| out.keep_in(tokens), |aggregate| (self.add)(aggregate, tuple));
        if self.kept.is_due(now) {
            return self.tick(now, out).await;
        }
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        while let Some(closed) = self.kept.close(now) {
            Self::emit(closed, out).await;
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
            Self::emit(closed, out).await;
        }
        Ok(())
    }
}

impl<In: ?Sized, A, F, B: WindowAxis, G> std::fmt::Debug for WindowBolt<In, A, F, B, G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WindowBolt").finish_non_exhaustive()
    }
}
