#![expect(clippy::disallowed_methods, reason = "this is the one file that spawns")]

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task::{Id, JoinError, JoinSet};

use super::{Panic, contain};

/// Tasks that belong together. Every one is waited for with [`next`](Self::next), and those that are left
/// when the set is dropped are aborted: nothing runs that nobody answers for.
#[derive(Debug)]
pub struct TaskSet<T> {
    tasks: JoinSet<T>,
    names: HashMap<Id, Arc<str>>,
}

/// How a task ended.
#[derive(Debug)]
pub enum TaskEnd<T> {
    /// It returned.
    Done(T),
    /// It panicked.
    Panicked(Panic),
    /// It was aborted.
    Aborted,
}

impl<T: Send + 'static> TaskSet<T> {
    /// No tasks yet.
    pub fn new() -> Self {
        Self { tasks: JoinSet::new(), names: HashMap::new() }
    }

    /// Starts `future` on the current runtime.
    pub fn spawn(&mut self, name: impl Into<Arc<str>>, future: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(future).id();
        self.names.insert(id, name.into());
    }

    /// Waits for the next task that ends. `None` when none is left. Safe to cancel.
    pub async fn next(&mut self) -> Option<(Arc<str>, TaskEnd<T>)> {
        let (id, end) = match self.tasks.join_next_with_id().await? {
            Ok((id, value)) => (id, TaskEnd::Done(value)),
            Err(error) => (error.id(), TaskEnd::from_error(error)),
        };
        let name = self.names.remove(&id).unwrap_or_else(|| Arc::from("task"));
        Some((name, end))
    }

    /// How many have not been waited for.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether all have been waited for.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The names of those that have not been waited for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(AsRef::as_ref)
    }

    /// Aborts all of them; [`next`](Self::next) still reports each.
    pub fn abort_all(&mut self) {
        self.tasks.abort_all();
    }
}

impl<T: Send + 'static> Default for TaskSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a task has returned nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// It panicked.
    #[error(transparent)]
    Panicked(#[from] Panic),
    /// It was aborted.
    #[error("it was aborted")]
    Aborted,
}

impl<T> TaskEnd<T> {
    /// What it returned.
    ///
    /// # Errors
    /// [`TaskError`] when it did not.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::base::TaskSet;
    ///
    /// let mut tasks = TaskSet::new();
    /// tasks.spawn("parse", async { "42".parse::<u8>() });
    /// while let Some((name, end)) = tasks.next().await {
    ///     assert_eq!((&*name, end.into_result()??), ("parse", 42));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn into_result(self) -> Result<T, TaskError> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Panicked(panic) => Err(panic.into()),
            Self::Aborted => Err(TaskError::Aborted),
        }
    }

    fn from_error(error: JoinError) -> Self {
        match error.try_into_panic() {
            Ok(payload) => Self::Panicked(Panic::from_payload(&*payload)),
            Err(_) => Self::Aborted,
        }
    }
}

/// Runs `work` on a thread that may block, and waits for it.
///
/// # Errors
/// [`Panic`] when it panicked.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Panic> {
    tokio::task::spawn_blocking(work).await.map_err(|error| match error.try_into_panic() {
        Ok(payload) => Panic::from_payload(&*payload),
        Err(_) => Panic::from_payload(&"the runtime was shut down"),
    })
}

/// Runs `future` on a thread of its own that has this name, where it may block, and waits for it. Dropped
/// before, it ends the next time it waits. It runs here in a runtime that has one thread, by choice or to
/// have a clock that stands still, and where the system has no more threads.
///
/// # Errors
/// [`Panic`] when it panicked.
pub async fn on_own_thread<F>(name: &str, future: F) -> Result<F::Output, Panic>
where
    F: Future<Output: Send> + Send + 'static,
{
    let Some(BlockingPool(runtime)) = BlockingPool::beside() else { return contain(future).await };
    let (end, ended) = oneshot::channel();
    let (waits, gone) = oneshot::channel::<()>();
    // The thread takes it from here, or it is still there.
    let place = Arc::new(Mutex::new(Some(future)));
    let take = |place: &Mutex<Option<F>>| place.lock().unwrap_or_else(PoisonError::into_inner).take();
    let theirs = Arc::clone(&place);
    let work = move || {
        let Some(future) = take(&theirs) else { return };
        let ran = runtime.block_on(async {
            tokio::select! {
                biased;
                ran = contain(future) => Some(ran),
                _ = gone => None,
            }
        });
        let _ = ran.map(|ran| end.send(ran));
    };
    if let Err(error) = std::thread::Builder::new().name(name.replace('\0', " ")).spawn(work) {
        tracing::warn!(name, %error, "no thread of its own");
        if let Some(future) = take(&place) {
            return contain(future).await;
        }
    }
    let ran = ended.await.unwrap_or_else(|_| Err(Panic::from_payload(&"its thread ended")));
    drop(waits);
    ran
}

/// Starts work that blocks from code that cannot wait for it. Who starts it keeps its own account of what runs.
#[derive(Debug, Clone)]
pub struct BlockingPool(Handle);

impl BlockingPool {
    /// That of the runtime this is called in. `None` outside of one.
    pub fn current() -> Option<Self> {
        Handle::try_current().ok().map(Self)
    }

    /// The same, to do two things at once. `None` as well in a runtime that has one thread, by choice or to
    /// have a clock that stands still.
    pub fn beside() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        (runtime.runtime_flavor() != RuntimeFlavor::CurrentThread).then_some(Self(runtime))
    }

    /// Runs `work` on a thread that may block. It is dropped without being run when the runtime has shut down.
    pub fn start(&self, work: impl FnOnce() + Send + 'static) {
        drop(self.0.spawn_blocking(work));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_runs_on_its_own_thread_has_its_name_and_its_result_comes_back() {
        let name = async { std::thread::current().name().map(str::to_owned) };
        assert_eq!(on_own_thread("a name", name).await, Ok(Some("a name".to_owned())));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_panic_on_its_own_thread_is_an_error() {
        let panics = async { assert_eq!(1, 2, "no") };
        assert!(on_own_thread("panics", panics).await.unwrap_err().to_string().contains("no"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_waits_on_its_own_thread_is_dropped_with_who_waits_for_it() {
        let (kept, alive) = oneshot::channel::<()>();
        let (started, has_started) = oneshot::channel();
        let waits = async move {
            let _kept = kept;
            started.send(()).unwrap();
            pending::<()>().await;
        };
        let mut tasks = TaskSet::new();
        tasks.spawn("waits", on_own_thread("waits", waits));
        has_started.await.unwrap();
        drop(tasks);
        assert!(alive.await.is_err());
    }
}
