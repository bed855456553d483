use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use super::event_windows::Bound;
use super::rules::position;
use super::{
    Admission, Arrival, Core, EventWindowResult, EventWindows, Fill, Fired, Late, LateReason, Layout, Soon,
};
use crate::base::{Timestamp, Token};
use crate::process::observe::OpenWindows;
use crate::process::upcoming::Upcoming;
use crate::process::window::WindowSpec;
use crate::process::{Bolt, BoltError, Emitter, Outputs, Tuple};

type Read<T, R> = Arc<dyn Fn(&T) -> R + Send + Sync>;

/// Windows by event time and key. Its first stream has an [`EventWindowResult`] for each window and key, its
/// second a [`Late`] tuple for each that is in no window.
///
/// The watermark closes windows: see [`EventWindows`] for when they give results, and
/// [`Bolt::on_watermark`] for what the watermark is. The bolt needs an input with event time; its results'
/// event time is their `timestamp`, so windows can be chained. It is easiest had from a stream, by
/// [`Keyed::window`](crate::process::Keyed::window) or [`Stream::window`](crate::process::Stream::window).
///
/// **Acknowledgement:** a tuple is acknowledged when the results on time of all windows that it was in are safe,
/// each for all of its keys, not only that of the tuple; one that comes late, within the allowed lateness, when
/// the corrections are. Previews answer for nothing, unless the windows discard what they have shown. A tuple
/// that is put aside is acknowledged with what is made of it; one between two windows at once.
///
/// **Repeats:** when a result fails, its tuples are replayed. As their window has given its result, they come
/// late: they are put aside, or, within the allowed lateness, count again in a correction. A task that is made
/// anew begins with empty windows, into which the tuples of those that were open are replayed.
///
/// **Bounds:** see [`EventWindows::max_kept`] and [`EventWindows::max_entries`]. The bolt never stops reading,
/// because the watermark comes behind the tuples: one that finds no room fails and is tried again.
///
/// **End:** when the input has come to its end, the watermark has come to the end of all windows. When the
/// topology is stopped, windows that are open give what they hold, marked as cut short.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::window::{Counting, EventWindowBolt, EventWindows, WindowSpec};
/// use std::time::Duration;
///
/// struct Order { shop: u32, at: Timestamp }
///
/// let minutes = EventWindows::of(WindowSpec::tumbling(Duration::from_mins(1))?);
/// let bolt = EventWindowBolt::new(minutes, |order: &Order| order.at, |order: &Order| order.shop, Counting);
/// # Ok::<(), flowcore::process::window::WindowSpecError>(())
/// ```
pub struct EventWindowBolt<T, K, F, L = WindowSpec>
where
    T: ?Sized,
    K: Hash + Eq + Clone + Send + 'static,
    F: Fill<T>,
    L: Layout,
{
    pub(super) windows: L::Windows<K, F::Pane>,
    /// How far ahead of the clock a timestamp is believed, in milliseconds.
    pub(super) max_ahead: i64,
    pub(super) timestamp: Read<T, Timestamp>,
    pub(super) key: Read<T, K>,
    pub(super) fill: F,
    /// The next few tuples, see [`add_all`](Self::add_all).
    pub(super) few: Vec<Soon<K>>,
}

/// A tuple found no room in its windows.
#[derive(Debug, thiserror::Error)]
#[error("its windows hold as much as they may: a window has to close first")]
struct NoRoom;

pub(super) type Results<K, F, T, L> = Emitter<EventWindowResult<K, <F as Fill<T>>::Result, Bound<L>>>;
type Out<K, F, T, L> = (Results<K, F, T, L>, Emitter<Late<<T as ToOwned>::Owned>>);

