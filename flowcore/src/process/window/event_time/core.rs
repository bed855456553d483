use super::{Contents, Fired};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::OpenWindows;
use crate::process::window::WindowAxis;

/// A tuple as windows see it.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<K> {
    pub(in crate::process::window) key: K,
    /// Its event time, see [`position`](super::rules::position).
    pub(in crate::process::window) at: i64,
    /// What the clock shows.
    pub(in crate::process::window) now: Timestamp,
}

/// A tuple that comes soon.
#[derive(Debug)]
pub struct Soon<K> {
    pub(super) key: K,
    pub(super) timestamp: Timestamp,
    /// The tuple of its root batch that it came from.
    pub(super) root: u32,
    /// Where it belongs, or [`NOWHERE`].
    pub(super) stretch: u32,
    /// Of its key, for that stretch.
    pub(super) hash: u64,
    /// Perhaps of its key's entry there.
    pub(super) guess: u32,
}

/// It was not found.
pub(super) const NOWHERE: u32 = u32::MAX;

/// What became of a tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is in its windows, and its token is kept.
    Kept,
    /// The same, and a window has something to show because of it.
    Fires,
    /// It lies between two windows: nothing was kept.
    Between,
    /// Every window that it belongs to is over: nothing was kept.
    Late,
    /// There is no room: nothing was kept.
    Full,
}

/// The open windows of one task, by event time and key: pure, told the watermark and the time.
///
/// Drive it like this: `add` tuples; when `add` says that something fires, `advance` was called, or `wake_at`
/// has come, call `next` until it gives nothing.
pub trait Core<K, A>: Send + 'static {
    /// What bounds its windows.
    type Bound: WindowAxis;

    /// Lets `add` put the tuple into its windows, and `keep` keep its token. At most once each, and both or
    /// neither.
    fn add(
        &mut self,
        arrival: Arrival<K>,
        keep: impl FnOnce(&mut TokenSet),
        add: impl FnOnce(&mut A),
    ) -> Admission;

    /// Whether it looks for tuples before they are added.
    fn finds(&self) -> bool {
        false
    }

    /// Looks where tuples belong that come soon: each with its timestamp and the tuple of its root batch that it came
    /// from. Those after `until`, in milliseconds, are left to [`add`](Self::add). What is found holds until something
    /// else is called than [`add_few`](Self::add_few) and [`keep_few`](Self::keep_few).
    fn find_few(
        &mut self,
        _few: &mut Vec<Soon<K>>,
        _soon: impl Iterator<Item = (K, Timestamp, u32)>,
        _until: i64,
    ) {
    }

    /// Adds tuples that were looked for, up to the first one that needs [`add`](Self::add): `each` puts the next one
    /// into its pane. Those that it has put are [kept](Self::keep_few) next.
    fn add_few(&mut self, _few: &[Soon<K>], _each: impl FnMut(&mut A, Timestamp)) {}

    /// These were added: lets `keep` keep their tokens. It is called with the set for some tuples, and which they are
    /// in their root batch: one of 64, and a bit for each of these.
    fn keep_few(&mut self, _few: &[Soon<K>], _keep: impl FnMut(&mut TokenSet, u32, u64)) {}

    /// The watermark has come to here. It never goes back.
    fn advance(&mut self, watermark: Timestamp);

    /// The next window that has something to give.
    fn next(&mut self, now: Timestamp) -> Option<Fired<K, A, Self::Bound>>;

    /// At the end of the input, when `next` gives nothing any more: the next window that is still open, marked
    /// as cut short.
    fn flush(&mut self) -> Option<Fired<K, A, Self::Bound>>;

    /// Takes back the room of what was given.
    fn give_back(&mut self, _contents: Contents<K, A>) {}

    /// When `next` has something to give though no watermark comes.
    fn wake_at(&self) -> Option<Timestamp>;

    /// Reports the windows that hold something.
    fn report(&self, windows: &mut OpenWindows)
    where
        K: std::fmt::Debug;

    /// How far time has come.
    fn watermark(&self) -> Option<Timestamp>;
}
