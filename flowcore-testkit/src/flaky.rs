use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flowcore::base::Timestamp;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use flowcore::process::observe::OpenWindows;
use flowcore::process::{Bolt, BoltError, TaskContext, Tuple};

use crate::Random;

/// Which calls fail, and how. Clones share one count of calls, so that a component that is made anew goes on
/// in the plan.
#[derive(Debug, Clone)]
pub struct Plan(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    random: Random,
    errors: u64,
    panics: u64,
    left: u64,
}

enum Fate {
    Work,
    Fail,
    Panic,
}

impl Plan {
    /// Of a hundred calls `errors` return an error and `panics` panic, by chance from `seed`.
    pub fn percent(seed: u64, errors: u64, panics: u64) -> Self {
        Self(Arc::new(Mutex::new(State { random: Random::new(seed), errors, panics, left: u64::MAX })))
    }

    /// The first `calls` return an error.
    pub fn fail_first(calls: u64) -> Self {
        Self(Arc::new(Mutex::new(State { random: Random::new(0), errors: 100, panics: 0, left: calls })))
    }

    /// The first `calls` panic.
    pub fn panic_first(calls: u64) -> Self {
        Self(Arc::new(Mutex::new(State { random: Random::new(0), errors: 0, panics: 100, left: calls })))
    }

    fn next(&self) -> Fate {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.left == 0 {
            return Fate::Work;
        }
        let roll = state.random.below(100);
        let fate = match roll {
            _ if roll < state.errors => Fate::Fail,
            _ if roll < state.errors + state.panics => Fate::Panic,
            _ => return Fate::Work,
        };
        state.left -= 1;
        fate
    }
}

/// A bolt that fails by plan, before the bolt inside it sees the tuple.
#[derive(Debug)]
pub struct Flaky<B> {
    inner: B,
    plan: Plan,
}

impl<B> Flaky<B> {
    /// Wraps `inner`.
    pub fn new(inner: B, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

impl<T: Tuple + ?Sized, B: Bolt<T>> Bolt<T> for Flaky<B> {
    type Out = B::Out;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.inner.prepare(context).await
    }

    #[expect(clippy::panic, reason = "the plan asks for it")]
    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        match self.plan.next() {
            Fate::Work => self.inner.execute(tuple, out).await,
            Fate::Fail => Err(BoltError::retry("failed by plan")),
            Fate::Panic => panic!("panicked by plan"),
        }
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

/// A sink that fails by plan, before the sink inside it sees the events.
#[derive(Debug)]
pub struct FlakySink<S> {
    inner: S,
    plan: Plan,
}

impl<S> FlakySink<S> {
    /// Wraps `inner`.
    pub fn new(inner: S, plan: Plan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl<T: Send + Sync + 'static, S: Sink<T>> Sink<T> for FlakySink<S> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.inner.start(context).await
    }

    #[expect(clippy::panic, reason = "the plan asks for it")]
    async fn deliver(&mut self, events: &[T]) -> Result<(), SinkError> {
        match self.plan.next() {
            Fate::Work => self.inner.deliver(events).await,
            Fate::Fail => Err(SinkError::retry("failed by plan")),
            Fate::Panic => panic!("panicked by plan"),
        }
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.inner.stop().await
    }
}
