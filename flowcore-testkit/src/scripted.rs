use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowcore::base::{Clock, Token};
use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TaskContext};
use tokio::sync::Notify;

/// A spout that emits what it was told to, and remembers what became of it.
///
/// All tasks and all lives of the spout share one script: what one has emitted, the next does not emit.
/// A tuple counts as acknowledged when it was settled, as failed when its token was dropped.
#[derive(Debug)]
pub struct ScriptedSpout<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    steps: VecDeque<Step<T>>,
    stay_open: bool,
    released: Arc<Notify>,
    acked: Vec<T>,
    failed: Vec<T>,
    opened: usize,
    closed: usize,
}

#[derive(Debug)]
enum Step<T> {
    Emit(Vec<T>),
    Wait(Duration),
    Hold,
    Fail(String),
    Panic(String),
}

impl<T: Clone + Send + Sync + 'static> ScriptedSpout<T> {
    /// An empty script: it ends at once.
    pub fn new() -> Self {
        let (steps, acked, failed) = (VecDeque::new(), Vec::new(), Vec::new());
        let released = Arc::default();
        let state = State { steps, stay_open: false, released, acked, failed, opened: 0, closed: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn then(self, step: Step<T>) -> Self {
        self.lock().steps.push_back(step);
        self
    }

    /// Then it emits these, in one call of `next`.
    #[must_use]
    pub fn emit(self, tuples: impl IntoIterator<Item = T>) -> Self {
        self.then(Step::Emit(tuples.into_iter().collect()))
    }

    /// Then it waits.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.then(Step::Wait(time))
    }

    /// Then it waits until the test calls [`release`](Self::release).
    #[must_use]
    pub fn hold(self) -> Self {
        self.then(Step::Hold)
    }

    /// Lets it go on where it is held, now or when it comes there.
    pub fn release(&self) {
        self.lock().released.notify_one();
    }

    /// Then `next` returns an error.
    #[must_use]
    pub fn fail(self, why: &str) -> Self {
        self.then(Step::Fail(why.to_owned()))
    }

    /// Then `next` panics.
    #[must_use]
    pub fn panic(self, why: &str) -> Self {
        self.then(Step::Panic(why.to_owned()))
    }

    /// At the end of its script it waits instead of ending: the topology runs until it is stopped.
    #[must_use]
    pub fn stay_open(self) -> Self {
        self.lock().stay_open = true;
        self
    }

    /// For [`TopologyBuilder::spout`](flowcore::process::TopologyBuilder::spout).
    pub fn factory(&self) -> impl Fn() -> Script<T> + Send + Sync + 'static {
        let state = Arc::clone(&self.0);
        move || Script { spout: Self(Arc::clone(&state)), clock: Clock::system() }
    }

    /// Tuples that were settled, in that order.
    pub fn acked(&self) -> Vec<T> {
        self.lock().acked.clone()
    }

    /// Tuples that were left when the topology ended.
    pub fn failed(&self) -> Vec<T> {
        self.lock().failed.clone()
    }

    /// How often `open` and `close` were called.
    pub fn lives(&self) -> (usize, usize) {
        let state = self.lock();
        (state.opened, state.closed)
    }

    fn token(&self, tuple: T) -> Token {
        let spout = Self(Arc::clone(&self.0));
        Token::new(move |outcome| {
            let mut state = spout.lock();
            if outcome.is_ok() { state.acked.push(tuple) } else { state.failed.push(tuple) }
        })
    }
}

impl<T: Clone + Send + Sync + 'static> Default for ScriptedSpout<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Clones share one script.
impl<T> Clone for ScriptedSpout<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A task of a [`ScriptedSpout`].
#[derive(Debug)]
pub struct Script<T> {
    spout: ScriptedSpout<T>,
    clock: Clock,
}

impl<T: Clone + Send + Sync + 'static> Spout for Script<T> {
    type Out = Emitter<T>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        self.spout.lock().opened += 1;
        Ok(())
    }

    #[expect(clippy::panic, reason = "the script asks for it")]
    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let step = self.spout.lock().steps.pop_front();
        match step {
            Some(Step::Emit(tuples)) => {
                for tuple in tuples {
                    out.cover(self.spout.token(tuple.clone()));
                    out.send(tuple).await;
                }
            }
            Some(Step::Wait(time)) => self.clock.sleep(time).await,
            Some(Step::Hold) => {
                let released = Arc::clone(&self.spout.lock().released);
                released.notified().await;
            }
            Some(Step::Fail(why)) => return Err(SpoutError::restart(why)),
            Some(Step::Panic(why)) => panic!("{why}"),
            None if self.spout.lock().stay_open => std::future::pending().await,
            None => return Ok(Next::End),
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.spout.lock().closed += 1;
        Ok(())
    }
}
