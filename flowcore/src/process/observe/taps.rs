use std::borrow::ToOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sampler::Sampler;
use super::tap::{Tap, TapOptions, TapSender, tap};
use crate::base::{Clock, Stopwatch};
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// The taps of a stream. Without any, a batch costs its sender one look.
pub(crate) struct Taps<T: Tuple + ?Sized> {
    any: AtomicBool,
    state: Mutex<State<T>>,
}

struct State<T: Tuple + ?Sized> {
    taps: Vec<Box<dyn Taker<T>>>,
    /// Tasks that send, and one more until all have been started.
    senders: usize,
}

/// Takes samples of what is sent.
trait Taker<T: Tuple + ?Sized>: Send {
    /// Whether it wants to see more.
    fn take(&mut self, load: &Load<T>, selected: &Selection) -> bool;
}

struct OwningTaker<O> {
    sender: TapSender<O>,
    sampler: Sampler,
    watch: Stopwatch,
}

impl<T> Taker<T> for OwningTaker<T::Owned>
where
    T: Tuple + ToOwned<Owned: Send> + ?Sized,
{
    fn take(&mut self, load: &Load<T>, selected: &Selection) -> bool {
        let at = if self.sampler.reads_time() { self.watch.elapsed() } else { std::time::Duration::ZERO };
        for position in self.sampler.pick(selected.len(), at) {
            self.sender.send(|| load.get(selected, position).map(|(_, tuple)| tuple.to_owned()));
        }
        self.sender.is_read()
    }
}

impl<T: Tuple + ?Sized> Default for Taps<T> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), state: Mutex::new(State { taps: Vec::new(), senders: 1 }) }
    }
}

impl<T: Tuple + ?Sized> Taps<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, options: TapOptions) -> Tap<T::Owned>
    where
        T: ToOwned<Owned: Send + 'static>,
    {
        let (sender, tap) = tap(options.capacity);
        let sampler = Sampler::new(options.one_in, options.per_second);
        let mut state = self.state();
        // Without senders, the tap has come to its end.
        if state.senders > 0 {
            state.taps.push(Box::new(OwningTaker { sender, sampler, watch: Clock::system().stopwatch() }));
            self.any.store(true, Ordering::Relaxed);
        }
        tap
    }

    /// Shows a batch to the taps. Whoever panics, in the tuple's `to_owned`, is taken off.
    fn show(&self, load: &Load<T>, selected: &Selection) {
        let mut state = self.state();
        state.taps.retain_mut(|tap| {
            catch_unwind(AssertUnwindSafe(|| tap.take(load, selected))).unwrap_or_else(|_| {
                tracing::warn!("a tap is taken off: copying a tuple panicked");
                false
            })
        });
        self.any.store(!state.taps.is_empty(), Ordering::Relaxed);
    }

    /// All tasks that send have been started.
    pub(crate) fn all_started(&self) {
        self.lose_sender();
    }

    fn lose_sender(&self) {
        let mut state = self.state();
        state.senders = state.senders.saturating_sub(1);
        if state.senders == 0 {
            state.taps.clear();
            self.any.store(false, Ordering::Relaxed);
        }
    }
}

/// One sending task's side of the taps of its stream.
pub(crate) struct Tapped<T: Tuple + ?Sized>(Arc<Taps<T>>);

impl<T: Tuple + ?Sized> Tapped<T> {
    pub(crate) fn new(taps: &Arc<Taps<T>>) -> Self {
        taps.state().senders += 1;
        Self(Arc::clone(taps))
    }

    #[inline]
    pub(crate) fn show(&self, load: &Load<T>, selected: &Selection) {
        if self.0.any.load(Ordering::Relaxed) {
            self.0.show(load, selected);
        }
    }
}

impl<T: Tuple + ?Sized> Drop for Tapped<T> {
    fn drop(&mut self) {
        self.0.lose_sender();
    }
}