impl<T, K, F, L> EventWindowBolt<T, K, F, L>
where
    T: ?Sized,
    K: Hash + Eq + Clone + Send + 'static,
    F: Fill<T>,
    L: Layout,
{
    /// Windows as `windows` says, with the tuples' `timestamp` and `key`, filled by `fill`. For windows that
    /// all keys share, take `()` as the key. Group its input by the same key.
    pub fn new(
        windows: impl Into<EventWindows<L>>,
        timestamp: impl Fn(&T) -> Timestamp + Send + Sync + 'static,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        fill: F,
    ) -> Self {
        Self::reading(&windows.into(), Arc::new(timestamp), Arc::new(key), fill)
    }

    pub(in crate::process) fn reading(
        windows: &EventWindows<L>,
        timestamp: Read<T, Timestamp>,
        key: Read<T, K>,
        fill: F,
    ) -> Self {
        let (open, max_ahead) = (windows.open(), windows.max_ahead_millis());
        Self { windows: open, max_ahead, timestamp, key, fill, few: Vec::new() }
    }
}

impl<T, K, F, L> EventWindowBolt<T, K, F, L>
where
    T: Tuple + ToOwned + ?Sized,
    T::Owned: Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fill<T>,
    L: Layout,
{
    fn put_aside(&mut self, tuple: &T, timestamp: Timestamp, reason: LateReason, out: &mut Out<K, F, T, L>) {
        let watermark = self.windows.watermark();
        out.1.emit(Late { tuple: tuple.to_owned(), timestamp, watermark, reason });
        out.1.count_late();
    }

    async fn give(&mut self, fired: Fired<K, F::Pane, Bound<L>>, out: &mut Results<K, F, T, L>) {
        let Fired { window, firing, timestamp, mut contents, tokens } = fired;
        let fill = &self.fill;
        let results = contents.drain().map(|(key, pane)| EventWindowResult {
            key,
            window,
            firing,
            contents: fill.finish(pane),
            timestamp,
        });
        out.send_all_anchored(results, Token::joint(tokens)).await;
        self.windows.give_back(contents);
    }

    async fn give_due(&mut self, now: Timestamp, out: &mut Results<K, F, T, L>) {
        while let Some(fired) = self.windows.next(now) {
            self.give(fired, out).await;
        }
    }
}

impl<T, K, F, L> Bolt<T> for EventWindowBolt<T, K, F, L>
where
    T: Tuple + ToOwned + ?Sized,
    T::Owned: Send + Sync + 'static,
    K: Hash + Eq + Clone + Debug + Send + Sync + 'static,
    F: Fill<T> + Sync,
    L: Layout,
{
    type Out = Out<K, F, T, L>;

    #[inline]
    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        let (timestamp, now) = ((self.timestamp)(tuple), out.now());
        if timestamp.as_millis().saturating_sub(self.max_ahead) > now.as_millis() {
            self.put_aside(tuple, timestamp, LateReason::TooFarAhead, out);
            return Ok(());
        }
        let arrival = Arrival { key: (self.key)(tuple), at: position(timestamp), now };
        let fill = &self.fill;
        let keep = |tokens: &mut _| out.keep_in(tokens);
        match self.windows.add(arrival, keep, |pane| fill.add(pane, tuple, timestamp)) {
            Admission::Kept | Admission::Between => {}
            Admission::Fires => self.give_due(now, &mut out.0).await,
            Admission::Late => self.put_aside(tuple, timestamp, LateReason::Late, out),
            Admission::Full => return Err(BoltError::retry(NoRoom)),
        }
        Ok(())
    }

    fn execute_plain(&mut self, tuples: &mut Upcoming<'_, T>, out: &mut Self::Out) -> u32 {
        if self.windows.finds() { self.add_all(tuples, &out.0) } else { u32::MAX }
    }

    async fn on_watermark(&mut self, watermark: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.windows.advance(watermark);
        self.give_due(out.now(), &mut out.0).await;
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.give_due(now, &mut out.0).await;
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.windows.wake_at()
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        self.windows.report(windows);
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.give_due(out.now(), &mut out.0).await;
        while let Some(fired) = self.windows.flush() {
            self.give(fired, &mut out.0).await;
        }
        Ok(())
    }
}

impl<T, K, F, L> std::fmt::Debug for EventWindowBolt<T, K, F, L>
where
    T: ?Sized,
    K: Hash + Eq + Clone + Send + 'static,
    F: Fill<T>,
    L: Layout,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventWindowBolt").finish_non_exhaustive()
    }
}
