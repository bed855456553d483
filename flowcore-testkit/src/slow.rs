use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::observe::OpenWindows;
use flowcore::process::{Bolt, BoltError, TaskContext, Tuple};

/// A bolt that takes its time with every tuple, then hands it to the bolt inside it.
#[derive(Debug)]
pub struct Slow<B> {
    inner: B,
    each: Duration,
    clock: Clock,
}

impl<B> Slow<B> {
    /// Wraps `inner`; `each` is the time for one tuple.
    pub fn new(inner: B, each: Duration) -> Self {
        Self { inner, each, clock: Clock::system() }
    }
}

impl<T: Tuple + ?Sized, B: Bolt<T>> Bolt<T> for Slow<B> {
    type Out = B::Out;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.clock = context.clock.clone();
        self.inner.prepare(context).await
    }

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        self.clock.sleep(self.each).await;
        self.inner.execute(tuple, out).await
    }

    async fn tick(&mut self, now: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.inner.tick(now, out).await
    }

    async fn on_watermark(&mut self, watermark: Timestamp, out: &mut Self::Out) -> Result<(), BoltError> {
        self.inner.on_watermark(watermark, out).await
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.inner.wake_at()
    }

    fn is_full(&self) -> bool {
        self.inner.is_full()
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        self.inner.open_windows(windows);
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.inner.cleanup(out).await
    }
}
