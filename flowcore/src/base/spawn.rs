#![expect(clippy::disallowed_methods, reason = "this is the one file that spawns")]

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use tokio::task::{Id, JoinError, JoinSet};

use super::Panic;

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

impl<T> TaskEnd<T> {
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

/// Starts work that blocks from code that cannot wait for it. Who starts it keeps its own account of what runs.
#[derive(Debug, Clone)]
pub struct BlockingPool(tokio::runtime::Handle);

impl BlockingPool {
    /// That of the runtime this is called in. `None` outside of one.
    pub fn current() -> Option<Self> {
        tokio::runtime::Handle::try_current().ok().map(Self)
    }

    /// Runs `work` on a thread that may block. It is dropped without being run when the runtime has shut down.
    pub fn start(&self, work: impl FnOnce() + Send + 'static) {
        drop(self.0.spawn_blocking(work));
    }
}
