use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

/// Which tuples a [`Tap`] takes, and how many may wait to be read.
///
/// ```
/// use flowcore::process::observe::TapOptions;
/// let some = TapOptions::default().one_in(1000).per_second(20).capacity(100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapOptions {
    pub(super) capacity: usize,
    pub(super) one_in: u64,
    pub(super) per_second: Option<u64>,
}

impl Default for TapOptions {
    /// Every tuple; 1,024 may wait.
    fn default() -> Self {
        Self { capacity: 1024, one_in: 1, per_second: None }
    }
}

impl TapOptions {
    /// How many tuples may wait to be read; at least 1. What comes while as many wait is dropped and counted.
    #[must_use]
    pub fn capacity(mut self, tuples: usize) -> Self {
        self.capacity = tuples.clamp(1, 1 << 20);
        self
    }

    /// Takes the first tuple and then one in so many.
    #[must_use]
    pub fn one_in(mut self, tuples: u64) -> Self {
        self.one_in = tuples.max(1);
        self
    }

    /// Takes no more than so many in a second: the first ones of each.
    #[must_use]
    pub fn per_second(mut self, tuples: u64) -> Self {
        self.per_second = Some(tuples);
        self
    }
}

/// Owned samples of the tuples of a stream, as a [`futures::Stream`](Stream): see
/// [`Stream::tap`](crate::process::Stream::tap). It ends when the topology has ended; dropping it takes the tap
/// off.
#[derive(Debug)]
#[must_use = "a tap that is dropped is taken off"]
pub struct Tap<T> {
    samples: mpsc::Receiver<T>,
    dropped: Arc<AtomicU64>,
}

/// Where samples go in.
#[derive(Debug)]
pub(super) struct TapSender<T> {
    samples: mpsc::Sender<T>,
    dropped: Arc<AtomicU64>,
}

pub(super) fn tap<T>(capacity: usize) -> (TapSender<T>, Tap<T>) {
    let (sender, samples) = mpsc::channel(capacity);
    let dropped = Arc::new(AtomicU64::new(0));
    (TapSender { samples: sender, dropped: Arc::clone(&dropped) }, Tap { samples, dropped })
}

impl<T> TapSender<T> {
    pub(super) fn is_read(&self) -> bool {
        !self.samples.is_closed()
    }

    /// Makes a sample if there is room for it.
    pub(super) fn send(&self, sample: impl FnOnce() -> Option<T>) {
        let Ok(room) = self.samples.try_reserve() else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if let Some(sample) = sample() {
            room.send(sample);
        }
    }
}

impl<T> Tap<T> {
    /// How many samples were dropped so far, because as many as may wait did.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl<T> Stream for Tap<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.samples.poll_recv(cx)
    }
}
